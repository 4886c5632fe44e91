package botapi

import (
	"bytes"
	"fmt"
	"image"
	"maps"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Person is somebody who uses Telegram. As a Speaker they write to the bot in
// private; In gives their voice in a group.
type Person struct {
	*Speaker
	id       int64
	name     string
	username string
	phone    string
}

// Speaker is a person in one chat. What it does reaches the bot as an update
// at once, where the rules of the chat let the bot see it. Methods that send
// return the message's ID.
type Speaker struct {
	srv       *Server
	chat      *chat
	person    *Person
	anonymous bool
}

// Person returns the person with this user ID and makes them first if there is
// none. They have not written to the bot yet: it cannot write to them.
func (s *Server) Person(id int64, name, username string) *Person {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.people[id]; p != nil {
		return p
	}
	p := &Person{id: id, name: name, username: username, phone: fmt.Sprintf("+62812%08d", id%100000000)}
	c := s.newChat(id, private, "")
	c.person = p
	p.Speaker = &Speaker{srv: s, chat: c, person: p}
	s.people[id] = p
	return p
}

// ID is the person's user ID and, in private, the chat's.
func (p *Person) ID() int64 { return p.id }

// Phone is the number that ShareContact shares.
func (p *Person) Phone() string { return p.phone }

// Start opens the chat without a message, as if it had happened long ago.
func (p *Person) Start() *Person {
	p.srv.mu.Lock()
	defer p.srv.mu.Unlock()
	p.chat.started = true
	return p
}

func (p *Person) json() object {
	o := object{"id": p.id, "is_bot": false, "first_name": p.name, "language_code": "id"}
	if p.username != "" {
		o["username"] = p.username
	}
	return o
}

// Block makes the bot's messages to the person fail with 403.
func (p *Person) Block() { p.setBlocked(true, "member", "kicked") }

// Unblock undoes Block.
func (p *Person) Unblock() { p.setBlocked(false, "kicked", "member") }

func (p *Person) setBlocked(blocked bool, before, after string) {
	p.srv.mu.Lock()
	defer p.srv.mu.Unlock()
	p.chat.blocked = blocked
	p.srv.pushMember(p.chat, p.json(), before, after)
}

func (s *Server) pushMember(c *chat, by object, before, after string) {
	member := func(status string) object { return object{"user": s.botJSON(), "status": status} }
	s.push("my_chat_member", object{
		"chat": c.json(), "from": by, "date": time.Now().Unix(),
		"old_chat_member": member(before), "new_chat_member": member(after),
	})
}

// ChatID is the chat that the speaker writes in.
func (v *Speaker) ChatID() int64 { return v.chat.id }

// Messages is what there is to see in the chat.
func (v *Speaker) Messages() []Message { return v.srv.Messages(v.chat.id) }

// Send writes a text.
func (v *Speaker) Send(text string) int { return v.say(&Message{Text: text}) }

// Reply answers to a message.
func (v *Speaker) Reply(to int, text string) int { return v.say(&Message{Text: text, ReplyTo: to}) }

// SendPhoto sends a picture, which must be one (PNG, JPEG, GIF).
func (v *Speaker) SendPhoto(data []byte, caption string) int {
	size, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		panic("botapi: SendPhoto: " + err.Error())
	}
	f := &file{photo: true, width: size.Width, height: size.Height, data: data}
	return v.sayFile(f, caption)
}

// SendDocument sends a file.
func (v *Speaker) SendDocument(name, mimeType string, data []byte, caption string) int {
	return v.sayFile(&file{name: name, mime: mimeType, data: data}, caption)
}

func (v *Speaker) sayFile(f *file, caption string) int {
	v.srv.mu.Lock()
	v.srv.keep(f)
	v.srv.mu.Unlock()
	return v.say(&Message{Text: caption, file: f, File: &File{Name: f.name, Photo: f.photo, Data: f.data}})
}

// ShareContact shares the person's own number, as the contact key does.
func (v *Speaker) ShareContact() int {
	return v.SendContact(v.person.name, v.person.phone, v.person.id)
}

// SendContact shares a card of the address book; userID 0: nobody on Telegram.
func (v *Speaker) SendContact(name, phone string, userID int64) int {
	card := object{"first_name": name, "phone_number": phone}
	if userID != 0 {
		card["user_id"] = userID
	}
	return v.SendOther(object{"contact": card})
}

// SendSticker sends a sticker.
func (v *Speaker) SendSticker() int {
	return v.SendOther(object{"sticker": object{
		"file_id": "CAACAgUAAxkBAAIBsticker", "file_unique_id": "AgADsticker", "type": "regular", "width": 512,
		"height": 512, "is_animated": false, "is_video": false, "emoji": "👍", "file_size": 20480,
	}})
}

// SendVoice sends a voice note.
func (v *Speaker) SendVoice() int {
	return v.SendOther(object{"voice": object{
		"file_id": "AwACAgUAAxkBAAIBvoice", "file_unique_id": "AgADvoice", "duration": 3, "mime_type": "audio/ogg",
		"file_size": 8192,
	}})
}

// SendLocation shares a place.
func (v *Speaker) SendLocation(latitude, longitude float64) int {
	return v.SendOther(object{"location": object{"latitude": latitude, "longitude": longitude}})
}

// SendOther sends a message of any kind, given by the fields of its JSON.
func (v *Speaker) SendOther(fields map[string]any) int {
	return v.say(&Message{extra: maps.Clone(fields)})
}

// say shows m in the chat and tells the bot, if the bot may see it.
func (v *Speaker) say(m *Message) int {
	s := v.srv
	s.mu.Lock()
	defer s.mu.Unlock()
	m.SenderID, m.sender = v.person.id, v.person.json()
	if v.anonymous {
		m.SenderID = anonymousBot
		m.sender = object{"id": anonymousBot, "is_bot": true, "first_name": "Group", "username": "GroupAnonymousBot"}
		m.senderChat = v.chat.json()
	}
	m.Entities = detect(m.Text)
	v.chat.started = true
	s.put(v.chat, m)
	if s.sees(v.chat, m) {
		s.push("message", s.messageJSON(v.chat, m, true))
	}
	return m.ID
}

var commandTo = regexp.MustCompile(`^/[A-Za-z0-9_]{1,64}(?:@([A-Za-z0-9_]+))?(?:\s|$)`)

// sees applies privacy mode.
func (s *Server) sees(c *chat, m *Message) bool {
	if c.kind == private {
		return !c.blocked
	}
	if c.bot != "member" && c.bot != "administrator" {
		return false
	}
	if s.opts.PrivacyOff || c.bot == "administrator" {
		return true
	}
	if cmd := commandTo.FindStringSubmatch(m.Text); cmd != nil && (cmd[1] == "" || strings.EqualFold(cmd[1], s.opts.Username)) {
		return true
	}
	for _, name := range (Message{Text: m.Text, Entities: m.Entities}).Styled("mention") {
		if strings.EqualFold(name, "@"+s.opts.Username) {
			return true
		}
	}
	quoted := c.byID[m.ReplyTo]
	return quoted != nil && quoted.FromBot
}

// Edit changes the text or the caption of a message that the speaker sent.
func (v *Speaker) Edit(messageID int, text string) {
	s := v.srv
	s.mu.Lock()
	defer s.mu.Unlock()
	m := v.chat.byID[messageID]
	if m == nil || m.FromBot {
		panic(fmt.Sprintf("botapi: Edit: no message %d of a person in chat %d", messageID, v.chat.id))
	}
	m.Text, m.Entities, m.Edited = text, detect(text), true
	s.touch()
	if s.sees(v.chat, m) {
		s.push("edited_message", s.messageJSON(v.chat, m, true))
	}
}

// Press presses the button with this label or data under a message (0: the
// newest message that has it) and returns the press's query ID. A key of the
// keyboard is pressed likewise: it sends its text, or the person's number, and
// gives "".
func (v *Speaker) Press(messageID int, labelOrData string) (queryID string, err error) {
	button, m, key, err := v.find(messageID, labelOrData)
	if err != nil {
		return "", err
	}
	if key != nil {
		if key.Contact {
			v.ShareContact()
		} else {
			v.Send(key.Text)
		}
		return "", nil
	}
	s := v.srv
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nextQuery++
	id := strconv.Itoa(4815162342000000 + s.nextQuery)
	s.queries[id] = &query{at: time.Now()}
	s.push("callback_query", object{
		"id": id, "from": v.person.json(), "message": s.messageJSON(v.chat, m, true),
		"chat_instance": strconv.FormatInt(v.chat.id*31, 10), "data": button.Data,
	})
	return id, nil
}

func (v *Speaker) find(messageID int, label string) (Button, *Message, *Key, error) {
	s := v.srv
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(v.chat.messages) - 1; i >= 0; i-- {
		m := v.chat.messages[i]
		if messageID != 0 && m.ID != messageID {
			continue
		}
		for _, row := range m.Buttons {
			for _, b := range row {
				if b.Text != label && b.Data != label {
					continue
				}
				if b.URL != "" {
					return Button{}, nil, nil, fmt.Errorf("botapi: button %q opens %s", label, b.URL)
				}
				return b, m, nil, nil
			}
		}
		for _, row := range m.Keys {
			for _, k := range row {
				if k.Text == label {
					return Button{}, nil, &k, nil
				}
			}
		}
	}
	return Button{}, nil, nil, fmt.Errorf("botapi: no button %q in chat %d", label, v.chat.id)
}
