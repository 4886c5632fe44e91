package app

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// Keys of settings.
const (
	settingColdBudget = "cold/budget" // how many strangers a day
	settingColdNumber = "cold/number" // which number of ours, and since when
	settingColdLast   = "cold/last"   // when the last one was written to
)

// MaxColdBudget is the most that the lead may set: beyond it an account is as
// good as lost.
const MaxColdBudget = 50

// Errors of ClaimCold.
var (
	// ErrContacted: that number was written to as a stranger's before.
	ErrContacted = errors.New("this number was contacted before")
)

// UseCold says over which channel strangers may be written to, once, before
// the App is used: one that has a channel.Directory.
func (a *App) UseCold(name channel.Name) { a.coldOn = name }

// ColdOn is that channel; "" where there is none.
func (a *App) ColdOn() channel.Name { return a.coldOn }

// mayBeCold reports whether a guest without a chat may get a first message
// from us.
func (a *App) mayBeCold(g *event.Participation, on func(channel.Name) bool) bool {
	if a.coldOn == "" || !on(a.coldOn) || !Mobile(g.Phone) || g.Cold != event.NotCold && g.Cold != event.ColdWaiting {
		return false
	}
	listed := g.Listed(a.Now())
	return listed == nil || listed.Chat != ""
}

// Mobile reports whether a number (E.164) may have a chat account: those of
// Indonesia's land lines have none.
func Mobile(phone string) bool {
	return phone != "" && (!strings.HasPrefix(phone, "+62") || strings.HasPrefix(phone, "+628"))
}

// ColdFailed reports whether a row was a first contact that did not arrive,
// and never will.
func ColdFailed(m *storage.Message) bool {
	return m.Cold && m.State == storage.Failed && !held(m)
}

// coldNumber is our own number, and since when it is used.
type coldNumber struct {
	Account string    `json:"account"`
	Since   time.Time `json:"since"`
}

// NoteColdNumber notes which number of ours is linked: another one is new to
// the network, and begins slowly again. "" for one that is not known now.
func (a *App) NoteColdNumber(ctx context.Context, account string) error {
	n := coldNumber{Account: account, Since: a.Now()}
	fresh, err := a.store.Settings().PutNew(ctx, settingColdNumber, &n)
	if err != nil || fresh || account == "" || n.Account == account {
		return err
	}
	if n.Account != "" {
		n.Since = a.Now()
	}
	n.Account = account
	return a.store.Settings().Put(ctx, settingColdNumber, n)
}

// ColdPace is how fast strangers may be written to.
func (a *App) ColdPace(ctx context.Context) (event.ColdPace, error) {
	pace := event.ColdPace{PerDay: event.DefaultColdBudget, Since: a.Now()}
	if err := a.store.Settings().Get(ctx, settingColdBudget, &pace.PerDay); err != nil && !errors.Is(err, storage.ErrNotFound) {
		return pace, fmt.Errorf("cold budget: %w", err)
	}
	n := coldNumber{Since: pace.Since}
	if err := a.store.Settings().Get(ctx, settingColdNumber, &n); err != nil && !errors.Is(err, storage.ErrNotFound) {
		return pace, fmt.Errorf("cold number: %w", err)
	}
	pace.Since = n.Since
	return pace, nil
}

// SetColdBudget changes how many strangers are written to in a day, 0 to
// MaxColdBudget; 0: none.
func (a *App) SetColdBudget(ctx context.Context, by Actor, n int) error {
	n = min(max(n, 0), MaxColdBudget)
	if err := a.store.Settings().Put(ctx, settingColdBudget, n); err != nil {
		return fmt.Errorf("set cold budget: %w", err)
	}
	a.stir()
	return a.record(ctx, by, "cold.budget", "", fmt.Sprint(n))
}

// The budget is kept as places, so that it can never be overdrawn: those of a
// day, and one for each number that was ever written to.
func (a *App) coldDay() string { return "cold/day/" + event.Midnight(a.Now()).Format(time.DateOnly) }

// coldNumberKey holds no number in the clear: it outlives the guest lists.
func coldNumberKey(phone string) string {
	sum := sha256.Sum256([]byte("cold/" + phone))
	return "cold/number/" + hex.EncodeToString(sum[:12])
}

func (a *App) coldKind() event.Audience { return event.Audience(a.coldOn) }

// ColdUsed is how many strangers were written to today.
func (a *App) ColdUsed(ctx context.Context) (int, error) {
	return a.store.Places().Taken(ctx, a.coldDay(), a.coldKind())
}

// ClaimCold takes the right to send one row to a stranger's number today:
// ErrContacted where another row went to that number, ever; storage.ErrFull
// where the day's budget is used up. Claiming again for the same row changes
// nothing.
func (a *App) ClaimCold(ctx context.Context, phone, row string) error {
	pace, err := a.ColdPace(ctx)
	if err != nil {
		return err
	}
	_, err = a.store.Places().Claim(ctx, coldNumberKey(phone), a.coldKind(), 1, row, nil)
	if errors.Is(err, storage.ErrFull) {
		return ErrContacted
	}
	if err != nil {
		return fmt.Errorf("claim a number: %w", err)
	}
	if _, err = a.store.Places().Claim(ctx, a.coldDay(), a.coldKind(), pace.Budget(a.Now()), row, nil); err != nil {
		return fmt.Errorf("claim a first contact: %w", err)
	}
	return a.store.Settings().Put(ctx, settingColdLast, a.Now())
}

// LastCold is when a stranger was written to last.
func (a *App) LastCold(ctx context.Context) (at time.Time, err error) {
	err = a.store.Settings().Get(ctx, settingColdLast, &at)
	if errors.Is(err, storage.ErrNotFound) {
		err = nil
	}
	return at, err
}

// releaseCold frees the number of a row that was taken back unsent; its part
// of that day's budget stays used.
func (a *App) releaseCold(ctx context.Context, m *storage.Message) error {
	g, err := a.store.Participations().Get(ctx, event.ParticipationID(m.EventID, m.PersonID))
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return a.store.Places().Release(ctx, coldNumberKey(g.Phone), a.coldKind(), m.ID)
}

// forgetColdNumbers deletes what is kept of the numbers of first contacts.
func (a *App) forgetColdNumbers(ctx context.Context, ps []*event.Participation) error {
	for _, p := range ps {
		if p.ColdRow == "" {
			continue
		}
		if err := a.store.Places().Release(ctx, coldNumberKey(p.Phone), a.coldKind(), p.ColdRow); err != nil {
			return fmt.Errorf("forget a number: %w", err)
		}
	}
	return nil
}

// ColdWaiting lists the strangers of a broadcast who wait for their turn, those
// first who can be reached in no other way by ourselves.
func (a *App) ColdWaiting(ctx context.Context, b *storage.Broadcast) ([]*event.Participation, error) {
	all, err := a.coldOf(ctx, b.EventID, event.ColdWaiting)
	all = slices.DeleteFunc(all, func(g *event.Participation) bool { return !slices.Contains(b.Audiences, g.Audience) })
	return all, err
}

// ColdContacts lists the guests of an event who were written to as strangers
// and have not written back.
func (a *App) ColdContacts(ctx context.Context, eventID string) ([]*event.Participation, error) {
	return a.coldOf(ctx, eventID, event.ColdSent)
}

func (a *App) coldOf(ctx context.Context, eventID string, state event.ColdState) ([]*event.Participation, error) {
	if a.coldOn == "" {
		return nil, nil
	}
	var out []*event.Participation
	err := a.EachParticipation(ctx, storage.ParticipationQuery{EventID: eventID, Cold: state}, func(g *event.Participation) error {
		out = append(out, g)
		return nil
	})
	slices.SortFunc(out, byColdNeed)
	return out, err
}

// byColdNeed orders strangers: whoever has no e-mail address goes first, since
// the others can be given up to e-mail.
func byColdNeed(x, y *event.Participation) int {
	switch {
	case (x.MailTo() == "") == (y.MailTo() == ""):
		return cmp.Compare(x.ID, y.ID)
	case x.MailTo() == "":
		return -1
	}
	return 1
}

// ColdWait puts a guest in the line of strangers.
func (a *App) ColdWait(ctx context.Context, id string) error {
	return a.setCold(ctx, id, func(p *event.Participation) bool {
		if p.Cold != event.NotCold || p.InvitedAt != nil {
			return false
		}
		p.Cold = event.ColdWaiting
		return true
	})
}

// LeaveColdLine takes a guest out of it who can be reached otherwise now, or
// is not to be.
func (a *App) LeaveColdLine(ctx context.Context, id string) error {
	return a.setCold(ctx, id, func(p *event.Participation) bool {
		if p.Cold != event.ColdWaiting {
			return false
		}
		p.Cold = event.NotCold
		return true
	})
}

// undoCold empties the line of a broadcast that was cancelled.
func (a *App) undoCold(ctx context.Context, b *storage.Broadcast) error {
	waiting, err := a.ColdWaiting(ctx, b)
	for _, g := range waiting {
		if err == nil {
			err = a.LeaveColdLine(ctx, g.ID)
		}
	}
	return err
}

// NoteListing keeps what the directory said of a guest's number. An account
// that is listed becomes one of the person's, so that they are known when they
// write from it, whether or not the network then shows their number.
func (a *App) NoteListing(ctx context.Context, g *event.Participation, chat channel.Chat) error {
	l := event.Listing{Phone: g.Phone, At: a.Now()}
	if !chat.IsZero() {
		l.Chat = chat.String()
		if err := a.expectAccount(ctx, g.PersonID, chat); err != nil {
			return err
		}
	}
	g.Listing = &l
	return a.setCold(ctx, g.ID, func(p *event.Participation) bool {
		p.Listing = &l
		return true
	})
}

func (a *App) expectAccount(ctx context.Context, personID string, chat channel.Chat) error {
	key := event.AccountKey(string(chat.Channel), chat.ID)
	if _, err := a.store.People().ByAccount(ctx, key); err == nil || !errors.Is(err, storage.ErrNotFound) {
		return err // theirs already, or somebody's who wrote from it
	}
	_, err := a.UpdatePerson(ctx, personID, func(p *event.Person) {
		if p.Account(key) == nil {
			p.Accounts = append([]event.Account{{Key: key}}, p.Accounts...) // behind those that have a chat
		}
	})
	if errors.Is(err, storage.ErrNotFound) || errors.Is(err, storage.ErrConflict) {
		return nil
	}
	return err
}

// MarkContacted notes that a stranger's first message has its row.
func (a *App) MarkContacted(ctx context.Context, id, row string) error {
	now := a.Now()
	return a.setCold(ctx, id, func(p *event.Participation) bool {
		if p.Cold == event.ColdSent && p.ColdRow == row {
			return false
		}
		p.Cold, p.ColdRow = event.ColdSent, row
		if p.InvitedAt == nil {
			p.InvitedAt, p.Via = &now, string(a.coldOn)
		}
		return true
	})
}

// MarkWarm notes that a stranger has written back and got what was kept for
// them.
func (a *App) MarkWarm(ctx context.Context, id string) error {
	return a.setCold(ctx, id, func(p *event.Participation) bool {
		if p.Cold != event.ColdSent {
			return false
		}
		p.Cold = event.ColdWarm
		return true
	})
}

// GiveUpCold notes that a guest is not reached as a stranger, and how instead:
// ByEmail (whose row is there already), ByCall, or not at all.
func (a *App) GiveUpCold(ctx context.Context, id string, route Route) error {
	now := a.Now()
	return a.setCold(ctx, id, func(p *event.Participation) bool {
		if p.Cold == event.ColdOver {
			return false
		}
		p.Cold, p.InvitedAt, p.Via = event.ColdOver, nil, ""
		switch {
		case route == ByEmail:
			p.InvitedAt, p.Via = &now, string(channel.Email)
		case route == ByCall && p.Call == event.NoCall:
			p.Call = event.CallDue
		}
		return true
	})
}

func (a *App) setCold(ctx context.Context, id string, change func(*event.Participation) bool) error {
	_, err := a.updateParticipation(ctx, id, func(p *event.Participation) error {
		if !change(p) {
			return errUnchanged
		}
		return nil
	})
	if errors.Is(err, errUnchanged) || errors.Is(err, storage.ErrNotFound) {
		return nil // so already, or merged into somebody
	}
	return err
}

// InsteadOfCold is how a guest is reached who is not reached as a stranger.
func (a *App) InsteadOfCold(ctx context.Context, g *event.Participation, on func(channel.Name) bool) (Route, channel.Chat, error) {
	as := *g
	as.Cold = event.ColdOver
	return a.routeAgain(ctx, &as, on)
}
