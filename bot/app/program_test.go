package app_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// TestProgramForgets: who asks for it is in no rundown, vote, post or section
// any more, and long after the event nobody is.
func TestProgramForgets(t *testing.T) {
	t.Parallel()
	o := openOffice(t, event.Quota{})
	ctx := t.Context()
	in := private("siti")
	p, err := o.Identify(ctx, in)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(err)
	by := app.Actor{Person: p, Chat: in.Chat.String(), Inbound: "in:siti"}
	fill := func(id string) {
		_, _, err := o.ChangeRundown(ctx, app.Actor{Person: p, Inbound: "r" + id}, eventID, "rundown.add", "", func(r *event.Rundown) error {
			_, err := r.Add(id, o.Now(), []event.RundownItem{{Title: "Tari", Minutes: 5, Cast: []event.Performing{{Name: "Sanggar " + id, PersonID: id}, {Name: "MC"}}}})
			return err
		})
		must(err)
		_, err = o.ChangeBallot(ctx, app.Actor{Person: p, Inbound: "b" + id}, eventID, "theme.propose", "", func(b *event.Ballot) error {
			if _, err := b.Propose(id, "Tema "+strings.ToUpper(id[:3]), o.Now()); err != nil {
				return err
			}
			_, err := b.Vote(id, b.Last, o.Now())
			return err
		})
		must(err)
		must(o.store.Posts().Save(ctx, &event.Post{ID: event.PostID(eventID, len(id)), EventID: eventID, N: len(id), Where: "Instagram", By: id}))
		_, err = o.ChangeSections(ctx, app.Actor{Person: p, Inbound: "s" + id}, "section.change", "", func(s *event.Sections) error {
			return s.Change("s"+id, func(list []event.Section) ([]event.Section, error) {
				return append(list, event.Section{N: len(list) + 1, Name: "Acara", Head: id, Members: []string{id, "x"}}), nil
			})
		})
		must(err)
	}
	named := func(id string) (found []string) {
		for _, c := range []string{"rundowns", "ballots", "posts", "settings"} {
			must(o.store.Raw().Each(ctx, c, func(_ string, doc json.RawMessage) error {
				if strings.Contains(string(doc), id) {
					found = append(found, c)
				}
				return nil
			}))
		}
		return found
	}
	fill(p.ID)
	fill("telegram:lain")
	if got := named(p.ID); len(got) != 4 {
		t.Fatalf("%s is only in %v", p.ID, got)
	}
	if _, err := o.DeletePerson(ctx, by); err != nil {
		t.Fatal(err)
	}
	if got := named(`"` + p.ID + `"`); len(got) != 0 {
		t.Errorf("still in %v", got)
	}
	r, err := o.Rundown(ctx, eventID)
	must(err)
	if r.Items[0].Who() != "MC" || r.Items[1].Who() != "Sanggar telegram:lain, MC" {
		t.Errorf("%+v", r.Items)
	}
	o.clock.Set(begin.AddDate(2, 0, 46))
	must(o.Retire(ctx))
	must(o.Retire(ctx))
	if got := named("telegram:lain"); len(got) != 1 || got[0] != "settings" { // the team's sections are of no event
		t.Errorf("retired, and still in %v", got)
	}
}

// TestMergeMovesTheCast: who becomes one with another is called in their place.
func TestMergeMovesTheCast(t *testing.T) {
	t.Parallel()
	o := openOffice(t, event.Quota{})
	ctx := t.Context()
	keep, err := o.Identify(ctx, private("keep"))
	if err != nil {
		t.Fatal(err)
	}
	other := &event.Person{ID: "tamu:1", Name: "Mekar", CreatedAt: o.Now(), SeenAt: o.Now()}
	if err := o.store.People().Save(ctx, other); err != nil {
		t.Fatal(err)
	}
	_, _, err = o.ChangeRundown(ctx, o.by("lead"), eventID, "rundown.add", "", func(r *event.Rundown) error {
		_, err := r.Add("lead", o.Now(), []event.RundownItem{{Title: "Tari", Minutes: 5, Cast: []event.Performing{{Name: "Mekar", PersonID: other.ID}}}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Merge(ctx, o.by("lead"), keep.ID, other.ID); err != nil {
		t.Fatal(err)
	}
	r, err := o.Rundown(ctx, eventID)
	if err != nil || r.Items[0].Cast[0].PersonID != keep.ID {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestPostsOnce: a message notes one post, however often it is handled, and a
// number is never given again.
func TestPostsOnce(t *testing.T) {
	t.Parallel()
	o := openOffice(t, event.Quota{})
	ctx := t.Context()
	by := o.by("lead")
	first, err := o.AddPost(ctx, by, event.Post{EventID: eventID, Where: "Instagram", On: time.Time{}})
	if err != nil || first.N != 1 {
		t.Fatalf("%+v, %v", first, err)
	}
	if again, err := o.AddPost(ctx, by, event.Post{EventID: eventID, Where: "Instagram"}); err != nil || again.N != 1 {
		t.Errorf("%+v, %v", again, err)
	}
	if _, err := o.DropPost(ctx, o.by("lead"), eventID, 1, true); err != nil {
		t.Fatal(err)
	}
	if next, err := o.AddPost(ctx, o.by("lead"), event.Post{EventID: eventID, Where: "Facebook"}); err != nil || next.N != 2 {
		t.Errorf("%+v, %v", next, err)
	}
	if all, err := o.Posts(ctx, eventID); err != nil || len(all) != 1 {
		t.Errorf("%+v, %v", all, err)
	}
	if _, err := o.DropPost(ctx, o.by("lead"), eventID, 9, true); err == nil || !strings.Contains(err.Error(), storage.ErrNotFound.Error()) {
		t.Error(err)
	}
}
