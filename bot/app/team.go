package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// Purposes of one-time codes.
const (
	CodeLead = "lead" // makes its sender the lead (/klaim)
	CodeTeam = "team" // an invitation to the team
)

// How long one-time codes are good.
const (
	leadCodeLasts = 10 * 365 * 24 * time.Hour // until used
	teamCodeLasts = 7 * 24 * time.Hour
)

// Wrong codes are counted per person, against guessing.
const (
	maxTries  = 5
	triesPast = time.Hour
)

const (
	// settingRedeemed + code names the message that redeemed it.
	settingRedeemed = "redeemed/"
	// settingInvited + message names the code that it made.
	settingInvited = "invited/"
)

// ErrTooManyTries: this person tried too many wrong codes lately.
var ErrTooManyTries = errors.New("too many wrong codes")

// FirstCode returns the one-time code by which the first lead is made. It
// creates one (wanted, or a random one) where nobody is the lead yet and none
// is open; "" once there is a lead.
func (a *App) FirstCode(ctx context.Context, wanted string) (string, error) {
	staff, err := a.store.People().Staff(ctx)
	if err != nil {
		return "", fmt.Errorf("first code: %w", err)
	}
	if slices.ContainsFunc(staff, func(p *event.Person) bool { return p.Role == event.Lead }) {
		return "", nil
	}
	open, err := a.store.Codes().Open(ctx, CodeLead, a.Now())
	if err != nil {
		return "", fmt.Errorf("first code: %w", err)
	}
	for _, c := range open {
		if wanted == "" || c.ID == wanted {
			return c.ID, nil
		}
	}
	code := wanted
	if code == "" {
		code = newCode()
	}
	err = a.store.Codes().Create(ctx, storage.Code{ID: code, Purpose: CodeLead, Role: event.Lead, ExpiresAt: a.Now().Add(leadCodeLasts)})
	if err != nil && !errors.Is(err, storage.ErrConflict) {
		return "", fmt.Errorf("first code: %w", err)
	}
	return code, nil
}

// newCode is easy to type on a phone: ten letters and digits of base32.
func newCode() string { return strings.ToUpper(rand.Text()[:10]) }

// NewID is a random ID for things made in a dialog, before they are stored.
func NewID() string { return strings.ToLower(rand.Text()[:12]) }

// InviteToTeam makes a one-time code that gives its user a role. The same
// message makes one code.
func (a *App) InviteToTeam(ctx context.Context, by Actor, role event.Role) (string, error) {
	code := "T" + newCode()
	if _, err := a.store.Settings().PutNew(ctx, settingInvited+by.Inbound, &code); err != nil {
		return "", fmt.Errorf("invite to team: %w", err)
	}
	err := a.store.Codes().Create(ctx, storage.Code{
		ID: code, Purpose: CodeTeam, Role: role, CreatedBy: by.Person.ID, ExpiresAt: a.Now().Add(teamCodeLasts),
	})
	if err != nil && !errors.Is(err, storage.ErrConflict) { // made before a crash
		return "", fmt.Errorf("invite to team: %w", err)
	}
	return code, a.record(ctx, by, "team.invite", string(role), "")
}

// Redeem gives the person the role of a one-time code: storage.ErrNotFound
// where it is not good, storage.ErrConflict where someone else used it,
// ErrTooManyTries after several wrong ones.
func (a *App) Redeem(ctx context.Context, by Actor, purpose, code string) (*event.Person, error) {
	id := by.Person.ID
	if a.tooManyTries(id) {
		return nil, ErrTooManyTries
	}
	c, err := a.store.Codes().Redeem(ctx, strings.ToUpper(strings.TrimSpace(code)), purpose, id, a.Now())
	if errors.Is(err, storage.ErrNotFound) && purpose == CodeLead {
		// ADMIN_CODE is taken as it was set, in any case of letters.
		c, err = a.store.Codes().Redeem(ctx, strings.TrimSpace(code), purpose, id, a.Now())
	}
	if err != nil {
		a.countTry(id)
		return nil, fmt.Errorf("redeem code: %w", err)
	}
	// A code gives its role to one message: the same message may be replayed,
	// but who was taken off the team does not come back by the old link.
	first := by.Inbound
	if _, err := a.store.Settings().PutNew(ctx, settingRedeemed+c.ID, &first); err != nil {
		return nil, fmt.Errorf("redeem code: %w", err)
	}
	if first != by.Inbound {
		return nil, fmt.Errorf("redeem code: used before: %w", storage.ErrConflict)
	}
	return a.SetRole(ctx, by, id, c.Role)
}

func (a *App) tooManyTries(id string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	recent := slices.DeleteFunc(a.tries[id], func(t time.Time) bool { return time.Since(t) > triesPast })
	if len(recent) == 0 {
		delete(a.tries, id)
		return false
	}
	a.tries[id] = recent
	return len(recent) >= maxTries
}

func (a *App) countTry(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tries[id] = append(a.tries[id], time.Now())
}

// ErrLastLead: the only lead cannot give the role away.
var ErrLastLead = errors.New("the last lead must stay")

// SetRole gives a person a role; event.Guest takes them off the team.
func (a *App) SetRole(ctx context.Context, by Actor, personID string, role event.Role) (*event.Person, error) {
	p, err := a.store.People().Get(ctx, personID)
	if err == nil {
		err = a.guardLeads(ctx, p, role)
	}
	if errors.Is(err, ErrLastLead) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("set role: %w", err)
	}
	p, err = a.UpdatePerson(ctx, personID, func(p *event.Person) { p.Role = role })
	if err != nil {
		return nil, err
	}
	return p, a.record(ctx, by, "team.role", p.Name, string(role))
}

// settingLeaving lists the people who are stepping down as lead. Whoever steps
// down is on it before they lose the role, by compare-and-set, so that of two
// leads who demote each other at the same moment the second is refused.
const settingLeaving = "leads/leaving"

// guardLeads lets p change to role only where a lead stays: ErrLastLead else.
func (a *App) guardLeads(ctx context.Context, p *event.Person, role event.Role) error {
	steps, rises := p.Role == event.Lead && role != event.Lead, p.Role != event.Lead && role == event.Lead
	if !steps && !rises {
		return nil
	}
	return retryConflict(ctx, func() error {
		leaving := []string{}
		if _, err := a.store.Settings().PutNew(ctx, settingLeaving, &leaving); err != nil {
			return err
		}
		staff, err := a.store.People().Staff(ctx) // after the list: who left it has the new role
		if err != nil {
			return err
		}
		next, stay := []string{}, 0
		for _, s := range staff {
			switch {
			case s.Role != event.Lead, s.ID == p.ID: // has stepped down, or is the one in question
			case slices.Contains(leaving, s.ID):
				next = append(next, s.ID)
			default:
				stay++
			}
		}
		if steps {
			if stay == 0 {
				return ErrLastLead
			}
			next = append(next, p.ID)
		}
		slices.Sort(next)
		return a.store.Settings().Swap(ctx, settingLeaving, leaving, next)
	})
}

// AddByAccount puts someone on the team who is known only by an account so
// far (a forwarded contact, a reply to their message).
func (a *App) AddByAccount(ctx context.Context, by Actor, accountKey, name string, role event.Role) (*event.Person, error) {
	p, err := a.store.People().ByAccount(ctx, accountKey)
	if errors.Is(err, storage.ErrNotFound) {
		p = &event.Person{ID: accountKey, Name: name, Accounts: []event.Account{{Key: accountKey}}, CreatedAt: a.Now(), SeenAt: a.Now()}
		err = a.store.People().Save(ctx, p)
		if errors.Is(err, storage.ErrConflict) {
			p, err = a.store.People().ByAccount(ctx, accountKey)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("add to team: %w", err)
	}
	return a.SetRole(ctx, by, p.ID, role)
}

// Team lists everyone with a role: leads first, then by name.
func (a *App) Team(ctx context.Context) ([]*event.Person, error) {
	staff, err := a.store.People().Staff(ctx)
	if err != nil {
		return nil, fmt.Errorf("list team: %w", err)
	}
	rank := map[event.Role]int{event.Lead: 0, event.Member: 1, event.FrontDesk: 2, event.ReadOnly: 3}
	slices.SortFunc(staff, func(p, q *event.Person) int {
		if d := rank[p.Role] - rank[q.Role]; d != 0 {
			return d
		}
		return strings.Compare(event.Fold(p.Name), event.Fold(q.Name))
	})
	return staff, nil
}

// FindStaff finds team members by part of their name or by @username.
func (a *App) FindStaff(ctx context.Context, text string) ([]*event.Person, error) {
	staff, err := a.Team(ctx)
	if err != nil {
		return nil, err
	}
	want := event.Fold(strings.TrimPrefix(text, "@"))
	var out []*event.Person
	for _, p := range staff {
		hit := strings.Contains(event.Fold(p.Name), want)
		for _, acc := range p.Accounts {
			hit = hit || strings.EqualFold(acc.Username, want)
		}
		if hit && want != "" {
			out = append(out, p)
		}
	}
	return out, nil
}
