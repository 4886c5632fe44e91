package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// seenEvery is how exactly Person.SeenAt is kept: a write per message would
// be waste.
const seenEvery = time.Hour

// Identify finds who wrote a message, and makes their acquaintance if they
// are new.
func (a *App) Identify(ctx context.Context, in channel.Inbound) (*event.Person, error) {
	key := event.AccountKey(string(in.Chat.Channel), in.Sender.ID)
	var p *event.Person
	err := retryConflict(ctx, func() error {
		var err error
		p, err = a.store.People().ByAccount(ctx, key)
		adopted := false
		if errors.Is(err, storage.ErrNotFound) && in.Sender.AltID != "" {
			if p, err = a.byOtherName(ctx, in, key); err == nil {
				adopted = true
			}
		}
		if errors.Is(err, storage.ErrNotFound) {
			if p, adopted, err = a.adopt(ctx, in, key); err == nil && !adopted {
				p = &event.Person{ID: key, CreatedAt: a.Now(), Accounts: []event.Account{{Key: key}}}
			}
		}
		if err != nil {
			return err
		}
		if !a.refresh(p, key, in) && !adopted {
			return nil
		}
		return a.store.People().Save(ctx, p)
	})
	if err != nil {
		return nil, fmt.Errorf("identify %s: %w", key, err)
	}
	return p, nil
}

// byOtherName finds the person whom the network knew under the sender's second
// identity, such as WhatsApp under a phone number before it told the LID. Their
// account goes by the first from now on.
func (a *App) byOtherName(ctx context.Context, in channel.Inbound, key string) (*event.Person, error) {
	other := event.AccountKey(string(in.Chat.Channel), in.Sender.AltID)
	p, err := a.store.People().ByAccount(ctx, other)
	if err != nil {
		return nil, err
	}
	acc := p.Account(other)
	acc.Key = key
	if acc.Chat != "" && !in.Group {
		acc.Chat = in.Chat.String()
	}
	return p, nil
}

// refresh brings p up to what the message shows; it reports whether anything
// is worth a write.
func (a *App) refresh(p *event.Person, key string, in channel.Inbound) bool {
	changed := p.Version == 0
	acc := p.Account(key)
	set := func(field *string, value string) {
		if value != "" && *field != value {
			*field, changed = value, true
		}
	}
	if !in.Group {
		set(&acc.Chat, in.Chat.String())
		if acc.Blocked != nil && in.Kind != channel.Left {
			acc.Blocked, changed = nil, true
		}
	}
	set(&acc.Username, in.Sender.Username)
	if p.Name == "" {
		set(&p.Name, in.Sender.Name)
	}
	if p.Phone == "" {
		set(&p.Phone, in.Sender.Phone)
	}
	if now := a.Now(); now.Sub(p.SeenAt) > seenEvery {
		p.SeenAt, changed = now, true
	}
	return changed
}

// UpdatePerson changes a person with compare-and-set; change may be called
// several times.
func (a *App) UpdatePerson(ctx context.Context, id string, change func(p *event.Person)) (*event.Person, error) {
	var p *event.Person
	err := retryConflict(ctx, func() error {
		var err error
		if p, err = a.store.People().Get(ctx, id); err != nil {
			return err
		}
		change(p)
		return a.store.People().Save(ctx, p)
	})
	if err != nil {
		return nil, fmt.Errorf("update person %s: %w", id, err)
	}
	return p, nil
}

// Consent stores a person's yes to keeping their data (UU PDP).
func (a *App) Consent(ctx context.Context, by Actor) (*event.Person, error) {
	p, err := a.UpdatePerson(ctx, by.Person.ID, func(p *event.Person) {
		p.Consent = &event.Consent{At: a.Now(), Wording: event.ConsentWording}
	})
	if err != nil {
		return nil, err
	}
	return p, a.record(ctx, by, "consent.give", "", fmt.Sprintf("wording %d", event.ConsentWording))
}

// Stop ends all unasked sending to a person, on every channel.
func (a *App) Stop(ctx context.Context, by Actor) (*event.Person, error) {
	return a.setStopped(ctx, by, "person.stop", true)
}

// Resume takes a Stop back.
func (a *App) Resume(ctx context.Context, by Actor) (*event.Person, error) {
	return a.setStopped(ctx, by, "person.resume", false)
}

func (a *App) setStopped(ctx context.Context, by Actor, action string, stopped bool) (*event.Person, error) {
	p, err := a.UpdatePerson(ctx, by.Person.ID, func(p *event.Person) {
		p.StoppedAt = nil
		if stopped {
			now := a.Now()
			p.StoppedAt = &now
		}
	})
	if err != nil {
		return nil, err
	}
	if err := a.stopInEvents(ctx, p.ID, stopped); err != nil {
		return nil, err
	}
	return p, a.record(ctx, by, action, "", "")
}

// stopInEvents takes somebody who wants to hear nothing any more off the call
// lists of all events to come, and opens those again for who takes that back.
func (a *App) stopInEvents(ctx context.Context, personID string, stopped bool) error {
	up, err := a.Upcoming(ctx)
	if err != nil {
		return err
	}
	for _, e := range up {
		_, err := a.updateParticipation(ctx, event.ParticipationID(e.ID, personID), func(p *event.Participation) error {
			switch {
			case stopped && p.Call == event.CallDue:
				p.Call, p.CallBy = event.NoCall, ""
			case !stopped && p.Closed == event.Stopped:
				p.Closed = event.StillOpen
			default:
				return errUnchanged
			}
			return nil
		})
		if err != nil && !errors.Is(err, errUnchanged) && !errors.Is(err, storage.ErrNotFound) {
			return fmt.Errorf("stop %s in %s: %w", personID, e.ID, err)
		}
	}
	return nil
}

// StopGuest is Stop for a guest who asked a team member, or by mail; resume
// takes that back.
func (a *App) StopGuest(ctx context.Context, by Actor, g *event.Participation, resume bool) error {
	_, err := a.UpdatePerson(ctx, g.PersonID, func(p *event.Person) {
		switch now := a.Now(); {
		case resume:
			p.StoppedAt = nil
		case p.StoppedAt == nil:
			p.StoppedAt = &now
		}
	})
	if err != nil {
		return fmt.Errorf("stop guest: %w", err)
	}
	if err := a.stopInEvents(ctx, g.PersonID, !resume); err != nil {
		return err
	}
	action := "guest.stop"
	if resume {
		action = "guest.resume"
	}
	return a.record(ctx, by, action, g.Name, "")
}

// MarkBlocked notes that a person's account refuses our messages.
func (a *App) MarkBlocked(ctx context.Context, chat channel.Chat, personID string) error {
	if personID == "" {
		chats, err := a.store.Chats().Get(ctx, chat.String())
		if errors.Is(err, storage.ErrNotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("mark %s as blocked: %w", chat, err)
		}
		personID = chats.PersonID
	}
	if personID == "" {
		return nil // a group
	}
	_, err := a.UpdatePerson(ctx, personID, func(p *event.Person) {
		for i := range p.Accounts {
			if p.Accounts[i].Chat == chat.String() {
				now := a.Now()
				p.Accounts[i].Blocked = &now
			}
		}
	})
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	return err
}

// PersonalData is all that is kept about a person.
type PersonalData struct {
	Person         *event.Person
	Registrations  []*event.Registration
	Participations []*event.Participation
	Surveys        []*event.SurveyReply
	Draft          *event.Draft
}

// DataOf collects what is kept about a person, for /datasaya.
func (a *App) DataOf(ctx context.Context, p *event.Person) (PersonalData, error) {
	d := PersonalData{Person: p}
	err := a.EachRegistration(ctx, storage.RegistrationQuery{PersonID: p.ID}, func(r *event.Registration) error {
		d.Registrations = append(d.Registrations, r)
		return nil
	})
	if err != nil {
		return d, fmt.Errorf("data of %s: %w", p.ID, err)
	}
	if d.Participations, err = a.participationsOf(ctx, p.ID); err != nil {
		return d, fmt.Errorf("data of %s: %w", p.ID, err)
	}
	if d.Surveys, err = a.surveysOf(ctx, d.Participations); err != nil {
		return d, fmt.Errorf("data of %s: %w", p.ID, err)
	}
	chats, err := a.store.Chats().OfPerson(ctx, p.ID)
	if err != nil {
		return d, fmt.Errorf("data of %s: %w", p.ID, err)
	}
	for _, c := range chats {
		if c.Draft != nil && c.Draft.MovedTo == "" {
			d.Draft = c.Draft
		}
	}
	return d, nil
}

// DeletePerson deletes what is kept about a person (UU PDP, right to
// erasure): registrations with their places and photos, their part in events,
// what they wrote and were sent, other chats' memory, and the person. The chat of the request itself is the caller's to clear. A
// team member keeps the account and the role, since the audit trail needs
// them. It reports how many registrations went.
func (a *App) DeletePerson(ctx context.Context, by Actor) (int, error) {
	d, err := a.DataOf(ctx, by.Person)
	if err != nil {
		return 0, err
	}
	if err := a.redactTrail(ctx, by, d); err != nil { // first: it goes by what is deleted
		return 0, fmt.Errorf("delete data: %w", err)
	}
	for _, r := range d.Registrations {
		if err := a.deleteRegistration(ctx, r); err != nil {
			return 0, fmt.Errorf("delete data: %w", err)
		}
	}
	a.stir() // places came free
	if err := a.forgetColdNumbers(ctx, d.Participations); err != nil {
		return 0, fmt.Errorf("delete data: %w", err)
	}
	if err := a.DropDraft(ctx, d.Draft); err != nil {
		return 0, fmt.Errorf("delete data: draft: %w", err)
	}
	if err := a.forgetSurveys(ctx, by.Person.ID); err != nil { // by the participations
		return 0, fmt.Errorf("delete data: %w", err)
	}
	if err := a.forgetParticipations(ctx, by.Person.ID); err != nil {
		return 0, fmt.Errorf("delete data: %w", err)
	}
	if err := a.forgetLetters(ctx, by.Person.ID); err != nil {
		return 0, fmt.Errorf("delete data: %w", err)
	}
	if !by.Person.Role.Staff() {
		if err := a.forgetInTasks(ctx, by.Person.ID); err != nil {
			return 0, fmt.Errorf("delete data: %w", err)
		}
		if err := a.forgetNotes(ctx, by.Person.ID); err != nil {
			return 0, fmt.Errorf("delete data: %w", err)
		}
		if err := a.forgetInProgram(ctx, by.Person.ID); err != nil {
			return 0, fmt.Errorf("delete data: %w", err)
		}
		if err := a.forgetOnTheDay(ctx, by.Person.ID); err != nil {
			return 0, fmt.Errorf("delete data: %w", err)
		}
	}
	if err := a.forgetMessages(ctx, by); err != nil {
		return 0, err
	}
	if err := a.forgetChats(ctx, by); err != nil {
		return 0, err
	}
	// The trail says that data were deleted, and no more than that.
	anonymous := by
	if !by.Person.Role.Staff() {
		anonymous.Person, anonymous.Chat = nil, ""
	}
	if err := a.record(ctx, anonymous, "person.delete", "", fmt.Sprintf("%d registrations", len(d.Registrations))); err != nil {
		return 0, err
	}
	if by.Person.Role.Staff() {
		_, err := a.UpdatePerson(ctx, by.Person.ID, func(p *event.Person) { p.Phone, p.Consent = "", nil })
		return len(d.Registrations), err
	}
	if err := a.store.People().Delete(ctx, by.Person.ID); err != nil && !errors.Is(err, storage.ErrNotFound) {
		return 0, fmt.Errorf("delete data: %w", err)
	}
	return len(d.Registrations), nil
}

// redactTrail takes what a person said of themselves out of the audit trail:
// the values of their answers, and their name. That something was done stays;
// so does what a team member did for the office.
func (a *App) redactTrail(ctx context.Context, by Actor, d PersonalData) error {
	id := by.Person.ID
	if by.Person.Role.Staff() {
		id = ""
	}
	var numbers, names []string
	for _, r := range d.Registrations {
		numbers = append(numbers, r.Number)
	}
	for _, p := range d.Participations {
		names = append(names, p.Name)
	}
	_, err := a.store.Audit().Redact(ctx, id, numbers, names)
	return err
}

func (a *App) forgetChats(ctx context.Context, by Actor) error {
	chats, err := a.store.Chats().OfPerson(ctx, by.Person.ID)
	if err != nil {
		return fmt.Errorf("delete data: %w", err)
	}
	for _, c := range chats {
		if c.ID == by.Chat {
			continue
		}
		if err := a.store.Chats().Delete(ctx, c.ID); err != nil && !errors.Is(err, storage.ErrNotFound) {
			return fmt.Errorf("delete data: chat %s: %w", c.ID, err)
		}
	}
	return nil
}

// forgetMessages deletes what the person wrote and was sent. The message that
// asks for it is not done yet and goes with the inbox's clean-up.
func (a *App) forgetMessages(ctx context.Context, by Actor) error {
	keys := []string{by.Chat}
	for _, acc := range by.Person.Accounts {
		if acc.Chat != "" && acc.Chat != by.Chat {
			keys = append(keys, acc.Chat)
		}
	}
	for _, key := range keys {
		chat, err := channel.ParseChat(key)
		if err != nil {
			continue // not from a chat
		}
		if _, err := a.store.Inbox().Erase(ctx, chat); err != nil {
			return fmt.Errorf("delete data: inbox: %w", err)
		}
	}
	if _, err := a.store.Outbox().Erase(ctx, by.Person.ID); err != nil {
		return fmt.Errorf("delete data: outbox: %w", err)
	}
	if _, err := a.store.Questions().Erase(ctx, by.Person.ID); err != nil {
		return fmt.Errorf("delete data: questions: %w", err)
	}
	return nil
}
