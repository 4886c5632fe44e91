package webchat

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	heartbeat    = 15 * time.Second // silence after which a comment is sent
	writeTimeout = 20 * time.Second // after which a page that does not read is dropped
)

// hello opens every stream: who there is.
type hello struct {
	Epoch   string       `json:"epoch"`
	Bot     string       `json:"bot"`
	People  []personView `json:"people"`
	Chats   []chatIntro  `json:"chats"`
	Control bool         `json:"control"`
	Limits  limits       `json:"limits"`
}

type limits struct {
	Text    int `json:"text"`
	Caption int `json:"caption"`
	Upload  int `json:"upload"`
}

type personView struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Role     string `json:"role"`
	Phone    string `json:"phone,omitempty"`
	Initials string `json:"initials,omitempty"`
	Colour   string `json:"colour,omitempty"`
}

type chatIntro struct {
	ID          string   `json:"id"`
	Group       bool     `json:"group,omitempty"`
	Title       string   `json:"title"`
	Subtitle    string   `json:"subtitle"`
	Description string   `json:"description,omitempty"`
	Members     []string `json:"members"`
	Start       []string `json:"start,omitempty"`
	Initials    string   `json:"initials,omitempty"`
	Colour      string   `json:"colour,omitempty"`
}

// chatView is what changes about a chat besides its messages.
type chatView struct {
	ID         string        `json:"id"`
	AskContact string        `json:"askContact,omitempty"`
	TypingMS   int64         `json:"typingMs,omitempty"`
	ReadTo     int64         `json:"readTo"`
	Menu       []commandView `json:"menu"`
}

type commandView struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

func (c *Channel) hello() hello {
	h := hello{Epoch: c.epoch, Bot: Username, Control: c.opts.Control != nil, Limits: limits{MaxText, MaxCaption, MaxUpload}}
	for _, p := range c.opts.People {
		h.People = append(h.People, personView{ID: p.ID, Name: p.Name, Role: p.Role, Phone: p.Phone, Initials: p.Avatar.Initials, Colour: p.Avatar.Colour})
	}
	for _, id := range c.order {
		if g := c.chats[id].group; g != nil {
			h.Chats = append(h.Chats, chatIntro{ID: id, Group: true, Title: g.Title, Description: g.Description, Members: g.Members,
				Start: g.Start, Initials: g.Avatar.Initials, Colour: g.Avatar.Colour})
			continue
		}
		p := c.people[id]
		h.Chats = append(h.Chats, chatIntro{ID: id, Title: p.Name, Subtitle: p.Role, Description: p.Description, Members: []string{id},
			Start: p.Start, Initials: p.Avatar.Initials, Colour: p.Avatar.Colour})
	}
	return h
}

// change is one event of the stream.
type change struct {
	rev   int64
	event string
	data  []byte
}

// since gathers all that is newer than rev, oldest change first.
func (c *Channel) since(rev int64, now time.Time) []change {
	var out []change
	add := func(at int64, event string, v any) {
		data, err := json.Marshal(v)
		if err != nil {
			c.opts.Log.Error().Err(err).Str("event", event).Msg("practice page: encode")
			return
		}
		out = append(out, change{at, event, data})
	}
	for _, id := range c.order {
		ch := c.chats[id]
		for _, m := range ch.messages {
			if m.rev > rev {
				add(m.rev, "message", m)
			}
		}
		if ch.rev > rev {
			add(ch.rev, "chat", c.view(ch))
		}
	}
	if c.opts.Control != nil && c.clock.rev > rev {
		add(c.clock.rev, "clock", c.clockNow(now))
	}
	slices.SortStableFunc(out, func(a, b change) int { return cmp.Compare(a.rev, b.rev) })
	return out
}

func (c *Channel) view(ch *chat) chatView {
	v := chatView{ID: ch.id, AskContact: ch.askContact, ReadTo: ch.readTo, Menu: []commandView{}}
	if left := time.Until(ch.typingUntil); left > 0 {
		v.TypingMS = left.Milliseconds()
	}
	for _, cmd := range c.menu(ch) {
		v.Menu = append(v.Menu, commandView{strings.TrimPrefix(cmd.Name, "/"), cmd.Description})
	}
	return v
}

// getEvents streams changes until the page goes or Run ends. The first event
// after "hello" is "reset" where the page knows another history.
func (c *Channel) getEvents(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	out := &stream{w: w, rc: http.NewResponseController(w)}

	last := r.Header.Get("Last-Event-ID")
	if last == "" {
		last = r.URL.Query().Get("after")
	}
	epoch, n, _ := strings.Cut(last, ".")
	rev, _ := strconv.ParseInt(n, 10, 64)

	c.mu.Lock()
	stopped := c.stopped
	c.mu.Unlock()
	out.raw("retry: 1000\n\n")
	for ready := false; ; {
		var now time.Time
		if c.opts.Control != nil {
			now = c.opts.Control.Now()
		}
		c.mu.Lock()
		changed := c.changed
		again := c.epoch != epoch
		if again {
			epoch, rev = c.epoch, 0
		}
		var intro hello
		if again || !ready {
			intro = c.hello()
		}
		changes, upTo := c.since(rev, now), c.rev
		c.mu.Unlock()

		if again || !ready {
			out.event("", "hello", intro)
			if again {
				out.event("", "reset", struct{}{})
			}
		}
		for _, ch := range changes {
			out.bytes(fmt.Sprintf("%s.%d", epoch, ch.rev), ch.event, ch.data)
		}
		rev = upTo
		if !ready {
			out.event("", "ready", struct{}{}) // what was missed is complete
			ready = true
		}
		if out.flush() != nil {
			return
		}
		if !wait(r, changed, stopped, out) {
			return
		}
	}
}

// wait returns true when there is something new to send, and false when the
// stream is over; meanwhile it keeps the connection warm.
func wait(r *http.Request, changed, stopped <-chan struct{}, out *stream) bool {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-changed:
			return true
		case <-r.Context().Done():
			return false
		case <-stopped:
			return false
		case <-beat.C:
			out.raw(": still here\n\n")
			if out.flush() != nil {
				return false
			}
		}
	}
}

// stream writes Server-Sent Events; after an error it writes nothing more.
type stream struct {
	w   http.ResponseWriter
	rc  *http.ResponseController
	err error
}

func (s *stream) raw(text string) {
	if s.err != nil {
		return
	}
	// Not every server has deadlines (a recorder in tests): then do without.
	_ = s.rc.SetWriteDeadline(time.Now().Add(writeTimeout))
	_, s.err = s.w.Write([]byte(text))
}

func (s *stream) event(id, name string, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		s.err = err
		return
	}
	s.bytes(id, name, data)
}

func (s *stream) bytes(id, name string, data []byte) {
	if id != "" {
		s.raw("id: " + id + "\n")
	}
	s.raw("event: " + name + "\ndata: " + string(data) + "\n\n")
}

func (s *stream) flush() error {
	if s.err == nil {
		s.err = s.rc.Flush()
	}
	return s.err
}
