package storagetest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

func letterCases() map[string]func(*testing.T, Harness) {
	return map[string]func(*testing.T, Harness){
		"RoundTrip":     letterRoundTrip,
		"OneNumber":     letterOneNumber,
		"List":          letterList,
		"NumbersAtOnce": letterNumbersAtOnce,
	}
}

func sampleLetter(id string) *storage.Letter {
	return &storage.Letter{
		ID: id, EventID: "EMK-2027", Kind: storage.LetterInvitation, Status: storage.LetterSigned, Key: "005//diskopukm//2026#" + id, Number: "005/12/Diskopukm/XI/2026", Running: 12,
		Subject: hard, Nature: "Penting", To: []string{hard, "di Cibinong"}, Body: hard, Audiences: []event.Audience{event.UKM}, PerPerson: true,
		Parent: "p", PersonID: "telegram:1", DatedAt: ptr(at(0)), Print: "letter/" + id + "/print.pdf", Signed: "letter/" + id + "/signed.pdf",
		SignedAt: ptr(at(time.Hour)), Names: 40, Reason: hard, MadeBy: "telegram:2", Origin: "telegram:u:1", CreatedAt: at(0), UpdatedAt: at(time.Minute),
		Steps: []storage.LetterStep{{At: at(0), By: "telegram:2", Name: hard, What: "draft", Detail: hard, Origin: "telegram:u:1"}, {At: at(1), What: "number"}},
	}
}

func letterRoundTrip(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	_, err := s.Letters().Get(ctx, "a")
	is(t, err, storage.ErrNotFound)
	_, err = s.Letters().ByKey(ctx, "a")
	is(t, err, storage.ErrNotFound)
	for _, l := range []*storage.Letter{sampleLetter("a"), {ID: "bare", Key: storage.NoLetterKey("bare")}} {
		ok(t, s.Letters().Save(ctx, l))
		equal(t, "version", l.Version, int64(1))
		same(t, must(s.Letters().Get(ctx, l.ID))(t), l)
		same(t, must(s.Letters().ByKey(ctx, l.Key))(t), l)
		old := *l
		l.Status, l.Reason = storage.LetterCancelled, "salah ketik"
		ok(t, s.Letters().Save(ctx, l))
		is(t, s.Letters().Save(ctx, &old), storage.ErrConflict)
		same(t, must(s.Letters().Get(ctx, l.ID))(t), l)
	}
	again := sampleLetter("a")
	is(t, s.Letters().Save(ctx, again), storage.ErrConflict)
	gone := sampleLetter("none")
	gone.Version = 1
	is(t, s.Letters().Save(ctx, gone), storage.ErrConflict)
	ok(t, s.Letters().Delete(ctx, "a"))
	ok(t, s.Letters().Delete(ctx, "a"))
	_, err = s.Letters().Get(ctx, "a")
	is(t, err, storage.ErrNotFound)
}

// letterOneNumber: a number is given once, to a new letter and to one that had
// none, and it frees its place only when the letter gets another key.
func letterOneNumber(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	a, b, c := sampleLetter("a"), sampleLetter("b"), sampleLetter("c")
	a.Key = "2026#7"
	ok(t, s.Letters().Save(ctx, a))
	b.Key = storage.NoLetterKey("b")
	ok(t, s.Letters().Save(ctx, b))
	b.Key = "2026#7"
	is(t, s.Letters().Save(ctx, b), storage.ErrConflict)
	equal(t, "version of the one refused", b.Version, int64(1))
	equal(t, "its stored key", must(s.Letters().Get(ctx, "b"))(t).Key, storage.NoLetterKey("b"))
	c.Key = "2026#7"
	is(t, s.Letters().Save(ctx, c), storage.ErrConflict)
	b.Key = "2026#8"
	ok(t, s.Letters().Save(ctx, b))
	equal(t, "holder", must(s.Letters().ByKey(ctx, "2026#7"))(t).ID, "a")
}

func letterList(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	for _, v := range []struct{ id, event, parent, person string }{
		{"b", "EMK-2027", "", ""}, {"a", "EMK-2027", "", ""}, {"a/2", "EMK-2027", "a", "p2"}, {"a/1", "EMK-2027", "a", "p1"}, {"c", "EMK-2028", "", ""}, {"c/1", "EMK-2028", "c", "p1"},
	} {
		l := sampleLetter(v.id)
		l.EventID, l.Parent, l.PersonID = v.event, v.parent, v.person
		ok(t, s.Letters().Save(ctx, l))
	}
	top, a := "", "a"
	for name, c := range map[string]struct {
		q    storage.LetterQuery
		want string
	}{
		"all":    {storage.LetterQuery{}, "a a/1 a/2 b c c/1"},
		"event":  {storage.LetterQuery{EventID: "EMK-2027"}, "a a/1 a/2 b"},
		"top":    {storage.LetterQuery{EventID: "EMK-2027", Parent: &top}, "a b"},
		"part":   {storage.LetterQuery{Parent: &a}, "a/1 a/2"},
		"person": {storage.LetterQuery{Person: "p1"}, "a/1 c/1"},
		"one":    {storage.LetterQuery{Parent: &a, Person: "p2"}, "a/2"},
		"none":   {storage.LetterQuery{EventID: "EMK-2029"}, ""},
	} {
		var got []string
		q := c.q
		q.Limit = 2
		for {
			page, next, err := s.Letters().List(ctx, q)
			ok(t, err)
			for _, l := range page {
				got = append(got, l.ID)
			}
			if q.After = next; next == "" {
				break
			}
		}
		equal(t, name, strings.Join(got, " "), c.want)
	}
}

// letterNumbersAtOnce: many draw numbers from one series, and others enter some
// of the same by hand.
func letterNumbersAtOnce(t *testing.T, h Harness) {
	ctx := t.Context()
	stores := h.both(t)
	var wg sync.WaitGroup
	var given atomic.Int64
	workers := min(h.Workers, 12)
	for w := range workers {
		wg.Go(func() {
			s := stores[w%len(stores)]
			for i := range 5 {
				id := fmt.Sprintf("l-%02d-%d", w, i)
				l := &storage.Letter{ID: id, Key: storage.NoLetterKey(id)}
				if err := s.Letters().Save(ctx, l); err != nil {
					t.Error(err)
					return
				}
				n := int64(i*workers + w + 1) // by hand
				if w%2 == 0 {
					var err error
					if n, err = s.Counters().Next(ctx, "letters"); err != nil {
						t.Error(err)
						return
					}
				}
				l.Key = fmt.Sprintf("2026#%d", n)
				switch err := s.Letters().Save(ctx, l); {
				case err == nil:
					given.Add(1)
				case !errors.Is(err, storage.ErrConflict):
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	page, _, err := stores[0].Letters().List(ctx, storage.LetterQuery{Limit: 1000})
	ok(t, err)
	seen, numbered := map[string]bool{}, int64(0)
	for _, l := range page {
		if seen[l.Key] {
			t.Errorf("%s was given twice", l.Key)
		}
		seen[l.Key] = true
		if l.Key != storage.NoLetterKey(l.ID) {
			numbered++
		}
	}
	equal(t, "letters", len(page), 5*workers)
	equal(t, "numbers given", numbered, given.Load())
}
