package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/markup"
	"github.com/diskopukm/emileku/storage"
)

// Loopback is a channel that delivers at once, to simulated people who answer
// at once: what is left is the time that the bot itself takes.
type Loopback struct {
	sink   chan channel.Sink
	mu     sync.Mutex
	people map[string]*walker // by chat ID
	nextID atomic.Int64
}

// NewLoopback makes the channel.
func NewLoopback() *Loopback {
	return &Loopback{sink: make(chan channel.Sink, 1), people: map[string]*walker{}}
}

// Name implements channel.Channel.
func (l *Loopback) Name() channel.Name { return channel.Telegram }

// Capabilities implements channel.Channel: those of Telegram.
func (l *Loopback) Capabilities() channel.Capabilities {
	return channel.Capabilities{Buttons: true, Contact: true, Edit: true, MaxText: 4096, MaxCaption: 1024}
}

// Run implements channel.Channel.
func (l *Loopback) Run(ctx context.Context, sink channel.Sink) error {
	l.sink <- sink
	<-ctx.Done()
	return nil
}

// NewMessageID implements channel.Channel.
func (l *Loopback) NewMessageID() string { return "" }

// Send implements channel.Channel.
func (l *Loopback) Send(_ context.Context, to channel.Chat, _ string, m channel.Outbound) (string, error) {
	l.mu.Lock()
	w := l.people[to.ID]
	l.mu.Unlock()
	if w == nil {
		return "", &channel.SendError{Permanent: true, Err: fmt.Errorf("loopback: nobody is %s", to.ID)}
	}
	s := Seen{Text: markup.Plain(m.Text), File: m.File != nil, Photo: m.File != nil && m.File.Photo}
	for _, row := range m.Buttons {
		var values []string
		for _, b := range row {
			values = append(values, b.Value)
		}
		s.Buttons = append(s.Buttons, values)
	}
	w.arrived <- arrival{s, time.Now()}
	return strconv.FormatInt(l.nextID.Add(1), 10), nil
}

// Typing implements channel.Channel.
func (l *Loopback) Typing(context.Context, channel.Chat) error { return nil }

// Fetch implements channel.Channel: the reference of a picture is the person's
// number.
func (l *Loopback) Fetch(_ context.Context, m channel.Media, _ int64) ([]byte, error) {
	n, err := strconv.Atoi(m.Ref)
	return picture(n), err
}

// Check implements channel.Channel.
func (l *Loopback) Check(context.Context) (string, error) { return "@loopback_bot", nil }

var _ channel.Channel = (*Loopback)(nil)

// Flushes notes when the answers to a message were in the outbox.
type Flushes struct {
	storage.Store
	at sync.Map // inbound ID → time.Time
}

// Chats implements storage.Store.
func (f *Flushes) Chats() storage.Chats { return flushedChats{f.Store.Chats(), f} }

type flushedChats struct {
	storage.Chats
	f *Flushes
}

// Flush implements storage.Chats.
func (c flushedChats) Flush(ctx context.Context, chat *storage.Chat, inboundID string) error {
	err := c.Chats.Flush(ctx, chat, inboundID)
	if err == nil && inboundID != "" {
		c.f.at.Store(inboundID, time.Now())
	}
	return err
}

// walker is one person who registers.
type walker struct {
	*Person
	arrived chan arrival
}

type arrival struct {
	seen Seen
	at   time.Time
}

// roomForMessages is how many messages to one person may wait: more than a
// registration has.
const roomForMessages = 64

// Figures are what was measured of a number of people registering at once.
type Figures struct {
	People   int // at once
	Finished int // registrations
	Steps    int // messages of people that were answered
	Took     time.Duration
	Queued   []time.Duration // sorted: from Accept until the answer was in the outbox
	Sent     []time.Duration // sorted: from Accept until the answer was sent
}

// PerSecond is the number of steps in a second.
func (f Figures) PerSecond() float64 { return float64(f.Steps) / f.Took.Seconds() }

// String is a line of the table.
func (f Figures) String() string {
	return fmt.Sprintf("%9d %9d %13d %11.0f %12s %12s %12s %12s", f.People, f.Steps, f.Finished, math.Round(f.PerSecond()),
		percentile(f.Queued, 50), percentile(f.Queued, 99), percentile(f.Sent, 50), percentile(f.Sent, 99))
}

// Heading is the table's heading.
func Heading() string {
	return fmt.Sprintf("%9s %9s %13s %11s %12s %12s %12s %12s", "at once", "steps", "registrations", "steps/s",
		"queued p50", "queued p99", "sent p50", "sent p99")
}

// Walk lets people register one after the other in so many places at once, for
// about that time (one in each at least), and measures each step. first is the number of the first
// person; no other Walk over the same database may use it or those after it,
// up to the number returned.
func (l *Loopback) Walk(ctx context.Context, script *Script, f *Flushes, first, atOnce int, lasting time.Duration) (Figures, int, error) {
	sink := <-l.sink
	defer func() { l.sink <- sink }()
	ctx, cancel := context.WithTimeout(ctx, lasting+time.Minute)
	defer cancel()
	var (
		next  atomic.Int64
		group sync.WaitGroup
		mu    sync.Mutex
		out   = Figures{People: atOnce}
		fault error
	)
	next.Store(int64(first))
	began := time.Now()
	for range atOnce {
		group.Go(func() {
			for begun := false; (!begun || time.Since(began) < lasting) && ctx.Err() == nil; begun = true {
				queued, sent, err := l.register(ctx, sink, f, script.Person(int(next.Add(1)-1)))
				mu.Lock()
				if err != nil {
					fault = errors.Join(fault, err)
					cancel()
				} else {
					out.Finished++
				}
				out.Queued, out.Sent = append(out.Queued, queued...), append(out.Sent, sent...)
				mu.Unlock()
			}
		})
	}
	group.Wait()
	out.Took, out.Steps = time.Since(began), len(out.Sent)
	slices.Sort(out.Queued)
	slices.Sort(out.Sent)
	return out, int(next.Load()), fault
}

// register takes one person through; it returns what each step took.
func (l *Loopback) register(ctx context.Context, sink channel.Sink, f *Flushes, p *Person) (queued, sent []time.Duration, err error) {
	w := &walker{Person: p, arrived: make(chan arrival, roomForMessages)}
	chat := channel.Chat{Channel: l.Name(), ID: strconv.FormatInt(p.ID, 10)}
	l.mu.Lock()
	l.people[chat.ID] = w
	l.mu.Unlock()
	reply := p.Opening()
	for n := 0; !p.Done; n++ {
		in := inbound(p, chat, n, reply)
		began := time.Now()
		if err := sink.Accept(ctx, in); err != nil {
			return queued, sent, err
		}
		for answers := false; !answers && !p.Done; {
			var a arrival
			select {
			case a = <-w.arrived:
			case <-ctx.Done():
				return queued, sent, fmt.Errorf("person %d waits for an answer to %q: %w", p.N, reply.Text, ctx.Err())
			}
			if reply, answers, err = p.Take(a.seen); err != nil {
				return queued, sent, fmt.Errorf("person %d: %w", p.N, err)
			}
			// The answer to a step is its question, or at the end its outcome.
			if answers || p.Number != "" && len(sent) == n {
				sent = append(sent, a.at.Sub(began))
				if at, ok := f.at.LoadAndDelete(in.ID); ok {
					queued = append(queued, at.(time.Time).Sub(began))
				}
			}
		}
	}
	l.mu.Lock()
	delete(l.people, chat.ID)
	l.mu.Unlock()
	return queued, sent, nil
}

// inbound is a person's n-th message as a channel hands it in.
func inbound(p *Person, chat channel.Chat, n int, r Reply) channel.Inbound {
	in := channel.Inbound{
		ID: fmt.Sprintf("bench:%d:%d", p.N, n), Chat: chat, Kind: channel.Text, Text: r.Text, MessageID: strconv.Itoa(n + 1),
		Sender: channel.Sender{ID: chat.ID, Name: p.Name}, SentAt: time.Now(),
	}
	switch {
	case r.Press != "":
		in.Kind, in.Text = channel.Press, r.Press
	case r.Contact:
		in.Kind, in.Contact = channel.Card, &channel.Contact{Name: p.Name, Phone: p.phone, UserID: chat.ID, Own: true}
	case r.Photo != nil:
		in.Kind, in.Media = channel.Photo, &channel.Media{Ref: strconv.Itoa(p.N), MIME: "image/png", Size: int64(len(r.Photo))}
	}
	return in
}
