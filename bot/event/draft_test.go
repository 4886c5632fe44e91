package event_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/diskopukm/emileku/bot/event"
	"pgregory.net/rapid"
)

// TestForms: at most seven required questions, the optional ones in one block
// after them, and every key once.
func TestForms(t *testing.T) {
	t.Parallel()
	for _, a := range event.Registrable() {
		f, _ := event.FormOf(a)
		required, keys := 0, map[string]bool{}
		for i, fd := range f.Fields {
			if keys[fd.Key] {
				t.Errorf("%s asks %s twice", a, fd.Key)
			}
			keys[fd.Key] = true
			if !fd.Optional {
				required++
				if i > 0 && f.Fields[i-1].Optional {
					t.Errorf("%s: the required %s stands after an optional one", a, fd.Key)
				}
			}
			if (fd.Kind == event.Choice) != (len(fd.Options) > 0) {
				t.Errorf("%s.%s: options do not fit its kind", a, fd.Key)
			}
			if (fd.Kind == event.Line || fd.Kind == event.LegalNumber || fd.Kind == event.PersonName) && fd.Max == 0 {
				t.Errorf("%s.%s: no longest text", a, fd.Key)
			}
			if (fd.Kind == event.Count || fd.Kind == event.Minutes) && (fd.Min < 1 || fd.Max <= fd.Min) {
				t.Errorf("%s.%s: from %d to %d", a, fd.Key, fd.Min, fd.Max)
			}
		}
		if required > 7 {
			t.Errorf("%s asks %d required questions", a, required)
		}
		n, of := 0, 0
		for _, fd := range f.Fields[:required] {
			at, all, optional := f.Position(fd.Key)
			if n++; at != n || all != required || optional {
				t.Errorf("%s.%s stands at %d of %d", a, fd.Key, at, all)
			}
			of = all
		}
		if n, all, optional := f.Position(f.Fields[required].Key); n != 1 || all != len(f.Fields)-of || !optional {
			t.Errorf("%s: the first optional one stands at %d of %d", a, n, all)
		}
		if n, all, _ := f.Position("nothing"); n != 0 || all != 0 {
			t.Errorf("a field that is not there stands at %d of %d", n, all)
		}
	}
}

// TestDraftRuns leads a draft through random answers, skips, steps back and
// corrections, with its JSON in between as storage keeps it.
func TestDraftRuns(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		f, _ := event.FormOf(rapid.SampledFrom(event.Registrable()).Draw(rt, "audience"))
		d := &event.Draft{ID: "d", Audience: f.Audience, Form: f.Version}
		type before struct {
			answers map[string]string
			skipped []string
		}
		var past []before // what stood before each step that Back undoes
		serial := 0
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			if rapid.Bool().Draw(rt, "restart") {
				d = roundTrip(rt, d)
			}
			next, more := d.Next(f)
			if more && d.Fixing == "" {
				if _, answered := d.Answers[next.Key]; answered || next.Optional && slices.Contains(d.Skipped, next.Key) {
					rt.Fatalf("asks %s again: %+v", next.Key, d)
				}
				if next.Optional && d.Optional != "yes" {
					rt.Fatalf("asks the optional %s before that was agreed", next.Key)
				}
			}
			now := before{maps.Clone(d.Answers), slices.Clone(d.Skipped)}
			switch act := rapid.SampledFrom([]string{"answer", "answer", "answer", "skip", "back", "fix", "optional"}).Draw(rt, "act"); {
			case act == "answer" && more:
				serial++
				fixing := d.Fixing != ""
				if !fixing {
					past = append(past, now)
				}
				value := fmt.Sprint("answer ", serial)
				d.Set(next.Key, value)
				if d.Answers[next.Key] != value || d.Fixing != "" || slices.Contains(d.Skipped, next.Key) {
					rt.Fatalf("%s was not kept: %+v", next.Key, d)
				}
				if fixing {
					past = nil // a correction is not undone by Back; what follows is compared anew
					d.Trail = nil
				}
			case act == "skip" && more && next.Optional && d.Fixing == "":
				past = append(past, now)
				d.Skip(next.Key)
			case act == "back" && d.Fixing != "":
				key, _, ok := d.Back()
				if !ok || key == "" || d.Fixing != "" || !maps.Equal(d.Answers, now.answers) {
					rt.Fatalf("leaving a correction changed the answers: %v, %v", now.answers, d.Answers)
				}
			case act == "back":
				key, old, ok := d.Back()
				if ok != (len(past) > 0) {
					rt.Fatalf("Back = %t with %d answers before", ok, len(past))
				}
				if !ok {
					break
				}
				if old != now.answers[key] {
					rt.Fatalf("Back says that %s was %q, it was %q", key, old, now.answers[key])
				}
				was := past[len(past)-1]
				past = past[:len(past)-1]
				if !maps.Equal(d.Answers, was.answers) || !slices.Equal(d.Skipped, was.skipped) {
					rt.Fatalf("Back left %v %v, before there was %v %v", d.Answers, d.Skipped, was.answers, was.skipped)
				}
				if again, _ := d.Next(f); d.Optional == "yes" && again.Key != key {
					rt.Fatalf("after Back %s is asked, not %s", again.Key, key)
				}
			case act == "fix" && !more:
				d.Fixing = rapid.SampledFrom(f.Fields).Draw(rt, "field").Key
				if fd, ok := d.Next(f); !ok || fd.Key != d.Fixing {
					rt.Fatalf("while %s is corrected %s is asked", d.Fixing, fd.Key)
				}
			case act == "optional" && !more:
				d.Optional = rapid.SampledFrom([]string{"yes", "no"}).Draw(rt, "optional")
			}
		}
		// Whatever happened, answering on ends.
		d.Optional = "yes"
		for n := 0; ; n++ {
			fd, more := d.Next(f)
			if !more {
				break
			}
			if n > len(f.Fields)+1 {
				rt.Fatalf("never ends: %+v", d)
			}
			d.Set(fd.Key, "x")
		}
		for _, fd := range f.Fields {
			if _, ok := d.Answers[fd.Key]; !ok && !fd.Optional {
				rt.Fatalf("%s was never asked", fd.Key)
			}
		}
	})
}

func roundTrip(rt *rapid.T, d *event.Draft) *event.Draft {
	raw, err := json.Marshal(d)
	if err != nil {
		rt.Fatal(err)
	}
	var out event.Draft
	if err := json.Unmarshal(raw, &out); err != nil {
		rt.Fatal(err)
	}
	return &out
}

// TestAdopt: a draft that was begun with other questions keeps what is still
// good, and is asked for the rest, once.
func TestAdopt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		f, _ := event.FormOf(rapid.SampledFrom(event.Registrable()).Draw(rt, "audience"))
		older := event.Form{Audience: f.Audience, Version: f.Version + rapid.SampledFrom([]int{-1, 1}).Draw(rt, "version")}
		for _, fd := range f.Fields { // some questions were not there, some were asked otherwise
			if rapid.IntRange(0, 3).Draw(rt, "had "+fd.Key) > 0 {
				fd.Optional = fd.Optional != (rapid.IntRange(0, 5).Draw(rt, "other "+fd.Key) == 0)
				older.Fields = append(older.Fields, fd)
			}
		}
		older.Fields = append(older.Fields, event.Field{Key: "dulu", Kind: event.Line}, event.Field{Key: "dulu_juga", Kind: event.Line, Optional: true})
		d := &event.Draft{ID: "d", Audience: f.Audience, Form: older.Version, Optional: rapid.SampledFrom([]string{"", "yes", "no"}).Draw(rt, "optional")}
		for range rapid.IntRange(0, len(older.Fields)).Draw(rt, "answered") {
			fd, more := d.Next(older)
			if !more {
				break
			}
			if fd.Optional && rapid.Bool().Draw(rt, "skip") {
				d.Skip(fd.Key)
				continue
			}
			d.Set(fd.Key, rapid.SampledFrom([]string{"good", "bad"}).Draw(rt, "value"))
		}
		if rapid.IntRange(0, 4).Draw(rt, "fixing") == 0 {
			d.Fixing = rapid.SampledFrom(older.Fields).Draw(rt, "field").Key
		}
		given := maps.Clone(d.Answers)
		d.Adopt(f, func(_ event.Field, v string) bool { return v == "good" })
		if d.Form != f.Version {
			rt.Fatalf("version %d", d.Form)
		}
		for key, v := range given {
			_, there := f.Field(key)
			if got, kept := d.Answers[key]; kept != (there && v == "good") || kept && got != v {
				rt.Fatalf("%s=%s: kept %t", key, v, kept)
			}
		}
		if _, ok := f.Field(d.Fixing); d.Fixing != "" && !ok {
			rt.Fatalf("corrects %s, which is asked no more", d.Fixing)
		}
		again := roundTrip(rt, d)
		again.Adopt(f, func(event.Field, string) bool { return false })
		if !maps.Equal(again.Answers, d.Answers) {
			rt.Fatal("adopting the same form again changed the answers")
		}
		asked := map[string]bool{}
		d.Fixing = ""
		for {
			fd, more := d.Next(f)
			if !more {
				break
			}
			if asked[fd.Key] {
				rt.Fatalf("%s is asked twice", fd.Key)
			}
			if _, known := d.Answers[fd.Key]; known {
				rt.Fatalf("%s is known and asked", fd.Key)
			}
			asked[fd.Key] = true
			d.Set(fd.Key, "good")
		}
		for _, fd := range f.Fields {
			if d.Answers[fd.Key] != "good" && !fd.Optional {
				rt.Fatalf("%s is missing", fd.Key)
			}
		}
		for range len(d.Trail) + 1 { // each step back leads to a question that is there
			key, _, ok := d.Back()
			if !ok {
				break
			}
			if _, there := f.Field(key); !there {
				rt.Fatalf("back to %s, which is asked no more", key)
			}
		}
	})
}
