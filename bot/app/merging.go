package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// Errors of Merge.
var (
	// ErrSamePerson: there is nobody to merge.
	ErrSamePerson = errors.New("the two are one person already")
	// ErrMergeStaff: only the lead may merge somebody of the team, since the
	// other one's accounts get their role.
	ErrMergeStaff = errors.New("only the lead merges a team member")
)

// settingMerge + the ID of a person who is merged into another: what is under
// way, so that it can be finished after a crash.
const settingMerge = "merge/"

// merging is the person who goes, as they were. Done once all is moved.
type merging struct {
	Keep  string       `json:"keep"`
	Other event.Person `json:"other"`
	Done  bool         `json:"done"`
}

// Merge makes two people one: everything of other's becomes keep's. It is
// written down first and can be run again after a crash at any point; done
// twice is done once. What both have stays keep's.
func (a *App) Merge(ctx context.Context, by Actor, keep, other string) (*event.Person, error) {
	if keep == other {
		return nil, ErrSamePerson
	}
	m, err := a.beginMerge(ctx, by, keep, other)
	if err != nil {
		return nil, fmt.Errorf("merge: %w", err)
	}
	if !m.Done {
		for _, step := range []func(context.Context, *merging) error{a.moveRegistrations, a.moveParticipations, a.moveLetters, a.moveCast, a.moveChats, a.movePerson} {
			if err := step(ctx, m); err != nil {
				return nil, fmt.Errorf("merge: %w", err)
			}
		}
		m.Done, m.Other = true, event.Person{ID: other} // nothing personal is left behind
		if err := a.store.Settings().Put(ctx, settingMerge+other, m); err != nil {
			return nil, fmt.Errorf("merge: %w", err)
		}
	}
	p, err := a.store.People().Get(ctx, keep)
	if err != nil {
		return nil, fmt.Errorf("merge: %w", err)
	}
	return p, a.record(ctx, by, "person.merge", keep, other)
}

// beginMerge reads what is under way, or writes it down.
func (a *App) beginMerge(ctx context.Context, by Actor, keep, other string) (*merging, error) {
	p, err := a.store.People().Get(ctx, keep)
	if err != nil {
		return nil, err
	}
	gone, err := a.store.People().Get(ctx, other)
	var m merging
	before := a.store.Settings().Get(ctx, settingMerge+other, &m)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		if before == nil && m.Keep == keep {
			return &m, nil // it went already
		}
		return nil, err
	case err != nil:
		return nil, err
	}
	if (p.Role.Staff() || gone.Role.Staff()) && by.Person.Role != event.Lead && !(keep == by.Person.ID && listedOnly(gone)) {
		return nil, ErrMergeStaff
	}
	if before == nil && !m.Done && m.Keep == keep {
		return &m, nil
	}
	if before != nil && !errors.Is(before, storage.ErrNotFound) {
		return nil, before
	}
	m = merging{Keep: keep, Other: *gone}
	return &m, a.store.Settings().Put(ctx, settingMerge+other, m)
}

func (a *App) moveRegistrations(ctx context.Context, m *merging) error {
	var all []*event.Registration
	err := a.EachRegistration(ctx, storage.RegistrationQuery{PersonID: m.Other.ID}, func(r *event.Registration) error {
		all = append(all, r)
		return nil
	})
	if err != nil {
		return fmt.Errorf("registrations: %w", err)
	}
	for _, r := range all {
		if err := a.moveRegistration(ctx, r, m.Keep); err != nil {
			return fmt.Errorf("registration %s: %w", r.Number, err)
		}
	}
	return nil
}

// moveRegistration gives a registration its new person. A visitor's key holds
// the person: where keep has one of that name, too, both stay, as different
// ones that the team may look at.
func (a *App) moveRegistration(ctx context.Context, r *event.Registration, keep string) error {
	distinct := false
	return retryConflict(ctx, func() error {
		fresh, err := a.store.Registrations().Get(ctx, r.ID)
		if errors.Is(err, storage.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		fresh.PersonID = keep
		fresh.Distinct = fresh.Distinct || distinct
		fresh.UpdatedAt = a.Now()
		fresh.Derive()
		other, err := a.store.Registrations().ByKey(ctx, fresh.Key)
		if err == nil && other.ID != fresh.ID {
			distinct = true
			return storage.ErrConflict
		}
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return err
		}
		return a.store.Registrations().Update(ctx, fresh)
	})
}

func (a *App) moveParticipations(ctx context.Context, m *merging) error {
	all, err := a.participationsOf(ctx, m.Other.ID)
	if err != nil {
		return err
	}
	for _, from := range all {
		if err := a.moveParticipation(ctx, from, m.Keep); err != nil {
			return fmt.Errorf("participation in %s: %w", from.EventID, err)
		}
	}
	return nil
}

// moveParticipation joins one into keep's of the same event: first the old
// link is led to it, then keep's is written and its registered heads counted
// anew, last the old one goes.
func (a *App) moveParticipation(ctx context.Context, from *event.Participation, keep string) error {
	id := event.ParticipationID(from.EventID, keep)
	for _, key := range []string{from.Code, from.ID} {
		if err := a.store.Settings().Put(ctx, settingGuestMoved+key, id); err != nil {
			return err
		}
	}
	err := retryConflict(ctx, func() error {
		to, err := a.store.Participations().Get(ctx, id)
		if errors.Is(err, storage.ErrNotFound) {
			fresh := *from
			fresh.ID, fresh.Version, fresh.PersonID, fresh.Code = id, 0, keep, newGuestCode()
			to, err = &fresh, nil
		}
		if err != nil {
			return err
		}
		join(to, from)
		to.UpdatedAt = a.Now()
		to.Derive()
		return a.store.Participations().Save(ctx, to)
	})
	if err != nil {
		return err
	}
	if err := a.moveSurvey(ctx, from, keep); err != nil {
		return err
	}
	if from.RegistrationID != "" {
		if err := a.linkRegistration(ctx, &event.Registration{EventID: from.EventID, PersonID: keep}); err != nil {
			return err
		}
	}
	if err := a.store.Participations().Delete(ctx, from.ID); err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	return nil
}

// join fills in what to lacks; of two answers the later holds.
func join(to, from *event.Participation) {
	to.Organisation = cmp.Or(to.Organisation, from.Organisation)
	to.Position = cmp.Or(to.Position, from.Position)
	to.Salutation = cmp.Or(to.Salutation, from.Salutation)
	to.Kecamatan = cmp.Or(to.Kecamatan, from.Kecamatan)
	to.Phone = cmp.Or(to.Phone, from.Phone)
	if good := from.MailTo(); good != "" && to.MailTo() == "" { // none so far, or one that bounced
		to.Email, to.BadEmail = good, ""
	}
	to.Email = cmp.Or(to.Email, from.Email)
	to.Telegram = cmp.Or(to.Telegram, from.Telegram)
	to.RegistrationID = cmp.Or(to.RegistrationID, from.RegistrationID)
	to.Via = cmp.Or(to.Via, from.Via)
	to.Closed = cmp.Or(to.Closed, from.Closed)
	to.InvitedAt = earlier(to.InvitedAt, from.InvitedAt)
	if from.Reply.At != nil && (to.Reply.At == nil || from.Reply.At.After(*to.Reply.At)) {
		to.Reply = from.Reply
	}
	to.JoinArrivals(from)
	switch {
	case to.Call == event.NoCall:
		to.Call, to.CallBy = from.Call, from.CallBy
	case from.Call == event.CallDone:
		to.Call, to.CallBy = event.CallDone, cmp.Or(from.CallBy, to.CallBy)
	}
	if to.Reply.Answer != event.Silent && to.Call == event.CallDue {
		to.Call = event.CallDone // they answered under the other name
	}
}

func earlier(a, b *time.Time) *time.Time {
	if a == nil || b != nil && b.Before(*a) {
		return b
	}
	return a
}

func (a *App) moveChats(ctx context.Context, m *merging) error {
	chats, err := a.store.Chats().OfPerson(ctx, m.Other.ID)
	if err != nil {
		return fmt.Errorf("chats: %w", err)
	}
	for _, c := range chats {
		err := retryConflict(ctx, func() error {
			fresh, err := a.store.Chats().Get(ctx, c.ID)
			if errors.Is(err, storage.ErrNotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			fresh.PersonID = m.Keep
			return a.store.Chats().Save(ctx, fresh)
		})
		if err != nil {
			return fmt.Errorf("chat %s: %w", c.ID, err)
		}
	}
	return nil
}

// movePerson gives keep the accounts and what is known of other, who goes: an
// account is one person's only, so they must go first. Between the two writes
// only the journal holds the accounts.
func (a *App) movePerson(ctx context.Context, m *merging) error {
	if err := a.store.People().Delete(ctx, m.Other.ID); err != nil && !errors.Is(err, storage.ErrNotFound) {
		return fmt.Errorf("person: %w", err)
	}
	for _, acc := range m.Other.Accounts {
		if err := a.takeAccount(ctx, m, acc); err != nil {
			return fmt.Errorf("account: %w", err)
		}
	}
	_, err := a.UpdatePerson(ctx, m.Keep, func(p *event.Person) {
		o := &m.Other
		p.Name, p.Phone, p.Email = cmp.Or(p.Name, o.Name), cmp.Or(p.Phone, o.Phone), cmp.Or(p.Email, o.Email)
		p.StoppedAt = earlier(p.StoppedAt, o.StoppedAt) // STOP holds for the person, whichever account said it
		if p.Consent == nil {
			p.Consent = o.Consent
		}
		if rankOf(o.Role) > rankOf(p.Role) {
			p.Role = o.Role
		}
		if o.CreatedAt.Before(p.CreatedAt) {
			p.CreatedAt = o.CreatedAt
		}
	})
	return err
}

// takeAccount gives keep one account. Somebody may have written from it just
// now and been taken for a new person: that one is joined, too.
func (a *App) takeAccount(ctx context.Context, m *merging, acc event.Account) error {
	owner, err := a.store.People().ByAccount(ctx, acc.Key)
	switch {
	case err == nil && owner.ID == m.Keep:
		return nil
	case err == nil:
		stray := &merging{Keep: m.Keep, Other: *owner}
		for _, step := range []func(context.Context, *merging) error{a.moveRegistrations, a.moveParticipations, a.moveChats} {
			if err := step(ctx, stray); err != nil {
				return err
			}
		}
		if err := a.store.People().Delete(ctx, owner.ID); err != nil && !errors.Is(err, storage.ErrNotFound) {
			return err
		}
	case !errors.Is(err, storage.ErrNotFound):
		return err
	}
	_, err = a.UpdatePerson(ctx, m.Keep, func(p *event.Person) {
		if p.Account(acc.Key) != nil {
			return
		}
		// The account seen last is written to first: one without a chat goes
		// to the front, where it is never chosen.
		if acc.Chat == "" {
			p.Accounts = append([]event.Account{acc}, p.Accounts...)
			return
		}
		p.Accounts = append(p.Accounts, acc)
	})
	return err
}

func rankOf(r event.Role) int {
	return slices.Index([]event.Role{event.Guest, event.ReadOnly, event.FrontDesk, event.Member, event.Lead}, r)
}
