package bench

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/diskopukm/emileku/bot/channel/telegram/botapi"
)

// crowd are the people at the other end of Telegram. Each answers the question
// that they see, once, and counts what comes twice.
type crowd struct {
	server  *botapi.Server
	script  *Script
	answers atomic.Int64
	latest  atomic.Int64 // when a message was delivered last, Unix nanoseconds
	typing  sync.WaitGroup

	mu       sync.Mutex
	people   map[int64]*member
	left     int           // people of this wave who are not done
	allDone  chan struct{} // closed when left is 0
	breaches []string
}

// member is a person with their phone.
type member struct {
	*Person
	speaker *botapi.Person

	mu     sync.Mutex
	last   botapi.Message
	copies []int // of each message that was seen, in their order
	lost   bool  // the talk went wrong and is not followed any further
}

func newCrowd(s *Script) *crowd {
	return &crowd{script: s, people: map[int64]*member{}, allDone: make(chan struct{})}
}

// begin lets n more people register at once. The former wave must be done.
func (c *crowd) begin(n int) (done <-chan struct{}) {
	c.mu.Lock()
	first := len(c.people)
	c.left, c.allDone = n, make(chan struct{})
	done = c.allDone
	var wave []*member
	for i := range n {
		p := c.script.Person(first + i)
		m := &member{Person: p, speaker: c.server.Person(p.ID, p.Name, "")}
		c.people[p.ID] = m
		wave = append(wave, m)
	}
	c.mu.Unlock()
	for _, m := range wave {
		c.reply(m, botapi.Message{}, m.Opening())
	}
	return done
}

// arrive is called for every message of the bot, in the order of each chat.
func (c *crowd) arrive(msg botapi.Message) {
	c.latest.Store(time.Now().UnixNano())
	c.mu.Lock()
	m := c.people[msg.ChatID]
	c.mu.Unlock()
	if m == nil {
		c.breach("a message to %d, who is nobody: %q", msg.ChatID, msg.Text)
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := len(m.copies); n > 0 && same(m.last, msg) {
		m.copies[n-1]++ // verify looks whether a kill excuses it
		return
	}
	m.last, m.copies = msg, append(m.copies, 0)
	if m.lost {
		return
	}
	before := m.Done
	reply, answers, err := m.Take(seenOn(msg))
	if err != nil {
		c.breach("person %d (%s): %v", m.N, m.Audience, err)
		m.lost = true
	}
	if answers {
		c.answers.Add(1)
		c.typing.Go(func() {
			if rand.IntN(2) == 0 { // half answer before the bot has heard that its message arrived
				time.Sleep(time.Duration(rand.IntN(200)) * time.Millisecond)
			}
			c.reply(m, msg, reply)
		})
	}
	if !before && (m.Done || m.lost) {
		c.finished()
	}
}

func (c *crowd) finished() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left--; c.left == 0 {
		close(c.allDone)
	}
}

func (c *crowd) reply(m *member, to botapi.Message, r Reply) {
	switch {
	case r.Press != "":
		if _, err := m.speaker.Press(to.ID, r.Press); err != nil {
			c.breach("person %d: %v", m.N, err)
		}
	case r.Contact:
		m.speaker.ShareContact()
	case r.Photo != nil:
		m.speaker.SendPhoto(r.Photo, "")
	default:
		m.speaker.Send(r.Text)
	}
}

// maxBreaches bounds what is kept of a run that has gone wrong.
const maxBreaches = 200

func (c *crowd) breach(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.breaches) < maxBreaches {
		c.breaches = append(c.breaches, fmt.Sprintf(format, args...))
	}
}

// unfinished says who waits for what.
func (c *crowd) unfinished() []string {
	var out []string
	for _, m := range c.members() {
		m.mu.Lock()
		if !m.Done {
			due := "nothing"
			if m.next < len(m.plan) {
				due = string(m.plan[m.next])
			}
			out = append(out, fmt.Sprintf("person %d (%s, chat %d) waits for %s; last message: %q", m.N, m.Audience, m.ID, due, m.last.Text))
		}
		m.mu.Unlock()
	}
	return out
}

// members gives everybody, in the order in which they were made.
func (c *crowd) members() []*member {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []*member
	for _, m := range c.people {
		out = append(out, m)
	}
	slices.SortFunc(out, func(a, b *member) int { return a.N - b.N })
	return out
}

// same reports whether two messages are one, sent twice.
func same(a, b botapi.Message) bool {
	if a.Text != b.Text || !slices.EqualFunc(a.Buttons, b.Buttons, slices.Equal) || (a.File == nil) != (b.File == nil) {
		return false
	}
	return a.File == nil || a.File.Name == b.File.Name && bytes.Equal(a.File.Data, b.File.Data)
}

func seenOn(m botapi.Message) Seen {
	s := Seen{Text: m.Text, File: m.File != nil, Photo: m.File != nil && m.File.Photo}
	for _, row := range m.Buttons {
		var values []string
		for _, b := range row {
			values = append(values, b.Data)
		}
		s.Buttons = append(s.Buttons, values)
	}
	return s
}
