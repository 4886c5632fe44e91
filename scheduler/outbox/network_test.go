package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/clock"
	"github.com/diskopukm/emileku/storage"
)

// network is a chat network with delays and faults. Unlike channeltest.Fake it
// notes when each message arrives, and may lose the answer instead of the
// message.
type network struct {
	channel.Channel // nil: any other call is a mistake of the test

	name    channel.Name
	chooses bool // we choose message IDs, and the network drops a resend
	edits   bool
	doubles bool                 // a resend under the same ID shows twice
	delay   func() time.Duration // until the message arrives; nil: none
	// answer decides about the nth attempt (from 1) to send a text; arrives
	// tells whether the message shows although there is an error.
	answer func(to channel.Chat, text string, nth int) (err *channel.SendError, arrives bool)

	mu       sync.Mutex
	next     int
	tries    map[string]int
	arrivals []arrival
	attempts []arrival
	seen     map[string]bool
}

type arrival struct {
	chat   channel.Chat
	id     string
	text   string
	edit   string
	data   []byte
	attach []channel.File
	began  time.Time
	at     time.Time
	lapsed bool // the caller's context ended first
}

func telegram() *network {
	return &network{name: channel.Telegram, edits: true, tries: map[string]int{}, seen: map[string]bool{}}
}

func whatsapp() *network {
	return &network{name: channel.WhatsApp, chooses: true, tries: map[string]int{}, seen: map[string]bool{}}
}

func email() *network {
	return &network{name: channel.Email, chooses: true, doubles: true, tries: map[string]int{}, seen: map[string]bool{}}
}

func (n *network) Name() channel.Name { return n.name }

func (n *network) Capabilities() channel.Capabilities {
	return channel.Capabilities{Edit: n.edits, Doubles: n.doubles, MaxText: 4096}
}

func (n *network) NewMessageID() string {
	if !n.chooses {
		return ""
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.next++
	return "ours-" + strconv.Itoa(n.next)
}

func (n *network) Send(ctx context.Context, to channel.Chat, id string, m channel.Outbound) (string, error) {
	a := arrival{chat: to, id: id, text: m.Text, edit: m.Edit, began: time.Now()}
	if m.File != nil {
		a.data = m.File.Data
	}
	a.attach = m.Attach
	if n.delay != nil {
		a.lapsed = !sleep(ctx, n.delay())
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	a.at = time.Now()
	n.attempts = append(n.attempts, a)
	if a.lapsed {
		return "", &channel.SendError{Uncertain: true, Err: ctx.Err()}
	}
	n.tries[m.Text]++
	if n.answer != nil {
		if err, arrives := n.answer(to, m.Text, n.tries[m.Text]); err != nil {
			if arrives {
				n.arrive(a)
			}
			return "", err
		}
	}
	return n.arrive(a), nil
}

// arrive shows a message. n.mu is held.
func (n *network) arrive(a arrival) string {
	if !n.chooses {
		n.next++
		a.id = "theirs-" + strconv.Itoa(n.next)
		if a.edit != "" {
			a.id = a.edit
		}
	} else if n.seen[a.id] && !n.doubles {
		return a.id
	}
	n.seen[a.id] = true
	n.arrivals = append(n.arrivals, a)
	return a.id
}

// shown are the messages that arrived, in order.
func (n *network) shown() []arrival {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.arrivals)
}

func (n *network) tried() []arrival {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.attempts)
}

// texts are the texts that a chat shows.
func (n *network) texts(chat channel.Chat) []string {
	var texts []string
	for _, a := range n.shown() {
		if a.chat == chat {
			texts = append(texts, a.text)
		}
	}
	return texts
}

// office is a Sender with what it needs, in a synctest bubble.
type office struct {
	t      *testing.T
	store  *memory
	net    *network
	event  *clock.Shifted
	opts   Options
	sender *Sender
	stop   func()
}

// morning is a Thursday, 09.00 WIB: no quiet hours.
var morning = time.Date(2027, 1, 14, 2, 0, 0, 0, time.UTC)

func newOffice(t *testing.T, n *network) *office {
	t.Helper()
	o := &office{t: t, store: newMemory(), net: n, event: clock.NewShifted(morning)}
	o.opts = Options{
		Store: o.store, Channels: []channel.Channel{n}, Event: o.event, Log: zerolog.Nop(),
		Limits: map[channel.Name]Limits{n.name: {}},
	}
	return o
}

// open starts the sender; it ends with the test, or with o.stop.
func (o *office) open() {
	o.t.Helper()
	o.sender = New(o.opts)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	sender := o.sender
	go func() {
		defer close(ended)
		if err := sender.Run(ctx); err != nil {
			o.t.Error(err)
		}
	}()
	o.stop = sync.OnceFunc(func() {
		cancel()
		<-ended
	})
	o.t.Cleanup(o.stop)
}

func (o *office) add(ms ...storage.Message) {
	o.t.Helper()
	if _, err := o.store.Outbox().AddAll(context.Background(), ms); err != nil {
		o.t.Fatal(err)
	}
	if o.sender != nil {
		o.sender.Wake()
	}
}

// settle lets d pass and then all that is under way come to rest.
func (o *office) settle(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (o *office) want(id string, state storage.State) {
	o.t.Helper()
	if m := o.store.row(id); m.State != state {
		o.t.Errorf("row %s is %s (%q), want %s", id, m.State, m.LastError, state)
	}
}

// private is the nth private chat of the network.
func (n *network) private(nth int) channel.Chat {
	return channel.Chat{Channel: n.name, ID: strconv.Itoa(1000 + nth)}
}

var orders struct {
	sync.Mutex
	last int64
}

// message makes a row that is due now; rows made later have a higher Order.
func message(chat channel.Chat, lane storage.Lane, id string) storage.Message {
	orders.Lock()
	defer orders.Unlock()
	orders.last++
	now := storedTime(time.Now())
	return storage.Message{
		ID: id, Chat: chat, Lane: lane, Order: orders.last,
		Body: channel.Outbound{Text: id}, DueAt: now, QueuedAt: now,
	}
}

func broadcast(n *network, count int) []storage.Message {
	ms := make([]storage.Message, count)
	for i := range ms {
		ms[i] = message(n.private(i), storage.LaneBroadcast, fmt.Sprintf("b%05d", i))
	}
	return ms
}

// busiest is the largest number of times within any span (half-open).
func busiest(times []time.Time, span time.Duration) int {
	times = slices.SortedFunc(slices.Values(times), time.Time.Compare)
	most, first := 0, 0
	for i, t := range times {
		for !times[first].After(t.Add(-span)) {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

func at(as []arrival) []time.Time {
	times := make([]time.Time, len(as))
	for i, a := range as {
		times[i] = a.at
	}
	return times
}

func temporary() *channel.SendError {
	return &channel.SendError{Err: errors.New("connection refused")}
}
