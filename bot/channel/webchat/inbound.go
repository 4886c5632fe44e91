package webchat

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
)

const (
	maxQueue   = 200 // posts of one chat that wait for the sink
	keptSilent = 200 // keys of presses and edits remembered for each chat
)

// goodKey is what a page may name a post by. The key becomes the Inbound's ID,
// so that a post repeated after a restart of the program is still the same.
var goodKey = regexp.MustCompile(`^[A-Za-z0-9-]{8,64}$`)

// mention finds the bot's handle as a word of its own.
var mention = regexp.MustCompile(`(?i)(^|[^\w@])@` + Username + `($|\W)`)

// post is what the page sends: one of the things a person can do in a chat.
type post struct {
	Key     string  `json:"key"` // random, chosen by the page: a repeated post is not doubled
	As      string  `json:"as"`  // the persona who does it
	Type    string  `json:"type"`
	Text    string  `json:"text,omitempty"`
	ReplyTo string  `json:"replyTo,omitempty"`
	Message string  `json:"message,omitempty"` // press, edit: the message it is about
	Person  string  `json:"person,omitempty"`  // contact: whose
	Name    string  `json:"name,omitempty"`    // contact: of somebody who is no persona
	Phone   string  `json:"phone,omitempty"`
	Lat     float64 `json:"lat,omitempty"`
	Lon     float64 `json:"lon,omitempty"`
}

// refusal is a post that cannot be taken; its code is put into words by the page.
type refusal struct {
	status int
	code   string
}

func (c *Channel) postMessage(w http.ResponseWriter, r *http.Request, ch *chat) {
	var p post
	if !decode(w, r, &p) {
		return
	}
	c.take(w, r, ch, p, nil)
}

func (c *Channel) postFile(w http.ResponseWriter, r *http.Request, ch *chat) {
	r.Body = http.MaxBytesReader(w, r.Body, MaxUpload+maxBody)
	if err := r.ParseMultipartForm(MaxUpload + maxBody); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			refuseWith(w, http.StatusRequestEntityTooLarge, "too_large")
			return
		}
		refuseWith(w, http.StatusBadRequest, "bad_request")
		return
	}
	defer func() { _ = r.MultipartForm.RemoveAll() }()
	part, head, err := r.FormFile("file")
	if err != nil {
		refuseWith(w, http.StatusBadRequest, "bad_request")
		return
	}
	defer func() { _ = part.Close() }()
	data, err := io.ReadAll(io.LimitReader(part, MaxUpload+1))
	switch {
	case err != nil:
		refuseWith(w, http.StatusBadRequest, "bad_request")
		return
	case len(data) > MaxUpload:
		refuseWith(w, http.StatusRequestEntityTooLarge, "too_large")
		return
	case len(data) == 0:
		refuseWith(w, http.StatusBadRequest, "empty_file")
		return
	}
	p := post{Key: r.FormValue("key"), As: r.FormValue("as"), Type: "file", Text: r.FormValue("text"), ReplyTo: r.FormValue("replyTo")}
	c.take(w, r, ch, p, &upload{
		name: head.Filename, mime: head.Header.Get("Content-Type"), data: data, asFile: r.FormValue("asFile") != "",
	})
}

type upload struct {
	name, mime string
	data       []byte
	asFile     bool // a picture that is to go as a document
}

// take shows a post, queues it for the sink and answers once it is stored or
// the first try went wrong.
func (c *Channel) take(w http.ResponseWriter, r *http.Request, ch *chat, p post, up *upload) {
	now := c.now()
	c.mu.Lock()
	m := ch.keys[p.Key]
	if m == nil {
		no := &refusal{http.StatusServiceUnavailable, "not_stored"}
		if len(ch.queue) < maxQueue {
			m, no = c.compose(ch, p, up, now)
		}
		if no != nil {
			c.mu.Unlock()
			refuseWith(w, no.status, no.code)
			return
		}
		c.show(ch, m)
		ch.queue = append(ch.queue, m)
	}
	c.mu.Unlock()
	c.deliverNow(w, r, ch, m)
}

// show puts a post into the history; a press or an edit has no bubble.
func (c *Channel) show(ch *chat, m *message) {
	if m.Kind != channel.Press && m.Kind != channel.Edited {
		c.append(ch, m)
		return
	}
	m.Chat = ch.id
	ch.keys[m.Key] = m
	if ch.silent = append(ch.silent, m.Key); len(ch.silent) > keptSilent {
		delete(ch.keys, ch.silent[0])
		ch.silent = ch.silent[1:]
	}
}

func (c *Channel) setState(m *message, s state) {
	m.State = s
	c.touch(&m.rev)
}

// settle shows what a post brought about once it is stored.
func (c *Channel) settle(ch *chat, m *message) {
	switch m.Kind {
	case channel.Press:
		target := ch.find(m.inbound.MessageID)
		if target == nil {
			return
		}
		for _, row := range target.Buttons {
			for i := range row {
				if row[i].Value == m.inbound.Text && !slices.Contains(row[i].Pressed, m.From) {
					row[i].Pressed = append(row[i].Pressed, m.From)
				}
			}
		}
		c.touch(&target.rev)
	case channel.Edited:
		if target := ch.find(m.inbound.MessageID); target != nil {
			target.raw, target.Text, target.Edited = m.inbound.Text, []span{{Text: m.inbound.Text}}, true
			c.touch(&target.rev)
		}
	case channel.Card:
		if m.inbound.Contact.Own && ch.askContact != "" {
			ch.askContact = ""
			c.touch(&ch.rev)
		}
	}
}

func (c *Channel) postRetry(w http.ResponseWriter, r *http.Request, ch *chat) {
	var p struct {
		ID string `json:"id"`
	}
	if !decode(w, r, &p) {
		return
	}
	c.mu.Lock()
	m := ch.find(p.ID)
	if m == nil || m.From == fromBot {
		c.mu.Unlock()
		refuseWith(w, http.StatusNotFound, "no_message")
		return
	}
	c.mu.Unlock()
	c.deliverNow(w, r, ch, m)
}

// postRead notes how far the person has read and tells the sink.
func (c *Channel) postRead(w http.ResponseWriter, r *http.Request, ch *chat) {
	var p struct {
		UpTo int64 `json:"upTo"`
	}
	if !decode(w, r, &p) {
		return
	}
	now := c.now()
	c.mu.Lock()
	sink := c.sink
	var ids []string
	for _, m := range ch.messages {
		if m.From == fromBot && m.N > ch.readTo && m.N <= p.UpTo {
			ids = append(ids, m.ID)
		}
	}
	if p.UpTo = min(p.UpTo, c.next); p.UpTo > ch.readTo {
		ch.readTo = p.UpTo
		c.touch(&ch.rev)
	}
	c.mu.Unlock()
	if sink != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), acceptTimeout)
		defer cancel()
		for _, id := range ids {
			rc := channel.Receipt{Chat: channel.Chat{Channel: channel.Web, ID: ch.id}, MessageID: id, State: channel.Read, At: now}
			if err := sink.Receipt(ctx, rc); err != nil {
				c.opts.Log.Warn().Err(err).Str("message", id).Msg("practice page: receipt")
			}
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

// compose makes the message and the Inbound of a post, or says why not.
func (c *Channel) compose(ch *chat, p post, up *upload, now time.Time) (*message, *refusal) {
	members := []string{ch.id}
	title := ""
	if ch.group != nil {
		members, title = ch.group.Members, ch.group.Title
	}
	if !slices.Contains(members, p.As) {
		return nil, &refusal{http.StatusForbidden, "not_member"}
	}
	if !goodKey.MatchString(p.Key) {
		return nil, &refusal{http.StatusBadRequest, "bad_request"}
	}
	person := c.people[p.As]
	id := c.nextID()
	m := &message{ID: id, N: c.next, Key: p.Key, From: p.As, At: now, State: pending, raw: strings.TrimSpace(p.Text)}
	m.inbound = channel.Inbound{
		ID:        "web:" + p.Key,
		Chat:      channel.Chat{Channel: channel.Web, ID: ch.id},
		Group:     ch.group != nil,
		ChatTitle: title,
		Sender:    channel.Sender{ID: person.ID, Name: person.Name},
		Text:      m.raw,
		MessageID: id,
		SentAt:    now,
	}
	if no := c.fill(ch, p, up, m); no != nil {
		return nil, no
	}
	m.Kind = m.inbound.Kind
	if m.raw != "" {
		m.Text = []span{{Text: m.raw}}
	}
	if p.ReplyTo != "" {
		c.replyTo(ch, p.ReplyTo, m)
	}
	if in := &m.inbound; in.Group {
		in.Text = ownCommand(in.Text)
		in.Addressed = in.Kind == channel.Press || toBot(in.Text) || (in.ReplyTo != nil && in.ReplyTo.FromBot)
	}
	return m, nil
}

// fill sets what is particular to the kind of a post.
func (c *Channel) fill(ch *chat, p post, up *upload, m *message) *refusal {
	in := &m.inbound
	bad := &refusal{http.StatusBadRequest, "bad_request"}
	switch p.Type {
	case "text":
		in.Kind = channel.Text
		if m.raw == "" {
			return &refusal{http.StatusBadRequest, "empty"}
		}
		if units(m.raw) > MaxText {
			return &refusal{http.StatusBadRequest, "too_long"}
		}
	case "file":
		return c.fillFile(up, m)
	case "press":
		target := ch.find(p.Message)
		if target == nil || !target.has(p.Text) {
			return &refusal{http.StatusConflict, "stale_button"}
		}
		in.Kind, in.MessageID, in.Text = channel.Press, target.ID, p.Text
	case "edit":
		target := ch.find(p.Message)
		switch {
		case target == nil || target.From != p.As || target.Kind != channel.Text:
			return &refusal{http.StatusConflict, "no_message"}
		case m.raw == "":
			return &refusal{http.StatusBadRequest, "empty"}
		case units(m.raw) > MaxText:
			return &refusal{http.StatusBadRequest, "too_long"}
		}
		in.Kind, in.MessageID = channel.Edited, target.ID
	case "contact":
		return c.fillContact(p, m)
	case "location":
		if p.Lat < -90 || p.Lat > 90 || p.Lon < -180 || p.Lon > 180 {
			return bad
		}
		in.Kind, in.Location = channel.Place, &channel.Location{Latitude: p.Lat, Longitude: p.Lon}
		m.Location = in.Location
	case "voice":
		in.Kind = channel.Voice
	case "sticker":
		in.Kind = channel.Sticker
	case "other":
		in.Kind = channel.Other
	default:
		return bad
	}
	return nil
}

func (c *Channel) fillFile(up *upload, m *message) *refusal {
	if up == nil {
		return &refusal{http.StatusBadRequest, "bad_request"}
	}
	if units(m.raw) > MaxCaption {
		return &refusal{http.StatusBadRequest, "too_long"}
	}
	kind := up.mime
	if byName := mime.TypeByExtension(path.Ext(up.name)); byName != "" && (kind == "" || kind == "application/octet-stream") {
		kind = byName
	}
	m.File = c.keepFile(up.name, kind, up.data)
	m.inbound.Kind = channel.Document
	if m.File.Width > 0 && !up.asFile {
		m.inbound.Kind = channel.Photo
	}
	m.inbound.Media = &channel.Media{Ref: m.File.ref, Name: m.File.Name, MIME: m.File.MIME, Size: m.File.Size}
	return nil
}

func (c *Channel) fillContact(p post, m *message) *refusal {
	card := channel.Contact{Name: strings.TrimSpace(p.Name), Phone: strings.TrimSpace(p.Phone)}
	if p.Person != "" {
		who, ok := c.people[p.Person]
		if !ok {
			return &refusal{http.StatusBadRequest, "bad_request"}
		}
		card = channel.Contact{Name: who.Name, Phone: who.Phone, UserID: who.ID, Own: who.ID == p.As}
	}
	if card.Phone == "" || len(card.Phone) > 40 || len(card.Name) > 200 {
		return &refusal{http.StatusBadRequest, "no_phone"}
	}
	m.inbound.Kind, m.inbound.Contact, m.Contact = channel.Card, &card, &card
	return nil
}

func (c *Channel) replyTo(ch *chat, id string, m *message) {
	target := ch.find(id)
	if target == nil {
		return
	}
	m.ReplyTo = c.quote(ch, id)
	q := &channel.Quote{MessageID: id, Text: target.plain(), FromBot: target.From == fromBot, Media: target.inbound.Media}
	if who, ok := c.people[target.From]; ok {
		q.Sender = &channel.Sender{ID: who.ID, Name: who.Name}
	}
	m.inbound.ReplyTo = q
}

// has reports whether the message carries a button of that value.
func (m *message) has(value string) bool {
	for _, row := range m.Buttons {
		for _, b := range row {
			if b.Value == value && value != "" {
				return true
			}
		}
	}
	return false
}

// toBot reports whether a text in a group speaks to the bot: one of its
// commands, or its handle.
func toBot(text string) bool {
	if word, ok := strings.CutPrefix(firstWord(text), "/"); ok {
		_, at, other := strings.Cut(word, "@")
		return !other || strings.EqualFold(at, Username)
	}
	return mention.MatchString(text)
}

// ownCommand takes our handle off a command: "/rekap@emileku" is "/rekap".
func ownCommand(text string) string {
	word := firstWord(text)
	name, at, ok := strings.Cut(word, "@")
	if ok && strings.HasPrefix(name, "/") && strings.EqualFold(at, Username) && strings.HasPrefix(text, word) {
		return name + text[len(word):]
	}
	return text
}

func firstWord(s string) string {
	if f := strings.Fields(s); len(f) > 0 {
		return f[0]
	}
	return ""
}
