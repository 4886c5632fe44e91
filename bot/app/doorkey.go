package app

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// settingDoorKey is the key that signs tickets and the code at the door. It is
// made at first use and kept.
const settingDoorKey = "doorkey"

// Payloads of the deep links on tickets and at the door.
const (
	TicketPayload = "h_"
	DoorPayload   = "p_"
)

// signatureLength is that of a signature, in characters of five bits.
const signatureLength = 16

var signatureAlphabet = base32.StdEncoding.WithPadding(base32.NoPadding)

func (a *App) sign(ctx context.Context, what string) (string, error) {
	fresh := rand.Text() + rand.Text()
	if _, err := a.store.Settings().PutNew(ctx, settingDoorKey, &fresh); err != nil {
		return "", fmt.Errorf("key of tickets: %w", err)
	}
	mac := hmac.New(sha256.New, []byte(fresh))
	mac.Write([]byte(what))
	return strings.ToLower(signatureAlphabet.EncodeToString(mac.Sum(nil)))[:signatureLength], nil
}

// TicketPayloadOf is what a registration's ticket opens: its number, signed, so
// that nobody makes a ticket of another number.
func (a *App) TicketPayloadOf(ctx context.Context, number string) (string, error) {
	sig, err := a.sign(ctx, "ticket/"+number)
	return TicketPayload + number + "_" + sig, err
}

// GuestPayloadOf is what the ticket of a guest without a registration opens:
// their code, which nobody can guess.
func GuestPayloadOf(p *event.Participation) string { return TicketPayload + p.Code }

// openTicket reads the payload behind its mark: the number of a registration,
// or "" where it is a guest's code.
func (a *App) openTicket(ctx context.Context, payload string) (number string, err error) {
	number, sig, signed := strings.Cut(payload, "_")
	if !signed {
		return "", nil
	}
	want, err := a.sign(ctx, "ticket/"+number)
	if err != nil {
		return "", err
	}
	if !hmac.Equal([]byte(want), []byte(sig)) {
		return "", ErrForged
	}
	return number, nil
}

// TicketEvent finds the event of a ticket's payload, its mark left out.
func (a *App) TicketEvent(ctx context.Context, payload string) (*event.Event, error) {
	number, err := a.openTicket(ctx, payload)
	if err != nil {
		return nil, err
	}
	id := ""
	if number != "" {
		r, err := a.store.Registrations().ByNumber(ctx, number)
		if err != nil {
			return nil, fmt.Errorf("ticket: %w", err)
		}
		id = r.EventID
	} else {
		p, err := a.GuestByCode(ctx, payload)
		if err != nil {
			return nil, fmt.Errorf("ticket: %w", err)
		}
		id = p.EventID
	}
	return a.Event(ctx, id)
}

// Door is the code at the door by which guests check themselves in, on the
// event's day and within these hours.
type Door struct {
	EventID     string
	Opens, Ends time.Time
}

// Errors of the code at the door.
var (
	ErrDoorClosed = errors.New("the hours of the code at the door are over")
	ErrDoorEarly  = errors.New("the hours of the code at the door have not begun")
)

func doorText(e *event.Event, hours string) string {
	return "door/" + e.ID + "/" + e.Day().Format(time.DateOnly) + "/" + hours
}

// DoorPayloadOf signs the code at the door for those hours of the event's day.
func (a *App) DoorPayloadOf(ctx context.Context, e *event.Event, opens, ends time.Time) (string, error) {
	hours := opens.In(event.Jakarta).Format("1504") + ends.In(event.Jakarta).Format("1504")
	sig, err := a.sign(ctx, doorText(e, hours))
	return DoorPayload + e.ID + "_" + hours + "_" + sig, err
}

var doorForm = regexp.MustCompile(`^([A-Za-z0-9-]+)_([0-9]{4})([0-9]{4})_([a-z2-7]+)$`)

// OpenDoor reads the code at the door, its mark left out. ErrForged where it is
// not ours or of another date; ErrDoorEarly and ErrDoorClosed outside of its
// hours, with the door that it would be.
func (a *App) OpenDoor(ctx context.Context, payload string) (*event.Event, Door, error) {
	m := doorForm.FindStringSubmatch(payload)
	if m == nil {
		return nil, Door{}, ErrForged
	}
	e, err := a.Event(ctx, m[1])
	if errors.Is(err, storage.ErrNotFound) {
		return nil, Door{}, ErrForged
	}
	if err != nil {
		return nil, Door{}, err
	}
	want, err := a.sign(ctx, doorText(e, m[2]+m[3]))
	if err != nil {
		return nil, Door{}, err
	}
	if !hmac.Equal([]byte(want), []byte(m[4])) {
		return nil, Door{}, ErrForged
	}
	d := Door{EventID: e.ID, Opens: onDay(e, m[2]), Ends: onDay(e, m[3])}
	switch now := a.Now(); {
	case now.Before(d.Opens):
		return e, d, ErrDoorEarly
	case !now.Before(d.Ends):
		return e, d, ErrDoorClosed
	}
	return e, d, nil
}

func onDay(e *event.Event, hhmm string) time.Time {
	t, err := time.Parse("1504", hhmm)
	if err != nil {
		return e.Day() // hours that no clock shows: closed at once
	}
	return e.Day().Add(time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute)
}

// walkInID is the ID of who walked in by that message; hashed, as IDs stand in
// logs.
func walkInID(inbound string) string {
	sum := sha256.Sum256([]byte("walkin/" + inbound))
	return guestPrefix + hex.EncodeToString(sum[:12])
}
