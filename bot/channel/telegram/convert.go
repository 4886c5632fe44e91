package telegram

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"github.com/diskopukm/emileku/bot/channel"
)

// Users that stand for no person.
const (
	anonymousAdmin = 1087968824 // @GroupAnonymousBot: an admin who speaks as the group
	channelBot     = 136817688  // @Channel_Bot: somebody who speaks as a channel
)

// inbox is an update with what the library's types leave out.
type inbox struct {
	tgbotapi.Update
	fields map[string]json.RawMessage // of the message, whichever it is
}

// decode reads an update. Where that fails, UpdateID is still set if there is
// one.
func decode(raw json.RawMessage) (inbox, error) {
	var u inbox
	if err := json.Unmarshal(raw, &u.Update); err != nil {
		var only struct {
			ID int `json:"update_id"`
		}
		_ = json.Unmarshal(raw, &only) // 0 then, which confirms nothing
		return inbox{Update: tgbotapi.Update{UpdateID: only.ID}}, fmt.Errorf("decode update: %w", err)
	}
	var parts struct {
		Message map[string]json.RawMessage `json:"message"`
	}
	if err := json.Unmarshal(raw, &parts); err != nil {
		return u, fmt.Errorf("decode update: %w", err)
	}
	u.fields = parts.Message
	return u, nil
}

// converter turns updates into what the core understands.
type converter struct {
	botID    int64
	username string // lower case; "" before Telegram was reached
}

func (c *Channel) converter() converter {
	out := converter{botID: c.botID}
	if me := c.me.Load(); me != nil {
		out.username = strings.ToLower(me.UserName)
	}
	return out
}

// convert reports false for updates that mean nothing to us. now stands in
// where the network tells no time (presses).
func (c converter) convert(u inbox, now time.Time) (channel.Inbound, bool) {
	var (
		in channel.Inbound
		ok bool
	)
	switch {
	case u.Message != nil:
		in, ok = c.message(u)
	case u.EditedMessage != nil:
		in, ok = c.edited(u.EditedMessage)
	case u.CallbackQuery != nil:
		in, ok = c.press(u.CallbackQuery, now)
	case u.MyChatMember != nil:
		in, ok = c.membership(u.MyChatMember)
	}
	in.ID = fmt.Sprintf("%s:u:%d:%d", channel.Telegram, c.botID, u.UpdateID)
	return in, ok
}

// envelope fills in who wrote where and when. It reports false for what no
// person in a private chat or group wrote.
func (c converter) envelope(m *tgbotapi.Message) (channel.Inbound, bool) {
	if m.Chat == nil || m.Chat.ID == 0 || m.IsAutomaticForward {
		return channel.Inbound{}, false
	}
	in := channel.Inbound{
		Chat:      chatOf(m.Chat.ID),
		MessageID: strconv.Itoa(m.MessageID),
		SentAt:    time.Unix(int64(m.Date), 0).UTC(),
	}
	switch m.Chat.Type {
	case "private":
	case "group", "supergroup":
		in.Group, in.ChatTitle = true, m.Chat.Title
	default: // a channel's posts
		return in, false
	}
	switch {
	case m.SenderChat != nil:
		// An admin as the group, or somebody as their channel: never a person
		// who could be recognised.
		in.Sender = channel.Sender{
			ID:        strconv.FormatInt(m.SenderChat.ID, 10),
			Name:      m.SenderChat.Title,
			Username:  m.SenderChat.UserName,
			Anonymous: m.SenderChat.ID == m.Chat.ID,
		}
	case m.From == nil:
		return in, false
	case m.From.IsBot && m.From.ID != anonymousAdmin && m.From.ID != channelBot:
		return in, false
	default:
		in.Sender = senderOf(m.From)
	}
	if m.From != nil && m.From.ID == anonymousAdmin {
		in.Sender.Anonymous = true
	}
	if q := m.ReplyToMessage; q != nil {
		in.ReplyTo = c.quote(q)
	}
	return in, true
}

func (c converter) quote(q *tgbotapi.Message) *channel.Quote {
	out := &channel.Quote{MessageID: strconv.Itoa(q.MessageID), Text: q.Text + q.Caption, Media: mediaOf(q)}
	if q.From != nil {
		out.FromBot = q.From.ID == c.botID
		s := senderOf(q.From)
		out.Sender = &s
	}
	return out
}

// mediaOf is the photo, in its largest size, or the document of a message.
func mediaOf(m *tgbotapi.Message) *channel.Media {
	switch {
	case len(m.Photo) > 0:
		best := m.Photo[0]
		for _, p := range m.Photo {
			if p.Width*p.Height > best.Width*best.Height {
				best = p
			}
		}
		return &channel.Media{Ref: best.FileID, MIME: "image/jpeg", Size: int64(best.FileSize)}
	case m.Document != nil && m.Animation == nil:
		return &channel.Media{Ref: m.Document.FileID, Name: m.Document.FileName, MIME: m.Document.MimeType, Size: int64(m.Document.FileSize)}
	}
	return nil
}

func (c converter) message(u inbox) (channel.Inbound, bool) {
	m := u.Message
	in, ok := c.envelope(m)
	if m.MigrateToChatID != 0 && m.Chat != nil {
		in.Kind, in.MovedTo = channel.Migrated, strconv.FormatInt(m.MigrateToChatID, 10)
		return in, in.Chat.ID != ""
	}
	if !ok || !c.content(&in, m, u.fields) {
		return in, false
	}
	text, entities := m.Text, m.Entities
	if text == "" {
		text, entities = m.Caption, m.CaptionEntities
	}
	if in.Kind != channel.Card && in.Kind != channel.Place {
		in.Text = text
	}
	return in, c.address(&in, text, entities)
}

// content sets the kind of a message and what it carries. It reports false for
// service messages.
func (c converter) content(in *channel.Inbound, m *tgbotapi.Message, fields map[string]json.RawMessage) bool {
	switch {
	case m.Text != "":
		in.Kind = channel.Text
	case len(m.Photo) > 0:
		in.Kind, in.Media, in.Album = channel.Photo, mediaOf(m), m.MediaGroupID
	case m.Animation != nil: // comes with a document as well
		in.Kind = channel.Other
	case m.Document != nil:
		in.Kind, in.Media, in.Album = channel.Document, mediaOf(m), m.MediaGroupID
	case m.Contact != nil:
		in.Kind = channel.Card
		card := &channel.Contact{Name: fullName(m.Contact.FirstName, m.Contact.LastName), Phone: m.Contact.PhoneNumber}
		if m.Contact.UserID != 0 {
			card.UserID = strconv.FormatInt(m.Contact.UserID, 10)
			card.Own = m.From != nil && m.From.ID == m.Contact.UserID
		}
		in.Contact = card
	case m.Location != nil: // a venue has one too
		in.Kind = channel.Place
		in.Location = &channel.Location{Latitude: m.Location.Latitude, Longitude: m.Location.Longitude}
	case m.Voice != nil, m.Audio != nil, m.VideoNote != nil:
		in.Kind = channel.Voice
	case m.Sticker != nil:
		in.Kind = channel.Sticker
	case service(fields):
		return false
	default:
		in.Kind = channel.Other
	}
	return true
}

// envelopeFields are those of a message that say nothing of its content.
var envelopeFields = map[string]bool{
	"message_id": true, "message_thread_id": true, "direct_messages_topic": true, "from": true, "sender_chat": true,
	"sender_boost_count": true, "sender_business_bot": true, "sender_tag": true, "date": true,
	"business_connection_id": true, "chat": true, "forward_origin": true, "is_topic_message": true,
	"is_automatic_forward": true, "reply_to_message": true, "external_reply": true, "quote": true,
	"reply_to_story": true, "reply_to_checklist_task_id": true, "via_bot": true, "edit_date": true,
	"has_protected_content": true, "is_from_offline": true, "is_paid_post": true, "media_group_id": true,
	"author_signature": true, "paid_star_count": true, "effect_id": true, "reply_markup": true,
	"link_preview_options": true, "has_media_spoiler": true, "show_caption_above_media": true,
}

// contentFields are kinds of content that a person sends and that have no kind
// of their own here.
var contentFields = []string{
	"animation", "video", "dice", "game", "poll", "venue", "story", "paid_media", "checklist", "invoice", "live_photo",
	"giveaway", "web_app_data", "passport_data", "successful_payment", "gift", "unique_gift",
}

// service reports whether a message without known content is one that
// Telegram made itself (a new title, a pinned message, …), as far as its fields
// tell: those that no version of the API had yet count as service messages, as
// most of them are.
func service(fields map[string]json.RawMessage) bool {
	for _, f := range contentFields {
		if fields[f] != nil {
			return false
		}
	}
	for f := range fields {
		if !envelopeFields[f] && !strings.HasPrefix(f, "forward_") {
			return true
		}
	}
	return false
}

// address finds out whether a group's message is for the bot, and takes our
// name off a command. It reports false for a command to another bot.
func (c converter) address(in *channel.Inbound, text string, entities []tgbotapi.MessageEntity) bool {
	if rest, ok := strings.CutPrefix(text, "/"); ok {
		command, args := rest, ""
		if i := strings.IndexAny(rest, " \t\n"); i >= 0 {
			command, args = rest[:i], rest[i:]
		}
		name, to, addressed := strings.Cut(command, "@")
		switch {
		case name == "":
		case addressed && c.username != "" && strings.EqualFold(to, c.username):
			in.Text = "/" + name + args
			in.Addressed = in.Group
		case addressed && in.Group:
			return false
		case !addressed:
			in.Addressed = in.Group
		}
	}
	if !in.Group {
		return true
	}
	if in.ReplyTo != nil && in.ReplyTo.FromBot {
		in.Addressed = true
	}
	for _, e := range entities {
		switch e.Type {
		case "mention":
			if c.username != "" && strings.EqualFold(span(text, e), "@"+c.username) {
				in.Addressed = true
			}
		case "text_mention":
			if e.User != nil && e.User.ID == c.botID {
				in.Addressed = true
			}
		}
	}
	return true
}

// span is the part of text that an entity marks; "" where it is outside.
func span(text string, e tgbotapi.MessageEntity) string {
	units := utf16.Encode([]rune(text))
	if e.Offset < 0 || e.Length < 0 || e.Offset > len(units) || e.Length > len(units)-e.Offset {
		return ""
	}
	return string(utf16.Decode(units[e.Offset : e.Offset+e.Length]))
}

func (c converter) edited(m *tgbotapi.Message) (channel.Inbound, bool) {
	in, ok := c.envelope(m)
	text, entities := m.Text, m.Entities
	if text == "" {
		text, entities = m.Caption, m.CaptionEntities
	}
	if !ok || text == "" { // a live location that moves, a picture exchanged
		return in, false
	}
	in.Kind, in.Text = channel.Edited, text
	if m.EditDate != 0 {
		in.SentAt = time.Unix(int64(m.EditDate), 0).UTC()
	}
	return in, c.address(&in, text, entities)
}

func (c converter) press(q *tgbotapi.CallbackQuery, now time.Time) (channel.Inbound, bool) {
	if q.From == nil || q.Message == nil || q.Message.Chat == nil || q.Data == "" {
		return channel.Inbound{}, false
	}
	m := q.Message
	in := channel.Inbound{
		Chat:      chatOf(m.Chat.ID),
		Sender:    senderOf(q.From),
		Kind:      channel.Press,
		Text:      q.Data,
		MessageID: strconv.Itoa(m.MessageID),
		SentAt:    now.UTC().Truncate(time.Second),
	}
	switch m.Chat.Type {
	case "private":
	case "group", "supergroup":
		in.Group, in.ChatTitle, in.Addressed = true, m.Chat.Title, true
		in.Sender.Anonymous = q.From.ID == anonymousAdmin
	default:
		return in, false
	}
	return in, true
}

func (c converter) membership(u *tgbotapi.ChatMemberUpdated) (channel.Inbound, bool) {
	in := channel.Inbound{
		Chat:   chatOf(u.Chat.ID),
		Sender: senderOf(&u.From),
		SentAt: time.Unix(int64(u.Date), 0).UTC(),
	}
	switch u.Chat.Type {
	case "private":
	case "group", "supergroup":
		in.Group, in.ChatTitle = true, u.Chat.Title
		in.Sender.Anonymous = u.From.ID == anonymousAdmin
	default:
		return in, false
	}
	before, after := inside(u.OldChatMember), inside(u.NewChatMember)
	switch {
	case after && !before:
		in.Kind = channel.Joined
	case before && !after:
		in.Kind = channel.Left
	default: // promoted, restricted, …
		return in, false
	}
	return in, true
}

func chatOf(id int64) channel.Chat {
	return channel.Chat{Channel: channel.Telegram, ID: strconv.FormatInt(id, 10)}
}

func senderOf(u *tgbotapi.User) channel.Sender {
	return channel.Sender{
		ID: strconv.FormatInt(u.ID, 10), Name: fullName(u.FirstName, u.LastName), Username: u.UserName,
	}
}

func fullName(first, last string) string { return strings.TrimSpace(first + " " + last) }
