package storagetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

func participationCases() map[string]func(*testing.T, Harness) {
	return map[string]func(*testing.T, Harness){
		"RoundTrip":           participationRoundTrip,
		"CompareAndSet":       participationCompareAndSet,
		"Code":                participationCode,
		"CodeRace":            participationCodeRace,
		"SaveRace":            participationSaveRace,
		"AddAll":              participationAddAll,
		"AddAllTakenCode":     participationAddAllTakenCode,
		"SaveAll":             participationSaveAll,
		"Filters":             participationFilters,
		"FilteredPaging":      participationFilteredPaging,
		"Search":              participationSearch,
		"CodePrefix":          participationCodePrefix,
		"ArrivalRace":         participationArrivalRace,
		"Paging":              participationPaging,
		"PagingWhileChanging": participationPagingWhileChanging,
		"BigList":             participationBigList,
	}
}

// sampleParticipation is the n-th of an event, with ID and code of its own,
// and all fields set.
func sampleParticipation(n int) *event.Participation {
	person := fmt.Sprintf("telegram:%05d", n)
	p := &event.Participation{
		ID: event.ParticipationID("EMK-2027", person), EventID: "EMK-2027", PersonID: person, Audience: event.UKM,
		Name: "Eti " + hard, Organisation: "Koperasi Maju", Position: "Ketua", Salutation: "Ibu", Kecamatan: "Cibinong",
		Phone: "+62812000111", Email: "eti@contoh.id", Telegram: "bu_eti", Code: fmt.Sprintf("K%05d", n), RegistrationID: "d-1",
		InvitedAt: ptr(at(-time.Hour)), Via: "telegram",
		Reply: event.Reply{
			Answer: event.Delegated, Heads: 2, Delegate: "Bu Ani", Late: true, Reason: "rapat", Text: hard,
			At: ptr(at(0)), Source: "chat", By: "telegram:1",
		},
		Closed: event.Grieving, Call: event.CallDone, CallBy: "telegram:1",
		Cold: event.ColdSent, ColdRow: "r", Listing: &event.Listing{Phone: "+62812000111", Chat: "whatsapp:77@lid", At: at(-3 * time.Hour)},
		Arrival:      &event.Arrival{At: at(time.Hour), Heads: 2, How: event.ByScan, By: "telegram:1", Where: hard, In: "telegram:u:9", Ticket: "EMK-2027-0001"},
		MoreArrivals: []event.Arrival{{At: at(2 * time.Hour), Heads: 1, How: event.ByList, In: "telegram:u:10", Ticket: "EMK-2027-0002"}},
		WalkIn:       true, CreatedAt: at(-2 * time.Hour), UpdatedAt: at(time.Second),
	}
	p.Derive()
	return p
}

// silentParticipation is a guest of whom nothing is known yet.
func silentParticipation(n int) *event.Participation {
	person := fmt.Sprintf("p%06d", n)
	p := &event.Participation{
		ID: event.ParticipationID("EMK-2027", person), EventID: "EMK-2027", PersonID: person, Audience: event.Public,
		Name: fmt.Sprint("Tamu ", n), Code: fmt.Sprintf("C%06d", n), CreatedAt: at(0), UpdatedAt: at(0),
	}
	p.Derive()
	return p
}

func saveParticipations(t *testing.T, s storage.Store, ps ...*event.Participation) {
	t.Helper()
	for _, p := range ps {
		if err := s.Participations().Save(t.Context(), p); err != nil {
			t.Fatalf("save %s: %v", p.ID, err)
		}
	}
}

func participationRoundTrip(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	_, err := s.Participations().Get(ctx, "EMK-2027/x")
	is(t, err, storage.ErrNotFound)
	for _, p := range []*event.Participation{sampleParticipation(1), silentParticipation(2)} {
		saveParticipations(t, s, p)
		equal(t, "version", p.Version, int64(1))
		same(t, must(s.Participations().Get(ctx, p.ID))(t), p)
		same(t, must(s.Participations().ByCode(ctx, p.Code))(t), p)
		ok(t, s.Participations().Delete(ctx, p.ID))
		ok(t, s.Participations().Delete(ctx, p.ID))
		_, err = s.Participations().Get(ctx, p.ID)
		is(t, err, storage.ErrNotFound)
		_, err = s.Participations().ByCode(ctx, p.Code)
		is(t, err, storage.ErrNotFound)
		is(t, s.Participations().Save(ctx, p), storage.ErrConflict) // it is gone, not new
	}
	saveParticipations(t, s, sampleParticipation(1)) // ID and code are free again
}

func participationCompareAndSet(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	p := sampleParticipation(1)
	saveParticipations(t, s, p)
	again := sampleParticipation(1)
	again.Code = "lain"
	is(t, s.Participations().Save(ctx, again), storage.ErrConflict)
	equal(t, "version of the one refused", again.Version, int64(0))
	old := *p
	p.Reply, p.InvitedAt, p.Call = event.Reply{}, nil, event.NoCall
	ok(t, s.Participations().Save(ctx, p))
	equal(t, "version", p.Version, int64(2))
	is(t, s.Participations().Save(ctx, &old), storage.ErrConflict)
	equal(t, "version of the one refused", old.Version, int64(1))
	same(t, must(s.Participations().Get(ctx, p.ID))(t), p)
	q := storage.ParticipationQuery{Answers: []event.Answer{event.Silent}, Invited: ptr(false)}
	page, _, err := s.Participations().List(ctx, q)
	ok(t, err)
	equal(t, "found by what it says now", len(page), 1)
}

func participationSaveAll(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	var all []*event.Participation
	for n := range 250 { // more than one round trip takes
		all = append(all, silentParticipation(n))
	}
	_, err := s.Participations().AddAll(ctx, all)
	ok(t, err)
	stale := *all[7]
	changed := *all[7]
	changed.Kecamatan = "Ciawi"
	ok(t, s.Participations().Save(ctx, &changed))
	gone := silentParticipation(5000)
	gone.Version = 1
	batch := []*event.Participation{gone}
	for _, p := range all {
		next := *p
		if p.ID == stale.ID {
			next = stale
		}
		next.Call = event.CallDue
		batch = append(batch, &next)
	}
	saved, err := s.Participations().SaveAll(ctx, batch)
	ok(t, err)
	equal(t, "saved", saved, len(all)-1)
	page, _, err := s.Participations().List(ctx, storage.ParticipationQuery{EventID: "EMK-2027", Call: event.CallDue, Limit: 2000})
	ok(t, err)
	equal(t, "found by what they say now", len(page), len(all)-1)
	equal(t, "version", page[0].Version, int64(2))
	same(t, must(s.Participations().Get(ctx, stale.ID))(t), &changed)
	_, err = s.Participations().Get(ctx, gone.ID)
	is(t, err, storage.ErrNotFound)
	saved, err = s.Participations().SaveAll(ctx, batch) // of versions that are past
	ok(t, err)
	equal(t, "saved again", saved, 0)
	saved, err = s.Participations().SaveAll(ctx, nil)
	ok(t, err)
	equal(t, "saved of none", saved, 0)

	// One call may hold those of which everything changed beside those of which
	// next to nothing did.
	page[0].Reply = event.Reply{Answer: event.Yes, Heads: 2}
	page[0].Name = "Zulkarnaen"
	page[0].Derive()
	page[1].Call = event.NoCall
	saved, err = s.Participations().SaveAll(ctx, page[:3])
	ok(t, err)
	equal(t, "saved of three", saved, 3)
	found, _, err := s.Participations().List(ctx, storage.ParticipationQuery{EventID: "EMK-2027", Answers: []event.Answer{event.Yes}, Search: "zulkarnaen"})
	ok(t, err)
	equal(t, "found by a new name and answer", len(found), 1)
	page[0].Version++
	same(t, found[0], page[0])
	page, _, err = s.Participations().List(ctx, storage.ParticipationQuery{EventID: "EMK-2027", Call: event.CallDue, Limit: 2000})
	ok(t, err)
	equal(t, "left on the call list", len(page), len(all)-2)
}

func participationCode(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	one, two := sampleParticipation(1), sampleParticipation(2)
	saveParticipations(t, s, one, two)
	_, err := s.Participations().ByCode(ctx, "k00001") // codes are as they are
	is(t, err, storage.ErrNotFound)
	_, err = s.Participations().ByCode(ctx, "")
	is(t, err, storage.ErrNotFound)

	three := sampleParticipation(3)
	three.Code = one.Code
	is(t, s.Participations().Save(ctx, three), storage.ErrConflict)
	_, err = s.Participations().Get(ctx, three.ID)
	is(t, err, storage.ErrNotFound)
	clash := *two
	clash.Code = one.Code
	is(t, s.Participations().Save(ctx, &clash), storage.ErrConflict)
	equal(t, "version of the one refused", clash.Version, int64(1))
	same(t, must(s.Participations().Get(ctx, two.ID))(t), two)
	same(t, must(s.Participations().ByCode(ctx, one.Code))(t), one)

	// A code that was given up can be taken, and opens the old one no more.
	one.Code = "baru"
	ok(t, s.Participations().Save(ctx, one))
	_, err = s.Participations().ByCode(ctx, "K00001")
	is(t, err, storage.ErrNotFound)
	clash.Code = "K00001"
	ok(t, s.Participations().Save(ctx, &clash))
	equal(t, "by code", must(s.Participations().ByCode(ctx, "K00001"))(t).ID, two.ID)
}

func participationCodeRace(t *testing.T, h Harness) {
	ctx, clients := t.Context(), h.both(t)
	var won atomic.Int64
	var wg sync.WaitGroup
	for w := range h.Workers {
		s := clients[w%len(clients)]
		wg.Go(func() {
			p := silentParticipation(w)
			p.Code = "SATU"
			switch err := s.Participations().Save(ctx, p); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, storage.ErrConflict):
				t.Errorf("save: %v", err)
			}
		})
	}
	wg.Wait()
	equal(t, "holders of one code", won.Load(), 1)
	page, _, err := clients[0].Participations().List(ctx, storage.ParticipationQuery{})
	ok(t, err)
	equal(t, "stored", len(page), 1)
}

// participationSaveRace has many raise one number by compare-and-set.
func participationSaveRace(t *testing.T, h Harness) {
	ctx, clients := t.Context(), h.both(t)
	id := silentParticipation(1).ID
	saveParticipations(t, clients[0], silentParticipation(1))
	var wg sync.WaitGroup
	for w := range h.Workers {
		s := clients[w%len(clients)]
		wg.Go(func() {
			for {
				p, err := s.Participations().Get(ctx, id)
				if err == nil {
					p.Reply.Heads++
					err = s.Participations().Save(ctx, p)
				}
				if err == nil {
					return
				}
				if !errors.Is(err, storage.ErrConflict) {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	p := must(clients[0].Participations().Get(ctx, id))(t)
	equal(t, "heads", p.Reply.Heads, h.Workers)
	equal(t, "version", p.Version, int64(h.Workers+1))
}

func participationAddAll(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	equal(t, "none", must(s.Participations().AddAll(ctx, nil))(t), 0)
	freshOnes := func() []*event.Participation {
		ps := make([]*event.Participation, h.Rows)
		for i := range ps {
			ps[i] = silentParticipation(len(ps) - i) // not in order of ID
		}
		return ps
	}
	ps := freshOnes()
	half := len(ps) / 2
	equal(t, "fresh", must(s.Participations().AddAll(ctx, ps[:half]))(t), half)
	equal(t, "version", ps[0].Version, int64(1))
	equal(t, "the caller's order", ps[0].ID > ps[half-1].ID, true)
	same(t, must(s.Participations().Get(ctx, ps[0].ID))(t), ps[0])

	// Those that are there stay as they are, also where they have moved on.
	answered := must(s.Participations().Get(ctx, ps[0].ID))(t)
	answered.Reply.Answer, answered.Code = event.Yes, "diganti"
	ok(t, s.Participations().Save(ctx, answered))
	again := freshOnes()
	again[0].Name = "lain"
	equal(t, "fresh of all", must(s.Participations().AddAll(ctx, again))(t), len(ps)-half)
	equal(t, "version of one that was there", again[0].Version, int64(0))
	equal(t, "version of a fresh one", again[len(again)-1].Version, int64(1))
	equal(t, "fresh again", must(s.Participations().AddAll(ctx, freshOnes()))(t), 0)
	same(t, must(s.Participations().Get(ctx, ps[0].ID))(t), answered)

	twice := []*event.Participation{sampleParticipation(1), sampleParticipation(1)}
	equal(t, "fresh of one named twice", must(s.Participations().AddAll(ctx, twice))(t), 1)
	// What was added can be saved, and found.
	found := must(s.Participations().ByCode(ctx, again[len(again)-1].Code))(t)
	found.Reply.Answer = event.No
	ok(t, s.Participations().Save(ctx, found))
	page, _, err := s.Participations().List(ctx, storage.ParticipationQuery{EventID: "EMK-2027", Search: "tamu " + fmt.Sprint(h.Rows)})
	ok(t, err)
	equal(t, "found by search", len(page) > 0, true)
}

func participationAddAllTakenCode(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	saveParticipations(t, s, silentParticipation(1))
	clash := silentParticipation(2)
	clash.Code = silentParticipation(1).Code
	_, err := s.Participations().AddAll(ctx, []*event.Participation{silentParticipation(1), clash, silentParticipation(3)})
	is(t, err, storage.ErrConflict)
	equal(t, "version of the one refused", clash.Version, int64(0))
	_, err = s.Participations().Get(ctx, clash.ID)
	is(t, err, storage.ErrNotFound)
	// With a code of its own, and run again, all are there.
	clash.Code = "lain"
	_, err = s.Participations().AddAll(ctx, []*event.Participation{silentParticipation(1), clash, silentParticipation(3)})
	ok(t, err)
	page, _, err := s.Participations().List(ctx, storage.ParticipationQuery{})
	ok(t, err)
	equal(t, "stored", len(page), 3)
}

// guests saves n participations that differ in all that is filtered by, in
// the order of their IDs.
func guests(t *testing.T, s storage.Store, n int) []*event.Participation {
	t.Helper()
	out := make([]*event.Participation, n)
	for i := range out {
		p := sampleParticipation(i)
		p.EventID = []string{"EMK-2027", "EMK-2028"}[i%2]
		p.PersonID = fmt.Sprint("p", i%3)
		p.ID = fmt.Sprintf("g/%04d", i)
		p.Audience = []event.Audience{event.UKM, event.Koperasi, event.Public}[i/2%3]
		p.Reply.Answer = []event.Answer{event.Silent, event.Yes, event.Maybe, event.No, event.Delegated}[i%5]
		p.Call = []event.CallState{event.NoCall, event.NoCall, event.CallDue, event.CallDone}[i/2%4]
		p.Cold = []event.ColdState{event.NotCold, event.ColdWaiting, event.ColdSent, event.ColdOver}[i/3%4]
		if i%7 < 3 {
			p.InvitedAt = nil
		}
		p.Name = []string{"Siti Rahayu", "Budi Siregar", "Dede Sutisna"}[i%3]
		p.Derive()
		out[i] = p
	}
	_, err := s.Participations().AddAll(t.Context(), slices.Clone(out))
	ok(t, err)
	return out
}

type participationFilter struct {
	q    storage.ParticipationQuery
	want func(*event.Participation) bool
}

func participationQueries() map[string]participationFilter {
	type query = storage.ParticipationQuery
	type part = *event.Participation
	answers := func(as ...event.Answer) participationFilter {
		return participationFilter{query{Answers: as}, func(p part) bool { return slices.Contains(as, p.Reply.Answer) }}
	}
	return map[string]participationFilter{
		"all":             {query{}, func(part) bool { return true }},
		"event":           {query{EventID: "EMK-2028"}, func(p part) bool { return p.EventID == "EMK-2028" }},
		"person":          {query{PersonID: "p1"}, func(p part) bool { return p.PersonID == "p1" }},
		"person of event": {query{PersonID: "p1", EventID: "EMK-2027"}, func(p part) bool { return p.PersonID == "p1" && p.EventID == "EMK-2027" }},
		"audience":        {query{Audience: event.Koperasi}, func(p part) bool { return p.Audience == event.Koperasi }},
		"silent":          answers(event.Silent),
		"yes":             answers(event.Yes),
		"comes":           answers(event.Yes, event.Delegated),
		"to be asked":     answers(event.Silent, event.Maybe),
		"call due":        {query{EventID: "EMK-2027", Call: event.CallDue}, func(p part) bool { return p.EventID == "EMK-2027" && p.Call == event.CallDue }},
		"call done":       {query{Call: event.CallDone}, func(p part) bool { return p.Call == event.CallDone }},
		"cold waiting":    {query{EventID: "EMK-2027", Cold: event.ColdWaiting}, func(p part) bool { return p.EventID == "EMK-2027" && p.Cold == event.ColdWaiting }},
		"cold sent":       {query{Cold: event.ColdSent}, func(p part) bool { return p.Cold == event.ColdSent }},
		"invited":         {query{Invited: ptr(true)}, func(p part) bool { return p.InvitedAt != nil }},
		"not invited":     {query{Invited: ptr(false)}, func(p part) bool { return p.InvitedAt == nil }},
		"search":          {query{Search: "siti cibinong"}, func(p part) bool { return strings.Contains(p.Search, "siti") }},
		"search in event": {query{EventID: "EMK-2028", Search: "sutisna"}, func(p part) bool { return p.EventID == "EMK-2028" && strings.Contains(p.Search, "sutisna") }},
		"short search":    {query{EventID: "EMK-2028", Search: "di"}, func(p part) bool { return p.EventID == "EMK-2028" && strings.Contains(p.Search, "di") }},
		"planner": {
			query{EventID: "EMK-2027", Audience: event.UKM, Answers: []event.Answer{event.Silent, event.Yes}, Invited: ptr(true)},
			func(p part) bool {
				return p.EventID == "EMK-2027" && p.Audience == event.UKM && p.InvitedAt != nil && (p.Reply.Answer == event.Silent || p.Reply.Answer == event.Yes)
			},
		},
		"everything": {
			query{EventID: "EMK-2027", PersonID: "p1", Audience: event.Public, Answers: []event.Answer{event.Delegated}, Call: event.CallDue, Invited: ptr(true), Search: "budi"},
			func(p part) bool {
				return p.EventID == "EMK-2027" && p.PersonID == "p1" && p.Audience == event.Public && p.Reply.Answer == event.Delegated &&
					p.Call == event.CallDue && p.InvitedAt != nil && strings.Contains(p.Search, "budi")
			},
		},
		"none": {query{EventID: "EMK-1999"}, func(part) bool { return false }},
	}
}

// everyFilterFinds is false of queries that are to find nothing.
func everyFilterFinds(name string) bool { return name != "none" }

func chosen(all []*event.Participation, want func(*event.Participation) bool) (out []string) {
	for _, p := range all {
		if want(p) {
			out = append(out, p.ID)
		}
	}
	return out
}

func participationIDs(ps []*event.Participation) (out []string) {
	return chosen(ps, func(*event.Participation) bool { return true })
}

func participationFilters(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	all := guests(t, s, 420) // as many as make all filters meet
	for name, tc := range participationQueries() {
		want := chosen(all, tc.want)
		if (len(want) > 0) != everyFilterFinds(name) {
			t.Fatalf("%s: the samples hold %d", name, len(want))
		}
		tc.q.Limit = len(all)
		page, next, err := s.Participations().List(ctx, tc.q)
		if err != nil || next != "" {
			t.Fatalf("%s: %v, next %q", name, err, next)
		}
		equal(t, name, strings.Join(participationIDs(page), " "), strings.Join(want, " "))
	}
}

// participationFilteredPaging pages through every filter.
func participationFilteredPaging(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	all := guests(t, s, 120)
	for name, tc := range participationQueries() {
		want := chosen(all, tc.want)
		for _, size := range []int{3, max(len(want), 1)} {
			tc.q.Limit, tc.q.After = size, ""
			var got []string
			for pages := 1; ; pages++ {
				page, next, err := s.Participations().List(ctx, tc.q)
				ok(t, err)
				if len(page) > size || len(page) == 0 && len(want) > 0 || pages > len(all) {
					t.Fatalf("%s: page %d is of %d with limit %d", name, pages, len(page), size)
				}
				got = append(got, participationIDs(page)...)
				if next == "" {
					break
				}
				tc.q.After = next
			}
			equal(t, fmt.Sprintf("%s by pages of %d", name, size), strings.Join(got, " "), strings.Join(want, " "))
		}
	}
}

func participationSearch(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	for i, text := range []string{"siti rahayu koperasi maju +62812", "budi 100% asli", "keripik_pedas (maju) é", "1000 rasa keripikxpedas", `toko "abadi" jaya and not near* col:x ^`} {
		p := sampleParticipation(i)
		p.Search = text
		saveParticipations(t, s, p)
	}
	find := func(q string) (got string) {
		t.Helper()
		page, _, err := s.Participations().List(ctx, storage.ParticipationQuery{EventID: "EMK-2027", Search: q})
		ok(t, err)
		for _, p := range page {
			got += p.PersonID[len(p.PersonID)-1:]
		}
		return got
	}
	for q, want := range map[string]string{
		"siti": "0", "maju siti": "0", "maju": "02", "ti r": "0", "siti budi": "", "100%": "1", "keripik_pedas": "2",
		"(maju)": "2", "é": "2", ".": "", "+62812": "0", "  siti   maju ": "0", "%": "1", "*": "4",
		`"abadi"`: "4", `"jaya"`: "", "near*": "4", "nea*": "", "col:x": "4", "and not": "4", "jaya or siti": "", "": "01234",
	} {
		equal(t, fmt.Sprintf("search %q", q), find(q), want)
	}
	// What was changed or deleted is found as it is now.
	p := must(s.Participations().Get(ctx, sampleParticipation(0).ID))(t)
	p.Search = "dede sutisna"
	ok(t, s.Participations().Save(ctx, p))
	ok(t, s.Participations().Delete(ctx, sampleParticipation(2).ID))
	for q, want := range map[string]string{"siti": "", "maju": "", "sutisna": "0", "keripik": "3"} {
		equal(t, fmt.Sprintf("search %q", q), find(q), want)
	}
}

func participationPaging(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	const n = 205
	ps := make([]*event.Participation, n)
	for i := range ps {
		ps[i] = silentParticipation(i)
	}
	must(s.Participations().AddAll(ctx, ps))(t)
	page, next, err := s.Participations().List(ctx, storage.ParticipationQuery{})
	ok(t, err)
	equal(t, "default page", len(page), 100)
	equal(t, "cursor where there is more", next != "", true)
	page, next, err = s.Participations().List(ctx, storage.ParticipationQuery{Limit: n})
	ok(t, err)
	equal(t, "page of all", len(page), n)
	equal(t, "cursor at the end", next, "")
	_, next, err = s.Participations().List(ctx, storage.ParticipationQuery{After: page[n-1].ID})
	ok(t, err)
	equal(t, "cursor past the end", next, "")
}

// participationPagingWhileChanging deletes what the cursor stands on, and adds
// before and after it.
func participationPagingWhileChanging(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	for i := 2; i <= 12; i += 2 {
		saveParticipations(t, s, silentParticipation(i))
	}
	page, next, err := s.Participations().List(ctx, storage.ParticipationQuery{Limit: 3})
	ok(t, err)
	ok(t, s.Participations().Delete(ctx, page[2].ID))
	saveParticipations(t, s, silentParticipation(1), silentParticipation(7))
	rest, _, err := s.Participations().List(ctx, storage.ParticipationQuery{Limit: 9, After: next})
	ok(t, err)
	want := []string{}
	for _, i := range []int{7, 8, 10, 12} {
		want = append(want, silentParticipation(i).ID)
	}
	equal(t, "rest", strings.Join(participationIDs(rest), " "), strings.Join(want, " "))
}

// participationBigList is a planner's round over a large event: each guest
// once, and a row for each.
func participationBigList(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	n := 5 * h.Rows
	ps := make([]*event.Participation, n)
	for i := range ps {
		ps[i] = silentParticipation(i)
		if i%2 == 1 {
			ps[i].InvitedAt = ptr(at(0))
		}
	}
	equal(t, "fresh", must(s.Participations().AddAll(ctx, ps))(t), n)
	q := storage.ParticipationQuery{EventID: "EMK-2027", Invited: ptr(true), Limit: 500}
	seen, last := 0, ""
	for {
		page, next, err := s.Participations().List(ctx, q)
		ok(t, err)
		ms := make([]storage.Message, len(page))
		for i, p := range page {
			if p.ID <= last {
				t.Fatalf("%s after %s", p.ID, last)
			}
			last = p.ID
			ms[i] = touchpointRow(p.PersonID, "h40", at(0))
		}
		seen += len(page)
		equal(t, "fresh rows", must(s.Outbox().AddAll(ctx, ms))(t), len(page))
		if next == "" {
			break
		}
		q.After = next
	}
	equal(t, "guests", seen, n/2)
	equal(t, "tally", tally(t, s, "EMK-2027", "h40"), fmt.Sprint("telegram/queued:", n/2))
	equal(t, "expired", must(s.Outbox().Expire(ctx, "EMK-2027", "h40", "dipindah"))(t), n/2)
	equal(t, "tally", tally(t, s, "EMK-2027", "h40"), fmt.Sprint("telegram/expired:", n/2))
}
