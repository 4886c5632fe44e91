package storagetest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

func programCases() map[string]func(*testing.T, Harness) {
	return map[string]func(*testing.T, Harness){
		"Rundown": rundownRoundTrip,
		"Ballot":  ballotRoundTrip,
		"Posts":   postList,
		"Vote":    ballotRace,
	}
}

func sampleRundown(id string) *event.Rundown {
	cast := []event.Performing{{Name: hard, PersonID: "telegram:1"}, {Name: "Ketua tim"}}
	return &event.Rundown{
		ID: id, Items: []event.RundownItem{{N: 2, Start: -30, Minutes: 45, Moved: 2, Title: hard, Place: hard, Cast: cast}, {N: 3, Minutes: 5, Title: "Doa"}},
		LastItem: 3, Rev: 4, By: "telegram:1", Was: []event.RundownItem{{N: 1, Start: 5, Minutes: 5, Title: hard, Cast: cast}}, Undoable: true,
		Handled: []string{"telegram:u:1"}, Retired: true, UpdatedAt: at(time.Hour),
	}
}

func sampleBallot(id string) *event.Ballot {
	return &event.Ballot{
		ID: id, Proposals: []event.ThemeProposal{{N: 1, Text: hard, By: "telegram:1", At: at(0), Gone: true}, {N: 2, Text: "Naik Kelas", At: at(0)}},
		Last: 2, Votes: []event.ThemeVote{{PersonID: "telegram:1", N: 2}, {PersonID: "web:a.b$c", N: 1}}, Decided: hard, DecidedBy: "telegram:1", DecidedAt: ptr(at(time.Minute)),
		Handled: []string{"telegram:u:1"}, Retired: true, UpdatedAt: at(time.Hour),
	}
}

func samplePost(eventID string, n int) *event.Post {
	return &event.Post{
		ID: event.PostID(eventID, n), EventID: eventID, N: n, Where: "Instagram " + hard, Link: "https://instagram.com/p/1?a=b", Audience: event.UKM,
		Note: hard, On: at(0), By: "telegram:1", Gone: true, Origin: "telegram:u:1", Handled: "telegram:u:2", UpdatedAt: at(time.Hour),
	}
}

func rundownRoundTrip(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	_, err := s.Rundowns().Get(ctx, "EMK-2027")
	is(t, err, storage.ErrNotFound)
	for _, r := range []*event.Rundown{sampleRundown("EMK-2027"), {ID: "EMK-2027B"}} {
		ok(t, s.Rundowns().Save(ctx, r))
		equal(t, "version", r.Version, int64(1))
		same(t, must(s.Rundowns().Get(ctx, r.ID))(t), r)
		is(t, s.Rundowns().Save(ctx, sampleRundown(r.ID)), storage.ErrConflict)
		old := *r
		r.Items, r.Was = []event.RundownItem{{N: 9, Title: "Penutupan"}}, nil
		ok(t, s.Rundowns().Save(ctx, r))
		is(t, s.Rundowns().Save(ctx, &old), storage.ErrConflict)
		equal(t, "version of the one refused", old.Version, int64(1))
		same(t, must(s.Rundowns().Get(ctx, r.ID))(t), r)
	}
}

func ballotRoundTrip(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	_, err := s.Ballots().Get(ctx, "EMK-2027")
	is(t, err, storage.ErrNotFound)
	for _, b := range []*event.Ballot{sampleBallot("EMK-2027"), {ID: "EMK-2027B"}} {
		ok(t, s.Ballots().Save(ctx, b))
		equal(t, "version", b.Version, int64(1))
		same(t, must(s.Ballots().Get(ctx, b.ID))(t), b)
		is(t, s.Ballots().Save(ctx, sampleBallot(b.ID)), storage.ErrConflict)
		old := *b
		b.Votes, b.Decided = []event.ThemeVote{{PersonID: "p", N: 2}}, ""
		ok(t, s.Ballots().Save(ctx, b))
		is(t, s.Ballots().Save(ctx, &old), storage.ErrConflict)
		same(t, must(s.Ballots().Get(ctx, b.ID))(t), b)
	}
}

func postList(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	equal(t, "none", len(must(s.Posts().List(ctx, "EMK-2027"))(t)), 0)
	for _, n := range []int{2, 10, 1} {
		p := samplePost("EMK-2027", n)
		ok(t, s.Posts().Save(ctx, p))
		same(t, must(s.Posts().Get(ctx, p.ID))(t), p)
		is(t, s.Posts().Save(ctx, samplePost("EMK-2027", n)), storage.ErrConflict)
		p.Gone, p.Note = false, ""
		ok(t, s.Posts().Save(ctx, p))
		same(t, must(s.Posts().Get(ctx, p.ID))(t), p)
	}
	ok(t, s.Posts().Save(ctx, samplePost("EMK-2027B", 5)))
	_, err := s.Posts().Get(ctx, event.PostID("EMK-2027", 5))
	is(t, err, storage.ErrNotFound)
	for eventID, want := range map[string]string{"EMK-2027": "1 2 10", "EMK-2027B": "5", "EMK": ""} {
		var got []string
		for _, p := range must(s.Posts().List(ctx, eventID))(t) {
			got = append(got, fmt.Sprint(p.N))
		}
		equal(t, "posts of "+eventID, strings.Join(got, " "), want)
	}
}

// ballotRace has everybody vote at the same moment: no vote is lost.
func ballotRace(t *testing.T, h Harness) {
	ctx, clients := t.Context(), h.both(t)
	ok(t, clients[0].Ballots().Save(ctx, &event.Ballot{ID: "EMK-2027", Proposals: []event.ThemeProposal{{N: 1, Text: "A"}}, Last: 1}))
	voters := min(h.Workers, 12)
	var wg sync.WaitGroup
	for w := range voters {
		s := clients[w%len(clients)]
		wg.Go(func() {
			for {
				b, err := s.Ballots().Get(ctx, "EMK-2027")
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := b.Vote(fmt.Sprintf("telegram:%d", w), 1, at(0)); err != nil {
					t.Error(err)
					return
				}
				if err := s.Ballots().Save(ctx, b); err == nil {
					return
				} else if !errors.Is(err, storage.ErrConflict) {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	equal(t, "votes", must(clients[0].Ballots().Get(ctx, "EMK-2027"))(t).Count(1), voters)
}
