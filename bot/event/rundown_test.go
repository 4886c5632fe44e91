package event

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// show writes a rundown as "1:0+30 2:30+15".
func show(r *Rundown) string {
	var out []string
	for _, it := range r.Items {
		out = append(out, fmt.Sprintf("%d:%d+%d", it.N, it.Start, it.Minutes))
	}
	return strings.Join(out, " ")
}

func drawnUp(t *testing.T) *Rundown {
	t.Helper()
	r := &Rundown{ID: "EMK-2027"}
	_, err := r.Add("p", time.Time{}, []RundownItem{
		{Start: 30, Minutes: 15, Title: "Tari", Place: "Panggung", Cast: []Performing{{Name: "Mekar", PersonID: "m"}}}, {Start: 0, Minutes: 30, Title: "Pembukaan", Place: "Panggung"},
		{Start: 30, Minutes: 120, Title: "Bazar", Place: "Lapangan"}, {Start: 60, Minutes: 30, Title: "Musik", Place: "panggung"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRundownChanges(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do   func(r *Rundown) error
		want string
		err  error
	}{
		"order":        {func(*Rundown) error { return nil }, "2:0+30 1:30+15 3:30+120 4:60+30", nil},
		"same":         {func(r *Rundown) error { it, _ := r.Item(1); return r.Change("p", time.Time{}, it) }, "2:0+30 1:30+15 3:30+120 4:60+30", ErrRundownSame},
		"unknown":      {func(r *Rundown) error { return r.Drop("p", time.Time{}, 9) }, "2:0+30 1:30+15 3:30+120 4:60+30", ErrNoRundownItem},
		"drop":         {func(r *Rundown) error { return r.Drop("p", time.Time{}, 3) }, "2:0+30 1:30+15 4:60+30", nil},
		"shift":        {func(r *Rundown) error { _, err := r.Shift("p", time.Time{}, 30, 5, 1); return err }, "2:0+30 1:30+15 3:35+120 4:65+30", nil},
		"shift none":   {func(r *Rundown) error { _, err := r.Shift("p", time.Time{}, 90, 5, 0); return err }, "2:0+30 1:30+15 3:30+120 4:60+30", ErrRundownSame},
		"late":         {func(r *Rundown) error { _, err := r.Delay("p", time.Time{}, 10, 10); return err }, "2:0+40 1:40+15 3:40+120 4:70+30", nil},
		"late beside":  {func(r *Rundown) error { _, err := r.Delay("p", time.Time{}, 40, 10); return err }, "2:0+30 1:30+25 3:30+120 4:70+30", nil},
		"early":        {func(r *Rundown) error { _, err := r.Delay("p", time.Time{}, 28, -10); return err }, "2:0+28 1:28+15 3:28+120 4:58+30", nil},
		"last":         {func(r *Rundown) error { _, err := r.Delay("p", time.Time{}, 80, 10); return err }, "2:0+30 1:30+15 3:30+130 4:60+40", nil},
		"before":       {func(r *Rundown) error { _, err := r.Delay("p", time.Time{}, -999, 10); return err }, "2:10+30 1:40+15 3:40+120 4:70+30", nil},
		"over":         {func(r *Rundown) error { _, err := r.Delay("p", time.Time{}, 999, 10); return err }, "2:0+30 1:30+15 3:30+120 4:60+30", ErrRundownSame},
		"other's undo": {func(r *Rundown) error { return r.Undo("p", time.Time{}, 7) }, "2:0+30 1:30+15 3:30+120 4:60+30", ErrRundownChanged},
		"undo":         {func(r *Rundown) error { return r.Undo("p", time.Time{}, 1) }, "", nil},
		"along": {func(r *Rundown) error {
			it, _ := r.Item(2)
			it.Minutes = 40
			if err := r.Change("p", time.Time{}, it); err != nil {
				return err
			}
			if _, err := r.ShiftAlong("p", time.Time{}, r.Rev, 0, 10, 2); err != nil {
				return err
			}
			if got := show(r); got != "2:0+40 1:40+15 3:40+120 4:70+30" {
				t.Errorf("along: %s", got)
			}
			return r.Undo("p", time.Time{}, r.Rev) // both
		}, "2:0+30 1:30+15 3:30+120 4:60+30", nil},
	} {
		r := drawnUp(t)
		if err := c.do(r); !errors.Is(err, c.err) || show(r) != c.want {
			t.Errorf("%s: %s, %v; want %s, %v", name, show(r), err, c.want, c.err)
		}
	}
}

func TestRundownFaults(t *testing.T) {
	t.Parallel()
	r := drawnUp(t)
	if f := r.Faults(); len(f) != 0 { // Tari ends at 45, Bazar fills the time beside it
		t.Errorf("faults: %+v", f)
	}
	for name, c := range map[string]struct {
		it   RundownItem
		want string
	}{
		"one place":     {RundownItem{N: 4, Start: 40, Minutes: 30, Title: "Musik", Place: "PANGGUNG"}, "overlap Tari Musik 5"},
		"another place": {RundownItem{N: 4, Start: 40, Minutes: 30, Title: "Musik", Place: "Tenda"}, ""},
		"one performer": {RundownItem{N: 4, Start: 40, Minutes: 30, Title: "Musik", Place: "Tenda", Cast: []Performing{{Name: "Sanggar Mekar", PersonID: "m"}}}, "person Tari Musik 5"},
		"a gap":         {RundownItem{N: 4, Start: 160, Minutes: 30, Title: "Musik", Place: "Panggung"}, "gap Bazar Musik 10"},
	} {
		r := drawnUp(t)
		if err := r.Change("p", time.Time{}, c.it); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range r.Faults() {
			got = append(got, fmt.Sprintf("%s %s %s %d", f.Kind, f.A.Title, f.B.Title, f.Minutes))
		}
		if strings.Join(got, "; ") != c.want {
			t.Errorf("%s: %v; want %q", name, got, c.want)
		}
	}
}

// TestRundownMoved: whatever is done, an item whose start changed is told anew,
// and undoing brings all times back.
func TestRundownMoved(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := &Rundown{ID: "e"}
		if _, err := r.Add("p", time.Time{}, []RundownItem{{Minutes: 10}, {Start: 10, Minutes: 20}, {Start: 30, Minutes: 5}}); err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 8).Draw(t, "n") {
			before := slices.Clone(r.Items)
			at, by := rapid.IntRange(-5, 60).Draw(t, "at"), rapid.IntRange(-20, 20).Draw(t, "by")
			var err error
			switch rapid.IntRange(0, 2).Draw(t, "what") {
			case 0:
				_, err = r.Delay("p", time.Time{}, at, by)
			case 1:
				_, err = r.Shift("p", time.Time{}, at, by, 2)
			default:
				it := r.Items[rapid.IntRange(0, 2).Draw(t, "item")]
				it.Start += by
				err = r.Change("p", time.Time{}, it)
			}
			for _, was := range before {
				is, _ := r.Item(was.N)
				if (is.Start != was.Start) != (is.Moved > was.Moved) || is.Minutes < 1 {
					t.Fatalf("%+v became %+v", was, is)
				}
			}
			if err != nil {
				continue
			}
			if rapid.Bool().Draw(t, "undo") {
				if err := r.Undo("p", time.Time{}, r.Rev); err != nil {
					t.Fatal(err)
				}
				for _, was := range before {
					if is, _ := r.Item(was.N); is.Start != was.Start || is.Minutes != was.Minutes {
						t.Fatalf("undone: %+v became %+v", was, is)
					}
				}
			}
		}
	})
}

func TestRundownForgets(t *testing.T) {
	t.Parallel()
	r := drawnUp(t)
	r.By = "m"
	if !r.Recast("m", "n") || r.Forget("m") != true || !r.Forget("n") || r.Forget("n") {
		t.Errorf("%+v", r)
	}
	if it, _ := r.Item(1); it.Who() != "" || r.By != "" {
		t.Errorf("%+v", it)
	}
}
