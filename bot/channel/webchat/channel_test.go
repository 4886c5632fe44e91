package webchat

import (
	"fmt"
	"sync"
	"testing"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/channeltest"
)

func TestChannel(t *testing.T) {
	t.Parallel()
	channeltest.Run(t, func(t *testing.T) channeltest.Harness { return &network{} })
}

// network is a practice page over HTTP with enough people for one test.
type network struct {
	mu   sync.Mutex
	page *page
	used int
}

func (n *network) Connect(t *testing.T) channel.Channel {
	t.Helper()
	var people []Persona
	for i := range 20 {
		people = append(people, Persona{ID: fmt.Sprintf("p%d", i), Name: fmt.Sprintf("Warga %d", i), Phone: "0812 3456 7890"})
	}
	c := New(Options{People: people, URL: "http://127.0.0.1:8080"})
	if n.page == nil {
		n.page = newPage(t, c.Handler())
	} else {
		n.page.restart(c.Handler())
	}
	return c
}

func (n *network) Person(_ *testing.T, _ string) channeltest.Person {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.used++
	return &warga{network: n, id: fmt.Sprintf("p%d", n.used)}
}

// FailNext: this network is in our own process, where only a message that is
// not valid can fail.
func (n *network) FailNext(*testing.T, channeltest.Person, channeltest.Failure) bool { return false }

type warga struct {
	*network
	id string
}

func (w *warga) Chat() channel.Chat { return chatOf(w.id) }
func (w *warga) UserID() string     { return w.id }

func (w *warga) Do(t *testing.T, d channeltest.Deed) (string, bool) {
	t.Helper()
	p := post{Text: d.Text, ReplyTo: d.ReplyTo}
	var up *upload
	switch d.Kind {
	case channel.Text:
		p.Type = "text"
	case channel.Photo:
		up = &upload{name: "foto.png", mime: "image/png", data: d.Data}
	case channel.Document:
		up = &upload{name: d.Name, mime: d.MIME, data: d.Data, asFile: true}
	case channel.Card:
		p.Type, p.Person = "contact", w.id
	case channel.Place:
		p.Type, p.Lat, p.Lon = "location", -6.48, 106.83
	case channel.Voice, channel.Sticker:
		p.Type = string(d.Kind)
	case channel.Edited:
		p.Type, p.Message = "edit", d.Message
	case channel.Press:
		p.Type, p.Message = "press", d.Message
		w.page.wait(t, w.id, func(list []message) bool {
			for _, m := range list {
				for _, row := range m.Buttons {
					for _, b := range row {
						if m.ID == d.Message && b.Label == d.Text {
							p.Text = b.Value
							return true
						}
					}
				}
			}
			return false
		})
	default:
		return "", false
	}
	_, answer := w.page.post(t, w.id, p, up)
	if d.Kind == channel.Press {
		return "", true
	}
	return answer["id"], true
}

func (w *warga) Changed() <-chan struct{} {
	w.page.mu.Lock()
	defer w.page.mu.Unlock()
	return w.page.changed
}

func (w *warga) Typing() int { return -1 } // seen a moment later: see TestTyping

func (w *warga) Sees(t *testing.T) []channeltest.Seen {
	t.Helper()
	list := w.page.reload(t)[w.id]
	var out []channeltest.Seen
	for _, m := range list {
		if m.From != fromBot {
			continue
		}
		s := channeltest.Seen{ID: m.ID, Text: m.words()}
		for _, sp := range m.Text {
			if sp.Bold {
				s.Bold = append(s.Bold, sp.Text)
			}
			if sp.Italic {
				s.Italic = append(s.Italic, sp.Text)
			}
			if sp.Code {
				s.Code = append(s.Code, sp.Text)
			}
		}
		for _, row := range m.Buttons {
			for _, b := range row {
				s.Labels = append(s.Labels, b.Label)
			}
		}
		if m.File != nil {
			s.Photo, s.FileName = m.Kind == channel.Photo, m.File.Name
			s.Data, _ = w.page.download(t, m.File.URL)
		}
		if m.ReplyTo != nil {
			s.ReplyTo = m.ReplyTo.ID
		}
		out = append(out, s)
	}
	return out
}
