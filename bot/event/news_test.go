package event_test

import (
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/event"
)

// Who asked us not to write hears of a moved or cancelled event only where they
// come to it.
func TestNewsForWhoAskedUsToStop(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 12, 1, 9, 0, 0, 0, event.Jakarta)
	for _, tt := range []struct {
		p    event.Participation
		want event.Wording
	}{
		{event.Participation{InvitedAt: &at, Closed: event.Stopped}, event.NotTold},
		{event.Participation{InvitedAt: &at, Closed: event.Stopped, Reply: event.Reply{Answer: event.Maybe}}, event.NotTold},
		{event.Participation{InvitedAt: &at, Closed: event.Stopped, Reply: event.Reply{Answer: event.Yes}}, event.ToConfirmed},
		{event.Participation{InvitedAt: &at, Closed: event.Stopped, Reply: event.Reply{Answer: event.No}}, event.NotTold},
		{event.Participation{RegistrationID: "r", Closed: event.Stopped}, event.ToRegistered},
		{event.Participation{RegistrationID: "r", Closed: event.WrongNumber}, event.NotTold},
		{event.Participation{InvitedAt: &at}, event.ToInvited},
	} {
		if got := tt.p.NewsFor(); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.p, got, tt.want)
		}
	}
}
