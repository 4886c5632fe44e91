package dialog

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// How many earlier guests a page lists by number, how many are named before
// the yes, and how many kecamatan are offered.
const (
	earlierPage     = 20
	earlierShown    = 8
	earlierDistrict = 6
)

// earlierPick is which of the earlier guests go on the list. The zero one is
// all of them.
type earlierPick struct {
	Districts []string `json:"districts,omitempty"` // kecamatan
	People    []string `json:"people,omitempty"`    // person IDs
}

func (p earlierPick) from(all []app.EarlierGuest) []app.EarlierGuest {
	if len(p.Districts)+len(p.People) == 0 {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(g app.EarlierGuest) bool {
		return !slices.Contains(p.Districts, event.Fold(g.Kecamatan)) && !slices.Contains(p.People, g.PersonID)
	})
}

// earlier is /undangan lama [jenis] [semua | kecamatan | nama, nama].
func (d *Desk) earlier(ctx context.Context, t *Turn, st guestsState, rest string) error {
	st.Phase = gsEarlier
	if word, entry := cutWord(rest); event.Fold(word) == "urungkan" {
		return d.undoEarlier(ctx, t, st, entry)
	}
	if st.Audience = audienceIn(rest); st.Audience != "" {
		return d.offerEarlier(ctx, t, st)
	}
	word, who := cutWord(rest)
	if st.Audience = audienceIn(word); st.Audience == "" {
		return d.askGuests(ctx, t, st)
	}
	all, err := d.app.EarlierGuests(ctx, st.EventID, st.Audience)
	if err != nil {
		return err
	}
	return d.pickEarlier(ctx, t, st, all, unbar(who))
}

// offerEarlier shows who registered or was invited before, by number, and asks
// which of them go on the list.
func (d *Desk) offerEarlier(ctx context.Context, t *Turn, st guestsState) error {
	all, err := d.app.EarlierGuests(ctx, st.EventID, st.Audience)
	if err != nil {
		return err
	}
	switch len(all) {
	case 0:
		t.Close()
		return t.Say("guests.earlier.none", templates.Data{"EventID": st.EventID, "Audience": st.Audience}, t.commands(choice{t.Label("guests", "lama"), "/undangan " + st.EventID + " lama"}))
	case 1:
		return d.sureEarlier(t, st, all)
	}
	st.Phase, st.Tag = gsPick, tagHere(t, "gs")
	if st.From >= len(all) {
		st.From = 0
	}
	if err := t.Open(dlgGuests, st); err != nil {
		return err
	}
	to := min(len(all), st.From+earlierPage)
	return t.Say("guests.earlier.list", templates.Data{
		"EventID": st.EventID, "Audience": st.Audience, "N": len(all), "Lines": earlierLines(all, st.From, to), "Left": len(all) - to,
		"Districts": districtsOf(all), "Public": st.Audience == event.Public,
	}, d.earlierButtons(t, st, all), replyHint())
}

// earlierLine is one earlier guest under the number by which they are chosen.
type earlierLine struct {
	N    int
	Name string
}

func earlierLines(all []app.EarlierGuest, from, to int) []earlierLine {
	var out []earlierLine
	for i, g := range all[from:to] {
		name := earlierName(g)
		if g.Kecamatan != "" {
			name += ", " + g.Kecamatan
		}
		out = append(out, earlierLine{from + i + 1, name})
	}
	return out
}

func earlierName(g app.EarlierGuest) string {
	if g.Organisation == "" {
		return shorten(g.Name, 60)
	}
	return shorten(g.Name+" ("+g.Organisation+")", 60)
}

// district is how many earlier guests a kecamatan has.
type district struct {
	Name string
	N    int
}

// districtsOf are the kecamatan of the earlier guests, the largest first.
func districtsOf(all []app.EarlierGuest) []district {
	at := map[string]int{}
	var out []district
	for _, g := range all {
		key := event.Fold(g.Kecamatan)
		if key == "" {
			continue
		}
		if _, ok := at[key]; !ok {
			at[key] = len(out)
			out = append(out, district{Name: g.Kecamatan})
		}
		out[at[key]].N++
	}
	slices.SortStableFunc(out, func(x, y district) int { return cmp.Or(y.N-x.N, strings.Compare(x.Name, y.Name)) })
	return out
}

// earlierButtons are the ways to choose many at once. Without buttons the text
// says what to type: the numbers are those of the list.
func (d *Desk) earlierButtons(t *Turn, st guestsState, all []app.EarlierGuest) Option {
	list := []choice{{t.Label("guests", "all"), "semua"}}
	for i, x := range districtsOf(all) {
		if i < earlierDistrict {
			list = append(list, choice{shorten(t.Label("guests", "district")+" "+x.Name, 28), "kec " + x.Name})
		}
	}
	if st.From+earlierPage < len(all) {
		list = append(list, choice{t.Label("guests", "next"), "berikutnya"})
	}
	list = append(list, choice{t.Label("staff", "leave"), leave})
	return func(t *Turn, m *channel.Outbound) {
		if t.Caps.Buttons {
			t.choices(st.Tag, list...)(t, m)
		}
	}
}

// pickEarlier reads whom an answer names: all, numbers of the list, kecamatan
// or names.
func (d *Desk) pickEarlier(ctx context.Context, t *Turn, st guestsState, all []app.EarlierGuest, text string) error {
	switch event.Fold(text) {
	case "semua", "semuanya", "seluruhnya", "semua tamu":
		st.Pick = earlierPick{}
		return d.sureEarlier(t, st, all)
	case "berikutnya", "lanjut", "selanjutnya":
		if st.From += earlierPage; st.From >= len(all) {
			st.From = 0
		}
		return d.offerEarlier(ctx, t, st)
	}
	if len(all) == 0 {
		return d.offerEarlier(ctx, t, st)
	}
	pick, missing := readEarlier(text, all)
	if missing != "" {
		st.Phase, st.Tag = gsPick, tagHere(t, "gs")
		if err := t.Open(dlgGuests, st); err != nil {
			return err
		}
		return t.Say("guests.earlier.which", templates.Data{"Name": missing, "N": len(all)}, d.earlierButtons(t, st, all), replyHint())
	}
	st.Pick = pick
	return d.sureEarlier(t, st, pick.from(all))
}

// readEarlier reads "1 3-5", "Cibinong, Ciawi" or "Dedi, KSU Maju"; missing is
// the part that names nobody.
func readEarlier(text string, all []app.EarlierGuest) (pick earlierPick, missing string) {
	if numbers, ok := numberRanges(text, len(all)); ok {
		for _, n := range numbers {
			pick.People = append(pick.People, all[n-1].PersonID)
		}
		return pick, ""
	}
	parts := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",;|\n", r) })
	for _, part := range parts {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		if key := districtIn(part, all); key != "" {
			pick.Districts = append(pick.Districts, key)
			continue
		}
		before := len(pick.People)
		if numbers, ok := numberRanges(part, len(all)); ok {
			for _, n := range numbers {
				pick.People = append(pick.People, all[n-1].PersonID)
			}
			continue
		}
		for _, g := range all {
			if strings.Contains(" "+event.Fold(g.Name+" "+g.Organisation), " "+event.Fold(part)) {
				pick.People = append(pick.People, g.PersonID)
			}
		}
		if len(pick.People) == before {
			return earlierPick{}, part
		}
	}
	if len(pick.Districts)+len(pick.People) == 0 {
		return pick, text
	}
	return pick, ""
}

// districtIn is the kecamatan that a text names, as the guests have it; "" where
// none of them is from there.
func districtIn(text string, all []app.EarlierGuest) string {
	name := event.Fold(text)
	for _, prefix := range []string{"kecamatan ", "kec. ", "kec "} {
		name = strings.TrimPrefix(name, prefix)
	}
	read := ""
	if m := understand.Kecamatan(name); m.Sure && len(m.Candidates) > 0 {
		read = event.Fold(m.Candidates[0].Kecamatan)
	}
	for _, g := range all {
		if k := event.Fold(g.Kecamatan); k != "" && (k == name || k == read) {
			return k
		}
	}
	return ""
}

// numberRanges reads "1 3-5, 8 dan 9" as numbers from 1 to most.
func numberRanges(text string, most int) (out []int, ok bool) {
	text = strings.ReplaceAll(strings.ReplaceAll(event.Fold(text), " - ", "-"), "–", "-")
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,;&+.\n", r) }) {
		if w == "dan" || w == "nomor" || w == "no" {
			continue
		}
		from, to, isRange := strings.Cut(w, "-")
		x, err := strconv.Atoi(from)
		y := x
		if err == nil && isRange {
			y, err = strconv.Atoi(to)
		}
		if err != nil || x < 1 || y < x || y > most {
			return nil, false
		}
		for n := x; n <= y; n++ {
			if !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	return out, len(out) > 0
}

// sureEarlier names who would be put on the list, and asks.
func (d *Desk) sureEarlier(t *Turn, st guestsState, chosen []app.EarlierGuest) error {
	st.Phase, st.Tag = gsInvite, tagHere(t, "gs")
	if err := t.Open(dlgGuests, st); err != nil {
		return err
	}
	var names []string
	for _, g := range chosen[:min(len(chosen), earlierShown)] {
		names = append(names, earlierName(g))
	}
	return t.Say("guests.earlier", templates.Data{
		"EventID": st.EventID, "Audience": st.Audience, "N": len(chosen), "Names": names, "Public": st.Audience == event.Public,
	}, t.choices(st.Tag, d.sure(t)...), replyHint())
}

func (d *Desk) inviteEarlier(ctx context.Context, t *Turn, st guestsState) error {
	all, err := d.app.EarlierGuests(ctx, st.EventID, st.Audience)
	if err != nil {
		return err
	}
	n, entry, err := d.app.InviteEarlier(ctx, t.Actor(), st.EventID, st.Pick.from(all))
	if err != nil {
		return err
	}
	t.Close()
	return t.Say("guests.earlier.done", templates.Data{"N": n, "EventID": st.EventID, "Audience": st.Audience, "Plain": !t.Caps.Buttons, "Entry": entry},
		t.commands(choice{t.Label("guests", "daftar"), "/undangan " + st.EventID + " daftar"}, choice{t.Label("guests", "undo"), "/undangan " + st.EventID + " lama urungkan " + entry}))
}

// undoEarlier takes them off the list again.
func (d *Desk) undoEarlier(ctx context.Context, t *Turn, st guestsState, entry string) error {
	t.Close()
	removed, kept, err := d.app.UndoEarlier(ctx, t.Actor(), st.EventID, strings.ToLower(entry))
	if errors.Is(err, storage.ErrNotFound) {
		return t.Say("answer.oldbutton", nil)
	}
	if err != nil {
		return err
	}
	return t.Say("guests.earlier.undone", templates.Data{"N": removed, "Already": kept, "EventID": st.EventID})
}
