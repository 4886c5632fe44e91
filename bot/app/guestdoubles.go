package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/guestlist"
	"github.com/diskopukm/emileku/storage"
)

// guestIndex is an event's guests by what may show that two are one.
type guestIndex struct {
	all   []*event.Participation
	of    map[string]*event.Participation // by person
	phone map[string][]string
	email map[string][]string
	tele  map[string][]string
	name  map[string][]*event.Participation // BareName
	org   map[string][]*event.Participation // BareOrganisation

	corrected map[string]bool // people whom a row has put right: a second one of the name is another
}

func (a *App) guestIndex(ctx context.Context, eventID string) (*guestIndex, error) {
	x := &guestIndex{
		of: map[string]*event.Participation{}, phone: map[string][]string{}, email: map[string][]string{}, tele: map[string][]string{},
		name: map[string][]*event.Participation{}, org: map[string][]*event.Participation{},
		corrected: map[string]bool{},
	}
	err := a.EachParticipation(ctx, storage.ParticipationQuery{EventID: eventID}, func(p *event.Participation) error {
		x.add(p)
		return nil
	})
	return x, err
}

func (x *guestIndex) add(p *event.Participation) {
	x.all = append(x.all, p)
	x.of[p.PersonID] = p
	for _, k := range []struct {
		index map[string][]string
		value string
	}{{x.phone, p.Phone}, {x.email, strings.ToLower(p.Email)}, {x.tele, strings.ToLower(p.Telegram)}} {
		if k.value != "" {
			k.index[k.value] = append(k.index[k.value], p.PersonID)
		}
	}
	name, org := guestlist.BareName(p.Name), guestlist.BareOrganisation(p.Organisation)
	x.name[name] = append(x.name[name], p)
	if org != "" {
		x.org[org] = append(x.org[org], p)
	}
}

// byContact lists who is here under one of the row's contacts.
func (x *guestIndex) byContact(r *guestlist.Row) []string {
	var ids []string
	for _, list := range [][]string{x.phone[r.WhatsApp], x.email[r.Email], x.tele[strings.ToLower(r.Telegram)]} {
		for _, id := range list {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// similar lists who is here under much the same name and organisation.
func (x *guestIndex) similar(name, organisation, except string) []string {
	bare, org := guestlist.BareName(name), guestlist.BareOrganisation(organisation)
	var ids []string
	add := func(p *event.Participation) {
		if p.PersonID != except && !slices.Contains(ids, p.PersonID) {
			ids = append(ids, p.PersonID)
		}
	}
	for _, p := range x.name[bare] {
		if org != "" && guestlist.Alike(org, guestlist.BareOrganisation(p.Organisation)) {
			add(p)
		}
	}
	if org == "" {
		return ids // a name alone says little
	}
	for _, p := range x.org[org] {
		if guestlist.Alike(bare, guestlist.BareName(p.Name)) {
			add(p)
		}
	}
	return ids
}

// Why two people may be one. The values name texts.
const (
	DoublePhone    = "phone"
	DoubleEmail    = "email"
	DoubleTelegram = "telegram"
	DoubleName     = "name"
)

// Double is two people who may be one.
type Double struct {
	Keep, Other *event.Person // Keep is the one that more hangs on
	Here        *event.Participation
	Why         string
}

// settingNotDouble + two IDs says that the team knows them to be two.
const settingNotDouble = "notdouble/"

// Doubles finds up to limit pairs of people who may be one: a guest of the
// event, and another guest of it of much the same name and organisation, or
// anyone with the same number, address or handle. Pairs that the team has
// called different are left out.
func (a *App) Doubles(ctx context.Context, eventID string, limit int) ([]Double, error) {
	x, err := a.guestIndex(ctx, eventID)
	if err != nil {
		return nil, fmt.Errorf("doubles: %w", err)
	}
	var out []Double
	seen := map[[2]string]bool{}
	for _, p := range x.all {
		others, err := a.doublesOf(ctx, x, p)
		if err != nil {
			return nil, fmt.Errorf("doubles: %w", err)
		}
		for _, o := range others {
			pair := pairOf(p.PersonID, o.id)
			if seen[pair] {
				continue
			}
			seen[pair] = true
			d, ok, err := a.double(ctx, p, o.id, o.why)
			if err != nil {
				return nil, fmt.Errorf("doubles: %w", err)
			}
			if ok {
				out = append(out, d)
			}
			if len(out) == limit {
				return out, nil
			}
		}
	}
	return out, nil
}

func pairOf(a, b string) [2]string { return [2]string{min(a, b), max(a, b)} }

type suspect struct{ id, why string }

func (a *App) doublesOf(ctx context.Context, x *guestIndex, p *event.Participation) ([]suspect, error) {
	var out []suspect
	add := func(id, why string) {
		if id != p.PersonID && !slices.ContainsFunc(out, func(s suspect) bool { return s.id == id }) {
			out = append(out, suspect{id, why})
		}
	}
	for _, look := range []struct {
		why, value string
		here       []string
		find       func(context.Context, string) ([]*event.Person, error)
	}{
		{DoublePhone, p.Phone, x.phone[p.Phone], a.store.People().ByPhone},
		{DoubleEmail, p.Email, x.email[strings.ToLower(p.Email)], a.store.People().ByEmail},
		{DoubleTelegram, p.Telegram, x.tele[strings.ToLower(p.Telegram)], a.store.People().ByUsername},
	} {
		if look.value == "" {
			continue
		}
		for _, id := range look.here {
			add(id, look.why)
		}
		found, err := look.find(ctx, look.value)
		if err != nil {
			return nil, err
		}
		for _, o := range found {
			add(o.ID, look.why)
		}
	}
	for _, id := range x.similar(p.Name, p.Organisation, p.PersonID) {
		add(id, DoubleName)
	}
	return out, nil
}

// double puts a pair in order: kept is who writes to us, or was known first.
func (a *App) double(ctx context.Context, p *event.Participation, otherID, why string) (d Double, ok bool, err error) {
	pair := pairOf(p.PersonID, otherID)
	var different bool
	err = a.store.Settings().Get(ctx, settingNotDouble+pair[0]+"/"+pair[1], &different)
	if err != nil && !errors.Is(err, storage.ErrNotFound) || different {
		return d, false, err
	}
	one, err := a.store.People().Get(ctx, p.PersonID)
	if err == nil {
		d.Other, err = a.store.People().Get(ctx, otherID)
	}
	if errors.Is(err, storage.ErrNotFound) {
		return d, false, nil // deleted, or merged just now
	}
	if err != nil {
		return d, false, err
	}
	d.Keep, d.Here, d.Why = one, p, why
	if better(d.Other, d.Keep) {
		d.Keep, d.Other = d.Other, d.Keep
	}
	return d, true, nil
}

// better reports whether p, more than q, is the one to keep.
func better(p, q *event.Person) bool {
	if x, y := p.Role.Staff(), q.Role.Staff(); x != y {
		return x
	}
	if x, y := p.PrivateChat() != "", q.PrivateChat() != ""; x != y {
		return x
	}
	return p.CreatedAt.Before(q.CreatedAt)
}

// NotDouble notes that two people are two.
func (a *App) NotDouble(ctx context.Context, by Actor, one, other string) error {
	pair := pairOf(one, other)
	if err := a.store.Settings().Put(ctx, settingNotDouble+pair[0]+"/"+pair[1], true); err != nil {
		return fmt.Errorf("not double: %w", err)
	}
	return a.record(ctx, by, "person.different", pair[0], pair[1])
}
