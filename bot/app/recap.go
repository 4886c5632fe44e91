package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// Recap counts the registrations of an event, for /rekap.
type Recap struct {
	Event     *event.Event
	At        time.Time
	Audiences []AudienceCount // in the order of event.Registrable
	Kecamatan []NamedCount    // confirmed ones, most first
	Days      []DayCount      // new registrations by calendar date, WIB, without gaps
	Total     int             // confirmed registrations
	Heads     int             // people they bring
	Power     int             // confirmed booths that want electricity
}

// AudienceCount counts one audience.
type AudienceCount struct {
	Audience                                         event.Audience
	Quota                                            event.Quota
	Confirmed, Pending, Waiting, Cancelled, Declined int // Waiting includes Offered and Reserve
	Heads                                            int // of the confirmed
	Booths                                           int // confirmed ones that want a booth
}

// NamedCount counts the confirmed registrations of a place.
type NamedCount struct {
	Name string
	N    int
}

// DayCount counts the registrations of a day.
type DayCount struct {
	Day time.Time
	N   int
}

// OutsideName stands for places outside Kabupaten Bogor in Recap.Kecamatan.
const OutsideName = "luar"

// Recap counts an event's registrations as they are now.
func (a *App) Recap(ctx context.Context, e *event.Event) (*Recap, error) {
	rc := &Recap{Event: e, At: a.Now()}
	by := map[event.Audience]*AudienceCount{}
	rc.Audiences = make([]AudienceCount, len(event.Registrable()))
	for i, aud := range event.Registrable() {
		rc.Audiences[i] = AudienceCount{Audience: aud, Quota: e.QuotaOf(aud)}
		by[aud] = &rc.Audiences[i]
	}
	kec, days := map[string]int{}, map[time.Time]int{}
	err := a.EachRegistration(ctx, storage.RegistrationQuery{EventID: e.ID}, func(r *event.Registration) error {
		c := by[r.Audience]
		if c == nil {
			return nil
		}
		days[event.Midnight(r.CreatedAt)]++
		switch r.Status {
		case event.Confirmed:
			rc.count(c, r, kec)
		case event.Pending:
			c.Pending++
		case event.Waiting, event.Offered, event.Reserve:
			c.Waiting++
		case event.Declined:
			c.Declined++
		default:
			c.Cancelled++
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("recap of %s: %w", e.ID, err)
	}
	for name, n := range kec {
		rc.Kecamatan = append(rc.Kecamatan, NamedCount{name, n})
	}
	slices.SortFunc(rc.Kecamatan, func(x, y NamedCount) int {
		if x.N != y.N {
			return y.N - x.N
		}
		return strings.Compare(x.Name, y.Name)
	})
	rc.Days = fillDays(days)
	return rc, nil
}

func (rc *Recap) count(c *AudienceCount, r *event.Registration, kec map[string]int) {
	c.Confirmed++
	c.Heads += r.Heads
	rc.Total++
	rc.Heads += r.Heads
	if r.WantsBooth() {
		c.Booths++
		if r.WantsPower() {
			rc.Power++
		}
	}
	switch {
	case r.Outside:
		kec[OutsideName]++
	case r.Kecamatan != "":
		kec[r.Kecamatan]++
	}
}

// fillDays puts days in order and the ones without registrations between.
func fillDays(days map[time.Time]int) []DayCount {
	if len(days) == 0 {
		return nil
	}
	var first, last time.Time
	for d := range days {
		if first.IsZero() || d.Before(first) {
			first = d
		}
		if d.After(last) {
			last = d
		}
	}
	var out []DayCount
	for d := first; !d.After(last); d = d.AddDate(0, 0, 1) {
		out = append(out, DayCount{d, days[d]})
	}
	return out
}

// Find looks registrations up by number, phone or words of the name (/cari),
// at most limit of them; more says that there are others.
func (a *App) Find(ctx context.Context, eventID, text, phone string, limit int) (found []*event.Registration, more bool, err error) {
	if r, err := a.store.Registrations().ByNumber(ctx, strings.ToUpper(strings.TrimSpace(text))); err == nil {
		return []*event.Registration{r}, false, nil
	}
	q := storage.RegistrationQuery{EventID: eventID, Limit: limit + 1}
	if phone != "" {
		q.Phone = phone
	} else {
		q.Search = event.Fold(text)
	}
	page, _, err := a.store.Registrations().List(ctx, q)
	if err != nil {
		return nil, false, fmt.Errorf("search %q: %w", text, err)
	}
	if len(page) > limit {
		return page[:limit], true, nil
	}
	return page, false, nil
}

// ByNumber finds a registration by its number, or by the number's last digits
// within an event ("17" is EMK-2027-0017).
func (a *App) ByNumber(ctx context.Context, e *event.Event, text string) (*event.Registration, error) {
	text = strings.ToUpper(strings.TrimSpace(text))
	var n int64
	if _, err := fmt.Sscanf(text, "%d", &n); err == nil && len(text) <= 6 && n > 0 {
		text = event.Number(e.ID, n)
	}
	return a.store.Registrations().ByNumber(ctx, text)
}
