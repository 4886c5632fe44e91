package outbox

import (
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
)

// Limits are how fast one channel may be written to. A message must satisfy
// all that apply to it.
type Limits struct {
	All        Limit // the whole channel
	Unprompted Limit // reminders and broadcasts together, besides All
	Private    Limit // one private chat
	Group      Limit // one group

	// IsGroup tells a group by its chat ID; nil: there are no groups.
	IsGroup func(chatID string) bool
	// InFlight is how many sends may wait for the network at the same time;
	// a quarter of them is kept for answers. 0: 32, which sustains 30 messages
	// a second up to a delay of about one second each.
	InFlight int
}

const defaultInFlight = 32

func (l Limits) inFlight() int {
	if l.InFlight <= 0 {
		return defaultInFlight
	}
	return l.InFlight
}

func (l Limits) chat(id string) Limit {
	if l.IsGroup != nil && l.IsGroup(id) {
		return l.Group
	}
	return l.Private
}

// DefaultLimits are the limits of each network.
//
// Telegram publishes its own: 30 messages a second overall, one a second in a
// chat (short bursts are tolerated), 20 a minute in a group.
//
// WhatsApp publishes none. Unprompted messages go at 6 a minute, irregularly.
// Answers to people who are typing may go faster, as a person at a keyboard
// with many chats open would: one a second overall with bursts of five, and
// one per 1.5 s in a chat with bursts of three, enough for a welcome of three
// messages at once.
//
// Mail servers of shared hosting commonly allow a message a second, and few
// connections at a time. The practice page has no limit.
func DefaultLimits() map[channel.Name]Limits {
	return map[channel.Name]Limits{
		channel.Telegram: {
			All:     AtMost(30, time.Second),
			Private: Limit{Every: time.Second, Burst: 3},
			Group:   Limit{Every: time.Second, Burst: 3, Most: 20, Span: time.Minute + time.Second},
			IsGroup: func(id string) bool { return strings.HasPrefix(id, "-") },
		},
		channel.WhatsApp: {
			All:        Limit{Every: time.Second, Burst: 5, Jitter: 0.3},
			Unprompted: Limit{Every: 10 * time.Second, Jitter: 0.3, Most: 6, Span: time.Minute},
			Private:    Limit{Every: 1500 * time.Millisecond, Burst: 3},
			Group:      Limit{Every: 3 * time.Second, Burst: 3, Most: 20, Span: time.Minute},
			IsGroup:    func(id string) bool { return strings.HasSuffix(id, "@g.us") },
		},
		channel.Email: {All: Limit{Every: time.Second, Burst: 5}, InFlight: 4},
		channel.Web:   {},
	}
}
