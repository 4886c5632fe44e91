package app_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

func (h *house) draftLetter(l storage.Letter) *storage.Letter {
	h.t.Helper()
	l.EventID = h.e.ID
	if l.Kind == "" {
		l.Kind = storage.LetterGeneral
	}
	out, err := h.DraftLetter(h.ctx(), h.by(), l)
	h.must(err)
	return out
}

// TestLetterLife: a number before a signature, a signature before sending, and
// a cancelled letter's number stays used.
func TestLetterLife(t *testing.T) {
	t.Parallel()
	h := open(t)
	l := h.draftLetter(storage.Letter{Subject: "Peminjaman"})
	if _, err := h.SignLetter(h.ctx(), h.by(), l.ID, []byte("%PDF")); !errors.Is(err, app.ErrLetterState) {
		t.Errorf("a draft was signed: %v", err)
	}
	by := h.by()
	for range 2 { // the message is handled twice
		var err error
		if l, err = h.DrawNumber(h.ctx(), by, l.ID); err != nil || l.Number != "005/1/Diskopukm/XI/2026" || l.Status != storage.LetterNumbered {
			t.Fatalf("%+v, %v", l, err)
		}
	}
	if _, err := h.DrawNumber(h.ctx(), h.by(), l.ID); !errors.Is(err, app.ErrLetterState) {
		t.Errorf("numbered twice: %v", err)
	}
	if _, err := h.EditLetter(h.ctx(), h.by(), l.ID, func(l *storage.Letter) { l.Subject = "x" }); !errors.Is(err, app.ErrLetterState) {
		t.Errorf("a numbered letter was changed: %v", err)
	}
	by = h.by()
	for range 2 {
		var err error
		if l, err = h.SignLetter(h.ctx(), by, l.ID, []byte("%PDF signed")); err != nil || l.Status != storage.LetterSigned {
			t.Fatalf("%+v, %v", l, err)
		}
	}
	first := l.Signed
	l, err := h.SignLetter(h.ctx(), h.by(), l.ID, []byte("%PDF better scan"))
	if err != nil || l.Signed == first {
		t.Fatalf("%+v, %v", l, err)
	}
	if _, data, err := h.store.Media().Get(h.ctx(), first); err != nil || string(data) != "%PDF signed" {
		t.Errorf("what was sent already changed: %q, %v", data, err)
	}
	l, err = h.CancelLetter(h.ctx(), h.by(), l.ID, "salah tanggal")
	if err != nil || l.Status != storage.LetterCancelled || l.Number == "" {
		t.Fatalf("%+v, %v", l, err)
	}
	if _, err := h.SignLetter(h.ctx(), h.by(), l.ID, []byte("%PDF")); !errors.Is(err, app.ErrLetterState) {
		t.Errorf("a cancelled letter was signed: %v", err)
	}
	next := h.draftLetter(storage.Letter{Subject: "lain"})
	if _, err := h.EnterNumber(h.ctx(), h.by(), next.ID, l.Number); !errors.Is(err, app.ErrNumberTaken) {
		t.Errorf("the number of a cancelled letter was given again: %v", err)
	}
	var steps []string
	for _, s := range l.Steps {
		steps = append(steps, s.What)
	}
	if got := strings.Join(steps, " "); got != "draft numbered signed signed cancelled" {
		t.Errorf("history: %s", got)
	}
}

// TestNumbersByHandAndFromTheSeries: the same number is one number however it
// is written, in every month of its year, and each year begins anew.
func TestNumbersByHandAndFromTheSeries(t *testing.T) {
	t.Parallel()
	h := open(t)
	enter := func(number string) error {
		_, err := h.EnterNumber(h.ctx(), h.by(), h.draftLetter(storage.Letter{}).ID, number)
		return err
	}
	draw := func(k storage.LetterKind) string {
		t.Helper()
		l, err := h.DrawNumber(h.ctx(), h.by(), h.draftLetter(storage.Letter{Kind: k}).ID)
		h.must(err)
		return l.Number
	}
	for _, c := range []struct {
		number string
		want   error
	}{
		{"005/2/Diskopukm/XI/2026", nil},
		{"005 / 02 / DISKOPUKM / XII / 2026", app.ErrNumberTaken}, // the same, written otherwise
		{"005/2/Diskopukm/I/2027", nil},                           // another year
		{"412/Pinjam/2026", nil},
		{"412/pinjam/2026 ", app.ErrNumberTaken},
		{"005/3/Diskopukm/XIII", nil}, // not of the series: stands for itself
		{"", app.ErrNumberForm}, {"tanpa angka", app.ErrNumberForm}, {"005/{nomor}", app.ErrNumberForm},
		{strings.Repeat("9", 90), app.ErrNumberForm},
	} {
		if err := enter(c.number); !errors.Is(err, c.want) {
			t.Errorf("%q: %v, want %v", c.number, err, c.want)
		}
	}
	if got := draw(storage.LetterGeneral) + " " + draw(storage.LetterPermit) + " " + draw(storage.LetterDecree); got != "005/1/Diskopukm/XI/2026 005/3/Diskopukm/XI/2026 050/1/Kpts/Diskopukm/2026" {
		t.Errorf("drawn: %s", got) // 2 was entered by hand
	}
	h.clock.Set(time.Date(2027, 1, 4, 9, 0, 0, 0, event.Jakarta))
	if got := draw(storage.LetterGeneral) + " " + draw(storage.LetterGeneral); got != "005/1/Diskopukm/I/2027 005/3/Diskopukm/I/2027" {
		t.Errorf("drawn in January: %s", got)
	}
	_, err := h.SetOffice(h.ctx(), h.by(), "seri", func(o *app.Office) { o.Series, o.First = "000.1/{nomor}-Diskop/{tahun}", 413 })
	h.must(err)
	if got := draw(storage.LetterGeneral); got != "000.1/413-Diskop/2027" {
		t.Errorf("drawn from a register under way: %s", got)
	}
}

func TestCheckSeries(t *testing.T) {
	t.Parallel()
	for format, good := range map[string]bool{
		"005/{nomor}/Diskopukm/{bulan-romawi}/{tahun}": true, "{nomor}": true, "{tahun}/{nomor}": true, "B-{nomor}/{tahun}": true, "{nomor}/{bulan}": false,
		"005/Diskopukm": false, "{nomor}/{nomor}": false, "{nomor}/{bln}": false, "{nomor}/{tahun": false, "}{nomor}": false, "": false,
		strings.Repeat("x", 90) + "{nomor}": false,
	} {
		if err := app.CheckSeries(format); (err == nil) != good {
			t.Errorf("%q: %v", format, err)
		}
	}
}

// TestNumbersNeverRepeat: whatever is drawn and entered, in whatever formats.
func TestNumbersNeverRepeat(t *testing.T) {
	t.Parallel()
	h := open(t) // one for all: what an earlier run gave counts, too
	seen := map[string]string{}
	rapid.Check(t, func(rt *rapid.T) {
		formats := []string{"005/{nomor}/D/{bulan-romawi}/{tahun}", "{nomor}/{tahun}", "{tahun}/{nomor}", "{nomor}.{bulan-romawi}.{tahun}"}
		for range rapid.IntRange(1, 5).Draw(rt, "steps") {
			if rapid.IntRange(0, 5).Draw(rt, "what") == 0 {
				f := rapid.SampledFrom(formats).Draw(rt, "format")
				_, err := h.SetOffice(h.ctx(), h.by(), "seri", func(o *app.Office) { o.Series = f })
				h.must(err)
			}
			if rapid.IntRange(0, 9).Draw(rt, "later") == 0 {
				h.clock.Set(h.clock.Now().AddDate(0, 1, 0))
			}
			l := h.draftLetter(storage.Letter{})
			var err error
			if rapid.Bool().Draw(rt, "drawn") {
				l, err = h.DrawNumber(h.ctx(), h.by(), l.ID)
			} else {
				o, e := h.Office(h.ctx())
				h.must(e)
				l, err = h.EnterNumber(h.ctx(), h.by(), l.ID, app.FormatNumber(o.Series, rapid.Int64Range(1, 300).Draw(rt, "n"), h.Now()))
				if errors.Is(err, app.ErrNumberTaken) {
					continue
				}
			}
			if err != nil {
				rt.Fatal(err)
			}
			if other, ok := seen[l.Number]; ok {
				rt.Fatalf("%s was given to %s and %s", l.Number, other, l.ID)
			}
			seen[l.Number] = l.ID
		}
	})
}

// TestDrawAtOnce: many at the same time, each another number.
func TestDrawAtOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	const n = 20
	ids := make([]string, n)
	for i := range ids {
		ids[i] = h.draftLetter(storage.Letter{}).ID
	}
	numbers := make([]string, n)
	var wg sync.WaitGroup
	for i, id := range ids {
		wg.Go(func() {
			by := h.lead
			by.Inbound = fmt.Sprint("at-once:", i)
			l, err := h.DrawNumber(h.ctx(), by, id)
			if err != nil {
				t.Error(err)
				return
			}
			numbers[i] = l.Number
		})
	}
	wg.Wait()
	seen := map[string]bool{}
	for _, number := range numbers {
		if seen[number] {
			t.Errorf("%s twice", number)
		}
		seen[number] = true
	}
}

// TestNumberSurvivesACrashAnywhere stops the making and numbering of letters
// for guests before every one of its writes in turn, and runs it again.
func TestNumberSurvivesACrashAnywhere(t *testing.T) {
	t.Parallel()
	for at := 1; ; at++ {
		h := open(t)
		h.imports("Siti,ukm,Keripik,,siti@contoh.id,\nNeneng,koperasi,KSU,,neneng@contoh.id,\nAsep,ukm,Kopi,,asep@contoh.id,\n")
		ctx, cancel := context.WithCancel(h.ctx())
		n := 0
		h.beforeWrite = func() {
			if n++; n == at {
				cancel()
			}
		}
		draft, number := h.by(), h.by()
		run := func(ctx context.Context) error {
			l, err := h.DraftLetter(ctx, draft, storage.Letter{EventID: h.e.ID, Kind: storage.LetterInvitation, Subject: "Undangan", Audiences: []event.Audience{event.UKM, event.Koperasi}, PerPerson: true})
			if err != nil {
				return err
			}
			_, _, _, err = h.NumberGuests(ctx, number, l)
			return err
		}
		err := run(ctx)
		cancel()
		h.beforeWrite = func() {}
		if n < at {
			h.must(err)
			if at < 12 {
				t.Errorf("only %d writes", n)
			}
			return
		}
		h.must(run(h.ctx()))
		top := 0
		numbers := map[string]bool{}
		h.must(h.EachLetter(h.ctx(), storage.LetterQuery{EventID: h.e.ID}, func(l *storage.Letter) error {
			if l.Status != storage.LetterNumbered {
				t.Errorf("stopped at %d: %s is %s", at, l.ID, l.Status)
			}
			if l.Parent == "" {
				top++
				return nil
			}
			numbers[l.Number] = true
			return nil
		}))
		if top != 1 || len(numbers) != 3 {
			t.Fatalf("stopped at write %d: %d letters with %v", at, top, numbers)
		}
	}
}

// TestGuestLetters: each guest's own, also after a merge; nothing of a person
// is left in the register once they are forgotten but the number.
func TestGuestLetters(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.imports("Siti Aminah,ukm,Keripik,,siti@contoh.id,\nNeneng,koperasi,KSU,,neneng@contoh.id,\n")
	l := h.draftLetter(storage.Letter{Kind: storage.LetterInvitation, Subject: "Undangan", Audiences: []event.Audience{event.UKM}, PerPerson: true})
	letters, guests, l, err := h.NumberGuests(h.ctx(), h.by(), l)
	h.must(err)
	if len(letters) != 1 || len(guests) != 1 || guests[0].Name != "Siti Aminah" || app.LetterFileName(letters[0]) != "1-siti-aminah.pdf" {
		t.Fatalf("%d letters for %d guests: %s", len(letters), len(guests), app.LetterFileName(letters[0]))
	}
	h.imports("Asep,ukm,Kopi,,asep@contoh.id,\n")
	letters, guests, err = h.GuestLetters(h.ctx(), h.by(), l)
	h.must(err)
	if len(letters) != 2 || letters[0].To[0] != guests[0].Name || letters[1].Number == letters[0].Number {
		t.Fatalf("%+v", letters)
	}
	for name, want := range map[string]string{"1-siti-aminah.pdf": "Siti Aminah", "01 siti_signed.pdf": "Siti Aminah", "2.pdf": "Asep", "3-x.pdf": "", "siti.pdf": "", "": ""} {
		got := ""
		if m := app.MatchSigned(letters, name); m != nil {
			got = m.To[0]
		}
		if got != want {
			t.Errorf("%q is matched to %q, want %q", name, got, want)
		}
	}
	siti := h.guests()["Siti Aminah"]
	mine, err := h.GuestLetter(h.ctx(), l.ID, siti.PersonID)
	h.must(err)
	mine, err = h.SignLetter(h.ctx(), h.by(), mine.ID, []byte("%PDF signed"))
	h.must(err)
	if s, err := h.SigningOf(h.ctx(), l.ID); err != nil || s != (app.Signing{All: 2, Signed: 1}) {
		t.Errorf("%+v, %v", s, err)
	}
	neneng := h.guests()["Neneng"]
	_, err = h.Merge(h.ctx(), h.by(), neneng.PersonID, siti.PersonID)
	h.must(err)
	if now, err := h.GuestLetter(h.ctx(), l.ID, neneng.PersonID); err != nil || now.ID != mine.ID {
		t.Errorf("after the merge: %+v, %v", now, err)
	}

	person, err := h.store.People().Get(h.ctx(), neneng.PersonID)
	h.must(err)
	_, err = h.DeletePerson(h.ctx(), app.Actor{Person: person, Inbound: "erase"})
	h.must(err)
	kept, err := h.Letter(h.ctx(), mine.ID)
	h.must(err)
	if kept.Number != mine.Number || len(kept.To) > 0 || kept.PersonID != "" || kept.Signed != "" {
		t.Errorf("kept: %+v", kept)
	}
	if _, _, err := h.store.Media().Get(h.ctx(), mine.Signed); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("the signed letter is still there: %v", err)
	}
	if _, err := h.CancelLetter(h.ctx(), h.by(), l.ID, "batal"); err != nil {
		t.Fatal(err)
	}
	h.must(h.EachLetter(h.ctx(), storage.LetterQuery{Parent: &l.ID}, func(c *storage.Letter) error {
		if c.Status != storage.LetterCancelled {
			t.Errorf("%s is %s", c.ID, c.Status)
		}
		return nil
	}))
}

// TestRetireLetters: pages with guests' names go two years after the event, the
// register stays.
func TestRetireLetters(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.imports("Siti Aminah,ukm,Keripik,,siti@contoh.id,\n")
	l := h.draftLetter(storage.Letter{Kind: storage.LetterInvitation, Subject: "Undangan", Audiences: []event.Audience{event.UKM}})
	l, err := h.DrawNumber(h.ctx(), h.by(), l.ID)
	h.must(err)
	l, err = h.KeepPrint(h.ctx(), l.ID, []byte("%PDF Siti Aminah"), 1)
	h.must(err)
	h.clock.Set(h.e.Start.AddDate(2, 0, 1))
	h.must(h.Retire(h.ctx()))
	kept, err := h.Letter(h.ctx(), l.ID)
	h.must(err)
	if kept.Number != l.Number || kept.Print != "" {
		t.Errorf("kept: %+v", kept)
	}
	if _, _, err := h.store.Media().Get(h.ctx(), l.Print); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("the pages are still there: %v", err)
	}
}
