package app

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/guestlist"
	"github.com/diskopukm/emileku/storage"
)

// Standing is how a row of a guest list stands to what is known.
type Standing string

// Standings. The values name texts.
const (
	StandsNew     Standing = "new"     // nobody of that number, address or handle
	StandsKnown   Standing = "known"   // a person we know, not in this event yet
	StandsAlready Standing = "already" // in this event: nothing is written
	StandsDoubt   Standing = "doubt"   // may be somebody who is here already: see Doubles
)

// PlannedGuest is one row and what would be done with it.
type PlannedGuest struct {
	Row      guestlist.Row
	Standing Standing
	PersonID string     // whom it is put down to
	Others   []string   // StandsDoubt: people who may be the same
	Twin     *KnownName // who that is, by the name that we know; nil for StandsNew
	// Completes: the guest is in the event (StandsAlready), and the row has
	// something that we do not know of them yet. It is filled in.
	Completes bool
	// Corrects: what it has is put in place of a contact that leads nowhere
	// (Completes, too); nil for nothing.
	Corrects *Correction
	// HandleOnly: a Telegram name is all there is, and nobody of that name has
	// written yet, so nothing reaches them before they press Start.
	HandleOnly bool
}

// KnownName is somebody whom a row may be.
type KnownName struct {
	Name, Organisation string
	Other              bool // they are called otherwise than the row says
}

// Taken reports whether the row's contact belongs to a guest of another name:
// then nothing is written, for a number is one person's.
func (g *PlannedGuest) Taken() bool {
	return g.Standing == StandsAlready && g.Twin != nil && g.Twin.Other
}

// Plan is what an import would do; CheckGuests makes it and nothing is written
// before ImportGuests.
type Plan struct {
	EventID string
	Guests  []PlannedGuest // rows without faults
	Counts  map[Standing]int
	// ByAudience counts those that would be written.
	ByAudience map[event.Audience]int
	Handles    int // HandleOnly
	Taken      int // Taken: their contact is another guest's
	Completes  int
	Corrects   int // of Completes: a contact that leads nowhere is replaced
}

// Writes is how many guests would be added to the event.
func (p *Plan) Writes() int { return len(p.Guests) - p.Counts[StandsAlready] }

// Changes is how many guests would be added or completed.
func (p *Plan) Changes() int { return p.Writes() + p.Completes }

// guestPrefix begins the ID of a person whom we know from a list only.
const guestPrefix = "guest:"

// guestID is the natural ID of a person on a list, so that the same list again
// makes nobody twice. It is hashed, since IDs stand in logs.
func guestID(r *guestlist.Row) string {
	var key string
	switch {
	case r.WhatsApp != "":
		key = "phone/" + r.WhatsApp
	case r.Email != "":
		key = "email/" + r.Email
	case r.Telegram != "":
		key = "telegram/" + strings.ToLower(r.Telegram)
	default:
		key = "name/" + guestlist.BareName(r.Name) + "/" + event.Squeeze(r.Organisation) + "/" + event.Squeeze(r.Position)
	}
	sum := sha256.Sum256([]byte(key))
	return guestPrefix + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:15]))
}

// handleAccount is the account of a Telegram name that has not written yet.
func handleAccount(handle string) event.Account {
	return event.Account{Key: event.AccountKey(string(channel.Telegram), "@"+strings.ToLower(handle)), Username: handle}
}

// CheckGuests compares the rows without faults with what is known, and writes
// nothing.
func (a *App) CheckGuests(ctx context.Context, eventID string, rows []guestlist.Row) (*Plan, error) {
	here, err := a.guestIndex(ctx, eventID)
	if err != nil {
		return nil, fmt.Errorf("check guests: %w", err)
	}
	p := &Plan{EventID: eventID, Counts: map[Standing]int{}, ByAudience: map[event.Audience]int{}}
	for i := range rows {
		if len(rows[i].Faults) > 0 {
			continue
		}
		g := PlannedGuest{Row: rows[i]}
		if err := a.place(ctx, here, &g); err != nil {
			return nil, fmt.Errorf("check guests: row %d: %w", g.Row.Line, err)
		}
		p.Guests = append(p.Guests, g)
		p.Counts[g.Standing]++
		switch {
		case g.Taken():
			p.Taken++
		case g.Completes:
			p.Completes++
			if g.Corrects != nil {
				p.Corrects++
			}
		}
		if g.Standing == StandsAlready {
			continue
		}
		p.ByAudience[g.Row.Audience]++
		if g.HandleOnly {
			p.Handles++
		}
	}
	return p, nil
}

// place finds out who a row is.
func (a *App) place(ctx context.Context, here *guestIndex, g *PlannedGuest) error {
	found, err := a.peopleOf(ctx, g.Row.WhatsApp, g.Row.Email, g.Row.Telegram)
	if err != nil {
		return err
	}
	own := guestID(&g.Row)
	if p, err := a.store.People().Get(ctx, own); err == nil {
		found = append(found, p)
	} else if !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	var people []string
	add := func(id string) {
		if !slices.Contains(people, id) {
			people = append(people, id)
		}
	}
	for _, p := range found {
		add(p.ID)
	}
	for _, id := range here.byContact(&g.Row) {
		add(id)
	}
	g.HandleOnly = g.Row.Telegram != "" && g.Row.WhatsApp == "" && g.Row.Email == "" &&
		!slices.ContainsFunc(found, func(p *event.Person) bool { return p.PrivateChat() != "" })
	switch {
	case len(people) > 0:
		g.PersonID, g.Standing = people[0], StandsKnown
		for _, id := range people {
			if here.of[id] != nil {
				g.PersonID, g.Standing = id, StandsAlready
				break
			}
		}
		// Two people of one number or address: the row goes to one of them,
		// and they are offered for merging.
		if len(people) > 1 {
			g.Others = slices.DeleteFunc(slices.Clone(people), func(id string) bool { return id == g.PersonID })
			if g.Standing == StandsKnown {
				g.Standing = StandsDoubt
			}
		}
	default:
		g.PersonID, g.Standing = own, StandsNew
		if g.Others = here.similar(g.Row.Name, g.Row.Organisation, own); len(g.Others) > 0 {
			g.Standing = StandsDoubt
		}
	}
	g.Twin = here.twin(g, found)
	if p := here.of[g.PersonID]; p != nil && !g.Taken() {
		g.Completes = complete(new(*p), &g.Row)
	}
	return a.corrects(ctx, here, g)
}

// twin is whom we know the row's person as.
func (x *guestIndex) twin(g *PlannedGuest, found []*event.Person) *KnownName {
	id := g.PersonID
	if g.Standing == StandsNew {
		return nil
	}
	if g.Standing == StandsDoubt {
		id = g.Others[0]
	}
	var k KnownName
	if p := x.of[id]; p != nil {
		k.Name, k.Organisation = p.Name, p.Organisation
	} else if i := slices.IndexFunc(found, func(p *event.Person) bool { return p.ID == id }); i >= 0 {
		k.Name = found[i].Name
	}
	if k.Name == "" {
		return nil
	}
	k.Other = !guestlist.SamePerson(k.Name, g.Row.Name)
	return &k
}

// complete fills in what is not known of a guest yet, and reports whether there
// was anything. What they or an earlier list said stays.
func complete(p *event.Participation, r *guestlist.Row) (changed bool) {
	fill(&p.Organisation, r.Organisation, &changed)
	fill(&p.Position, r.Position, &changed)
	fill(&p.Salutation, r.Salutation, &changed)
	fill(&p.Kecamatan, r.Kecamatan, &changed)
	fill(&p.Phone, r.WhatsApp, &changed)
	fill(&p.Email, r.Email, &changed)
	fill(&p.Telegram, r.Telegram, &changed)
	return changed
}

// peopleOf lists those who have that number, address or handle, in that order.
func (a *App) peopleOf(ctx context.Context, phone, email, handle string) ([]*event.Person, error) {
	var out []*event.Person
	for _, look := range []struct {
		value string
		find  func(context.Context, string) ([]*event.Person, error)
	}{{phone, a.store.People().ByPhone}, {email, a.store.People().ByEmail}, {handle, a.store.People().ByUsername}} {
		if look.value == "" {
			continue
		}
		found, err := look.find(ctx, look.value)
		if err != nil {
			return nil, err
		}
		for _, p := range found {
			if !slices.ContainsFunc(out, func(o *event.Person) bool { return o.ID == p.ID }) {
				out = append(out, p)
			}
		}
	}
	return out, nil
}

// importBatch is how many participations are written at a time.
const importBatch = 500

// Imported says what an import did.
type Imported struct {
	People    int // newly known
	Guests    int // newly in the event
	Completed int // in the event before; something was filled in or put right
	Corrected int // of Completed: a contact that led nowhere was replaced
}

// ImportGuests writes what a plan says: people first, then their part in the
// event. Running it again, also after a crash within, changes nothing more.
func (a *App) ImportGuests(ctx context.Context, by Actor, plan *Plan) (Imported, error) {
	var done Imported
	fresh := make([]*PlannedGuest, 0, len(plan.Guests))
	for i := range plan.Guests {
		g := &plan.Guests[i]
		switch {
		case g.Standing != StandsAlready:
			fresh = append(fresh, g)
		case g.Completes:
			ok, err := a.completeGuest(ctx, by, plan.EventID, g)
			if err != nil {
				return done, fmt.Errorf("import guests: row %d: %w", g.Row.Line, err)
			}
			if ok {
				done.Completed++
				if g.Corrects != nil {
					done.Corrected++
				}
			}
		}
	}
	for part := range slices.Chunk(fresh, importBatch) {
		n, err := a.rememberGuests(ctx, part)
		if err != nil {
			return done, fmt.Errorf("import guests: %w", err)
		}
		done.People += n
		ps := make([]*event.Participation, len(part))
		for i, g := range part {
			ps[i] = a.invited(plan.EventID, g.PersonID, &g.Row)
		}
		if n, err = a.store.Participations().AddAll(ctx, ps); err != nil {
			return done, fmt.Errorf("import guests: %w", err)
		}
		done.Guests += n
	}
	return done, a.record(ctx, by, "guests.import", plan.EventID, fmt.Sprintf("%d", plan.Changes()))
}

// completeGuest fills in what a row says of a guest who is in the event; ok is
// false where that has been said meanwhile.
func (a *App) completeGuest(ctx context.Context, by Actor, eventID string, g *PlannedGuest) (ok bool, err error) {
	if g.Corrects != nil {
		if err := a.correctPerson(ctx, by, eventID, g); err != nil {
			return false, err
		}
	}
	var p *event.Participation
	err = retryConflict(ctx, func() error {
		p, err = a.store.Participations().Get(ctx, event.ParticipationID(eventID, g.PersonID))
		if errors.Is(err, storage.ErrNotFound) {
			return nil // deleted since the dry run
		}
		if err != nil {
			return err
		}
		corrected := g.Corrects != nil && correct(p, &g.Row) != nil
		if ok = complete(p, &g.Row) || corrected; !ok {
			return nil
		}
		p.UpdatedAt = a.Now()
		p.Derive()
		return a.store.Participations().Save(ctx, p)
	})
	if err != nil || !ok {
		return false, err
	}
	if g.Corrects != nil && g.Corrects.Phone != "" { // there is somebody to ring now
		if err := a.callUnreached(ctx, p); err != nil {
			return false, err
		}
	}
	_, err = a.rememberGuest(ctx, g)
	return true, err
}

// invited is the part of a guest on a list.
func (a *App) invited(eventID, personID string, r *guestlist.Row) *event.Participation {
	p := &event.Participation{
		ID: event.ParticipationID(eventID, personID), EventID: eventID, PersonID: personID, Audience: r.Audience,
		Name: r.Name, Organisation: r.Organisation, Position: r.Position, Salutation: r.Salutation, Kecamatan: r.Kecamatan,
		Phone: r.WhatsApp, Email: r.Email, Telegram: r.Telegram, Code: newGuestCode(), CreatedAt: a.Now(), UpdatedAt: a.Now(),
	}
	p.Derive()
	return p
}

// rememberGuests is rememberGuest for many: whoever is new is written in one
// go, for a write each would take longer than all else of an import.
func (a *App) rememberGuests(ctx context.Context, guests []*PlannedGuest) (fresh int, err error) {
	ids := make([]string, len(guests))
	for i, g := range guests {
		ids[i] = g.PersonID
	}
	there, err := a.store.People().GetAll(ctx, ids)
	if err != nil {
		return 0, err
	}
	var made []*event.Person
	for _, g := range guests {
		if there[g.PersonID] != nil {
			continue
		}
		p := &event.Person{ID: g.PersonID, CreatedAt: a.Now(), SeenAt: a.Now()}
		if _, err := a.learn(ctx, p, &g.Row); err != nil {
			return 0, err
		}
		made = append(made, p)
	}
	if fresh, err = a.store.People().AddAll(ctx, made); err != nil {
		return fresh, err
	}
	added := map[string]bool{}
	for _, p := range made {
		added[p.ID] = added[p.ID] || p.Version > 0
	}
	for _, g := range guests {
		if added[g.PersonID] {
			continue
		}
		isNew, err := a.rememberGuest(ctx, g)
		if err != nil {
			return fresh, fmt.Errorf("row %d: %w", g.Row.Line, err)
		}
		if isNew {
			fresh++
		}
	}
	return fresh, nil
}

// rememberGuest makes the person of a row, or fills in what is not known of
// one yet. What they or an earlier list said stays.
func (a *App) rememberGuest(ctx context.Context, g *PlannedGuest) (fresh bool, err error) {
	r := &g.Row
	err = retryConflict(ctx, func() error {
		fresh = false
		p, err := a.store.People().Get(ctx, g.PersonID)
		if errors.Is(err, storage.ErrNotFound) {
			fresh = true
			p = &event.Person{ID: g.PersonID, CreatedAt: a.Now(), SeenAt: a.Now()}
		} else if err != nil {
			return err
		}
		changed, err := a.learn(ctx, p, r)
		if err != nil || !changed && !fresh {
			return err
		}
		return a.store.People().Save(ctx, p)
	})
	return fresh, err
}

// learn fills in what a row says of a person and is not known yet.
func (a *App) learn(ctx context.Context, p *event.Person, r *guestlist.Row) (changed bool, err error) {
	fill(&p.Name, r.Name, &changed)
	fill(&p.Phone, r.WhatsApp, &changed)
	fill(&p.Email, r.Email, &changed)
	if r.Telegram == "" || hasHandle(p, r.Telegram) {
		return changed, nil
	}
	// Somebody else of that handle stays who they are: see Doubles.
	owners, err := a.store.People().ByUsername(ctx, r.Telegram)
	if err != nil || len(owners) > 0 {
		return changed, err
	}
	p.Accounts = append([]event.Account{handleAccount(r.Telegram)}, p.Accounts...) // behind those that have a chat
	return true, nil
}

func hasHandle(p *event.Person, handle string) bool {
	return slices.ContainsFunc(p.Accounts, func(acc event.Account) bool { return strings.EqualFold(acc.Username, handle) })
}

// adopt gives the person on a list an account that now writes for the first
// time: under the Telegram name on the list, or from the number on it where
// the network proves the number. ok is false where nobody on a list fits.
// From now on they can be reached.
func (a *App) adopt(ctx context.Context, in channel.Inbound, key string) (p *event.Person, ok bool, err error) {
	if in.Chat.Channel == channel.Telegram && in.Sender.Username != "" {
		waiting := handleAccount(in.Sender.Username).Key
		p, err = a.store.People().ByAccount(ctx, waiting)
		if err == nil {
			p.Account(waiting).Key = key
			return p, true, nil
		}
		if !errors.Is(err, storage.ErrNotFound) {
			return nil, false, err
		}
	}
	if in.Sender.Phone == "" {
		return nil, false, nil
	}
	found, err := a.store.People().ByPhone(ctx, in.Sender.Phone)
	if err != nil {
		return nil, false, err
	}
	// A number that somebody typed proves nothing: only those who are on a
	// list and have never written are taken.
	found = slices.DeleteFunc(found, func(p *event.Person) bool { return !listedOnly(p) })
	if len(found) != 1 {
		return nil, false, nil
	}
	p = found[0]
	p.Accounts = append(p.Accounts, event.Account{Key: key})
	return p, true, nil
}

// listedOnly reports whether a person is known from a list alone and has never
// written.
func listedOnly(p *event.Person) bool {
	return strings.HasPrefix(p.ID, guestPrefix) && !slices.ContainsFunc(p.Accounts, func(acc event.Account) bool { return acc.Chat != "" })
}

// OwnNumber takes the number that a person showed to be theirs, by sharing their
// own contact: who is on a list with it and has never written is they. p is
// their part in the next event that they are a guest of, nil for none.
func (a *App) OwnNumber(ctx context.Context, by Actor, phone string) (p *event.Participation, e *event.Event, err error) {
	found, err := a.store.People().ByPhone(ctx, phone)
	if err != nil {
		return nil, nil, fmt.Errorf("own number: %w", err)
	}
	found = slices.DeleteFunc(found, func(p *event.Person) bool { return !listedOnly(p) })
	if len(found) == 1 {
		if _, err := a.Merge(ctx, by, by.Person.ID, found[0].ID); err != nil {
			return nil, nil, fmt.Errorf("own number: %w", err)
		}
	}
	if _, err := a.UpdatePerson(ctx, by.Person.ID, func(p *event.Person) { p.Phone = phone }); err != nil {
		return nil, nil, fmt.Errorf("own number: %w", err)
	}
	up, err := a.Upcoming(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("own number: %w", err)
	}
	for _, e := range up {
		if p, err = a.GuestOf(ctx, e.ID, by.Person.ID); err != nil || p != nil {
			return p, e, err
		}
	}
	return nil, nil, nil
}

// OpenLink follows the link of an invitation (/start CODE): whoever opens the
// link of a guest who has never written is that guest, and their other account
// joins them. Where the guest is somebody else already, the link was passed
// on: own is false. storage.ErrNotFound for a code that opens nothing.
func (a *App) OpenLink(ctx context.Context, by Actor, code string) (p *event.Participation, own bool, err error) {
	if p, err = a.GuestByCode(ctx, code); err != nil {
		return nil, false, err
	}
	if p.PersonID == by.Person.ID {
		return p, true, nil
	}
	guest, err := a.store.People().Get(ctx, p.PersonID)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return nil, false, fmt.Errorf("open link: %w", err)
	}
	if err == nil && !listedOnly(guest) || by.Person.Role.Staff() {
		return p, false, nil // team members try links out
	}
	if _, err := a.Merge(ctx, by, by.Person.ID, p.PersonID); err != nil {
		return nil, false, fmt.Errorf("open link: %w", err)
	}
	if p, err = a.store.Participations().Get(ctx, event.ParticipationID(p.EventID, by.Person.ID)); err != nil {
		return nil, false, fmt.Errorf("open link: %w", err)
	}
	return p, true, nil
}

// GuestOf is a person's part in an event; nil if they have none.
func (a *App) GuestOf(ctx context.Context, eventID, personID string) (*event.Participation, error) {
	p, err := a.store.Participations().Get(ctx, event.ParticipationID(eventID, personID))
	if errors.Is(err, storage.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("guest: %w", err)
	}
	return p, nil
}
