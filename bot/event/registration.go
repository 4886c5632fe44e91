package event

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Registration is one participant's entry in one event.
type Registration struct {
	ID       string            `json:"id"` // that of the draft it came from
	Version  int64             `json:"version"`
	Number   string            `json:"number"` // EMK-2027-0001: unique, never reused
	EventID  string            `json:"eventId"`
	PersonID string            `json:"personId"` // who registered it; a pendamping has several
	Audience Audience          `json:"audience"`
	Form     int               `json:"form"`
	Distinct bool              `json:"distinct,omitempty"` // the person's word that another business bears the same name
	Source   string            `json:"source,omitempty"`   // the link that they came by: SourceLink, PostSource; "" none
	Answers  map[string]string `json:"answers"`

	// Derived from Answers by Derive, for lists, searches and recaps.
	Name      string `json:"name"`
	Contact   string `json:"contact"`
	Phone     string `json:"phone"` // E.164 or ""
	Kecamatan string `json:"kecamatan"`
	Desa      string `json:"desa"`
	Outside   bool   `json:"outside"`
	Heads     int    `json:"heads"`
	Search    string `json:"search"` // Fold of all that /cari looks through
	Key       string `json:"key"`    // unique: keeps one business from standing twice in one event

	Status     Status     `json:"status"`
	StatusAt   time.Time  `json:"statusAt"`
	Reason     string     `json:"reason,omitempty"`     // why it was declined or cancelled
	Place      int        `json:"place,omitempty"`      // its place within the quota; for UKM the booth number; 0: none
	QueuedAt   *time.Time `json:"queuedAt,omitempty"`   // since when it waits for a place
	OfferUntil *time.Time `json:"offerUntil,omitempty"` // Offered: until when the place is held
	// Tell is a change of status that its person has not been told yet; the
	// planner queues the message and clears it.
	Tell      Status    `json:"tell,omitempty"`
	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`
}

// Status of a registration:
//
//	          ┌──────────────► Confirmed ──► Cancelled
//	(new) ────┼─► Pending ─► (Confirmed │ Declined │ Reserve)
//	          └─► Waiting ─► Offered ─► (Confirmed │ Lapsed)
//
// Whatever is not final may be cancelled. Move enforces it.
type Status string

// Registration states.
const (
	Pending   Status = "pending"   // the team decides (/kurasi)
	Reserve   Status = "reserve"   // kept by the team in case a place frees up
	Waiting   Status = "waiting"   // on the waiting list
	Offered   Status = "offered"   // a freed place is held for them until OfferUntil
	Lapsed    Status = "lapsed"    // the offer was not taken in time
	Confirmed Status = "confirmed" // takes part
	Declined  Status = "declined"  // by the team, with a reason
	Cancelled Status = "cancelled" // by themselves or the team
)

var moves = map[Status][]Status{
	"":        {Pending, Confirmed, Waiting},
	Pending:   {Confirmed, Declined, Reserve, Cancelled},
	Reserve:   {Confirmed, Declined, Cancelled},
	Waiting:   {Offered, Confirmed, Cancelled},
	Offered:   {Confirmed, Lapsed, Cancelled},
	Lapsed:    {Waiting, Confirmed, Cancelled},
	Declined:  {Confirmed, Reserve},
	Confirmed: {Cancelled},
}

// Move changes the status, if the drawing above allows it.
func (r *Registration) Move(to Status, at time.Time, reason string) error {
	for _, s := range moves[r.Status] {
		if s == to {
			r.Status, r.StatusAt, r.Reason, r.UpdatedAt = to, at, reason, at
			if to != Offered {
				r.OfferUntil = nil
			}
			return nil
		}
	}
	return fmt.Errorf("registration %s cannot go from %q to %q", r.Number, r.Status, to)
}

// Active reports whether the registration still stands.
func (s Status) Active() bool { return s != Cancelled && s != Declined }

// HoldsPlace reports whether the status keeps a place of the quota.
func (s Status) HoldsPlace() bool { return s == Confirmed || s == Offered }

// NeedsPlace reports whether the registration counts against its quota: for
// UKM the quota counts booths, for the others registrations.
func (r *Registration) NeedsPlace() bool { return r.Audience != UKM || r.WantsBooth() }

// WantsBooth reports whether a booth was asked for.
func (r *Registration) WantsBooth() bool {
	b := r.Answers[KeyBooth]
	return b == BoothPlain || b == BoothPower
}

// WantsPower reports whether electricity was asked for.
func (r *Registration) WantsPower() bool { return r.Answers[KeyBooth] == BoothPower }

// Derive fills the derived fields from Answers and Status.
func (r *Registration) Derive() {
	a := r.Answers
	r.Name = a[KeyName]
	r.Contact = a[KeyOwner]
	if r.Contact == "" {
		r.Contact = a[KeyContact]
	}
	if r.Contact == "" {
		r.Contact = a[KeyName]
	}
	r.Phone = a[KeyPhone]
	loc := ParseLocality(a[KeyLocation])
	r.Kecamatan, r.Desa, r.Outside = loc.Kecamatan, loc.Desa, loc.Outside
	r.Heads, _ = strconv.Atoi(a[KeyHeads])
	r.Heads = max(r.Heads, 1)
	r.Search = Fold(strings.Join([]string{r.Number, r.Name, r.Contact, r.Phone, r.Kecamatan, r.Desa, a[KeyProduct], a[KeyNIB], a[KeyLegal]}, " "))
	r.Key = r.key()
}

// key is what may stand only once in an event. A visitor is a person, so two
// of the same name may come from one kecamatan; a business is its legal
// number where there is one, else its name and place.
func (r *Registration) key() string {
	if !r.Status.Active() {
		return r.ID
	}
	var id string
	switch {
	case r.Audience == Public:
		id = r.PersonID + "/" + Squeeze(r.Name)
	case r.Answers[KeyNIB] != "":
		id = "nib/" + r.Answers[KeyNIB]
	case r.Answers[KeyLegal] != "":
		id = "bh/" + Squeeze(r.Answers[KeyLegal])
	default:
		id = Squeeze(r.Name) + "/" + Squeeze(r.Answers[KeyLocation])
	}
	if r.Distinct {
		id += "#" + r.ID
	}
	return r.EventID + "/" + string(r.Audience) + "/" + id
}

// Fold makes texts comparable for searching: lower case, single spaces.
func Fold(s string) string { return strings.Join(strings.Fields(strings.ToLower(s)), " ") }

// Squeeze keeps letters and digits only, in lower case, so that "Kopi-Maju"
// and "kopi maju" are one name.
func Squeeze(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}
