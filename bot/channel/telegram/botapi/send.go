package botapi

import (
	"bytes"
	"encoding/json"
	"image"
	_ "image/gif" // pictures that Telegram takes
	_ "image/jpeg"
	_ "image/png"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limits of the published API on what is sent: UTF-16 units, bytes, pixels.
const (
	MaxText    = 4096
	MaxCaption = 1024
	MaxPhoto   = 10 << 20
)

// target finds the chat that a call is about and checks that the bot may
// write there.
func (s *Server) target(req *request) (*chat, *apiError) {
	raw := req.params["chat_id"]
	if raw == "" {
		return nil, badRequest("chat_id is empty")
	}
	id, err := strconv.ParseInt(raw, 10, 64)
	if err != nil {
		return nil, badRequest("chat not found")
	}
	c := s.chats[id]
	if c == nil {
		return nil, badRequest("chat not found")
	}
	switch {
	case c.kind == private && c.blocked:
		return nil, forbidden("bot was blocked by the user")
	case c.kind == private && !c.started:
		return nil, badRequest("chat not found")
	case c.migratedTo != 0:
		e := badRequest("group chat was upgraded to a supergroup chat")
		e.MigrateTo = c.migratedTo
		return nil, e
	case c.bot == "kicked":
		return nil, forbidden("bot was kicked from the %s chat", c.kind)
	case c.kind != private && c.bot == "left":
		return nil, forbidden("bot is not a member of the %s chat", c.kind)
	}
	return c, nil
}

// reply finds the message that is replied to, in either of the two ways that
// the API has had for it.
func (s *Server) reply(c *chat, req *request) (int, *apiError) {
	id, optional := req.integer("reply_to_message_id"), req.boolean("allow_sending_without_reply")
	if raw := req.params["reply_parameters"]; raw != "" {
		p, err := parseReply(raw)
		if err != nil {
			return 0, err
		}
		id, optional = p.MessageID, p.Optional
	}
	if id <= 0 {
		return 0, nil
	}
	if c.byID[int(id)] == nil {
		if optional {
			return 0, nil
		}
		return 0, badRequest("message to be replied not found")
	}
	return int(id), nil
}

// deliver shows m in c, if the limits let it through.
func (s *Server) deliver(c *chat, req *request, m *Message) (any, *apiError) {
	markup, err := parseMarkup(req.params["reply_markup"], false)
	if err != nil {
		return nil, err
	}
	if m.ReplyTo, err = s.reply(c, req); err != nil {
		return nil, err
	}
	for _, row := range markup.keys {
		for _, k := range row {
			if k.Contact && c.kind != private {
				return nil, badRequest("phone number can be requested in private chats only")
			}
		}
	}
	if err := s.spend(c); err != nil {
		return nil, err
	}
	m.FromBot, m.SenderID = true, s.botID
	m.Buttons, m.Keys, m.KeysOnce, m.KeysGone = markup.inline, markup.keys, markup.oneTime, markup.remove
	s.delivered++
	s.put(c, m)
	shown := copyOf(m)
	req.shown = &shown
	return s.messageJSON(c, m, true), nil
}

func (s *Server) sendMessage(req *request) (any, *apiError) {
	c, err := s.target(req)
	if err != nil {
		return nil, err
	}
	text, entities, err := formatted(req, "text")
	if err != nil {
		return nil, err
	}
	if text == "" {
		return nil, badRequest("message text is empty")
	}
	if unitLen(text) > MaxText {
		return nil, badRequest("message is too long")
	}
	return s.deliver(c, req, &Message{Text: text, Entities: entities, Preview: previews(req, text, entities)})
}

// previews reports whether a text shows a link's page.
func previews(req *request, text string, entities []Entity) bool {
	var options struct {
		Disabled bool `json:"is_disabled"`
	}
	_ = json.Unmarshal([]byte(req.params["link_preview_options"]), &options) // "": not disabled
	linked := strings.Contains(text, "://") ||
		slices.ContainsFunc(entities, func(e Entity) bool { return e.URL != "" })
	return linked && !options.Disabled && !req.boolean("disable_web_page_preview")
}

func (s *Server) sendPhoto(req *request) (any, *apiError) {
	return s.sendFile(req, "photo", func(f *file) *apiError {
		if len(f.data) > MaxPhoto {
			return badRequest("file is too big")
		}
		size, _, err := image.DecodeConfig(bytes.NewReader(f.data))
		if err != nil {
			return badRequest("IMAGE_PROCESS_FAILED")
		}
		if size.Width+size.Height > 10000 || size.Width > 20*size.Height || size.Height > 20*size.Width {
			return badRequest("PHOTO_INVALID_DIMENSIONS")
		}
		f.photo, f.width, f.height, f.mime = true, size.Width, size.Height, ""
		return nil
	})
}

func (s *Server) sendDocument(req *request) (any, *apiError) {
	return s.sendFile(req, "document", func(*file) *apiError { return nil })
}

func (s *Server) sendFile(req *request, field string, check func(*file) *apiError) (any, *apiError) {
	c, err := s.target(req)
	if err != nil {
		return nil, err
	}
	caption, entities, err := formatted(req, "caption")
	if err != nil {
		return nil, err
	}
	if unitLen(caption) > MaxCaption {
		return nil, badRequest("message caption is too long")
	}
	f, err := s.sentFile(req, field)
	if err != nil {
		return nil, err
	}
	if err := check(f); err != nil {
		return nil, err
	}
	m := &Message{Text: caption, Entities: entities, file: f, File: &File{Name: f.name, Photo: f.photo, Data: f.data}}
	result, err := s.deliver(c, req, m)
	if err == nil {
		s.keep(f)
		result = s.messageJSON(c, m, true)
	}
	return result, err
}

// sentFile takes an upload, an attached upload or the ID of a file that the
// server has.
func (s *Server) sentFile(req *request, field string) (*file, *apiError) {
	up, ok := req.files[field]
	value := req.params[field]
	if name, attached := strings.CutPrefix(value, "attach://"); attached {
		if up, ok = req.files[name]; !ok {
			return nil, badRequest("there is no %s in the request", field)
		}
	}
	switch {
	case ok && len(up.data) == 0:
		return nil, badRequest("file must be non-empty")
	case ok:
		return &file{name: up.name, mime: mimeOf(up.name), data: up.data}, nil
	case value == "":
		return nil, badRequest("there is no %s in the request", field)
	case strings.HasPrefix(value, "http://") || strings.HasPrefix(value, "https://"):
		return nil, badRequest("failed to get HTTP URL content")
	}
	known := s.files[value]
	if known == nil {
		return nil, badRequest("wrong file identifier/HTTP URL specified")
	}
	f := *known
	f.photo = false
	return &f, nil
}

func (s *Server) sendChatAction(req *request) (any, *apiError) {
	c, err := s.target(req)
	if err != nil {
		return nil, err
	}
	switch req.params["action"] {
	case "typing", "upload_photo", "upload_document", "record_video", "upload_video", "record_voice", "upload_voice",
		"choose_sticker", "find_location", "record_video_note", "upload_video_note":
	default:
		return nil, badRequest("wrong parameter action in request")
	}
	c.typing++
	s.touch()
	return true, nil
}

// edited finds the bot's own message that an edit is about.
func (s *Server) edited(req *request) (*chat, *Message, *apiError) {
	c, err := s.target(req)
	if err != nil {
		return nil, nil, err
	}
	id := req.integer("message_id")
	if req.params["message_id"] == "" {
		return nil, nil, badRequest("message identifier is not specified")
	}
	m := c.byID[int(id)]
	if m == nil {
		return nil, nil, badRequest("message to edit not found")
	}
	if !m.FromBot || len(m.Keys) > 0 || m.KeysGone {
		return nil, nil, badRequest("message can't be edited")
	}
	return c, m, nil
}

func (s *Server) editMessageText(req *request) (any, *apiError) {
	c, m, err := s.edited(req)
	if err != nil {
		return nil, err
	}
	text, entities, err := formatted(req, "text")
	switch {
	case err != nil:
		return nil, err
	case text == "":
		return nil, badRequest("message text is empty")
	case unitLen(text) > MaxText:
		return nil, badRequest("MESSAGE_TOO_LONG")
	case m.file != nil:
		return nil, badRequest("there is no text in the message to edit")
	}
	return s.change(c, m, req, text, entities)
}

func (s *Server) editMessageCaption(req *request) (any, *apiError) {
	c, m, err := s.edited(req)
	if err != nil {
		return nil, err
	}
	text, entities, err := formatted(req, "caption")
	switch {
	case err != nil:
		return nil, err
	case unitLen(text) > MaxCaption:
		return nil, badRequest("MEDIA_CAPTION_TOO_LONG")
	case m.file == nil:
		return nil, badRequest("there is no caption in the message to edit")
	}
	return s.change(c, m, req, text, entities)
}

func (s *Server) editMessageReplyMarkup(req *request) (any, *apiError) {
	c, m, err := s.edited(req)
	if err != nil {
		return nil, err
	}
	return s.change(c, m, req, m.Text, m.Entities)
}

// change puts new content into m; buttons that an edit does not name go.
func (s *Server) change(c *chat, m *Message, req *request, text string, entities []Entity) (any, *apiError) {
	markup, err := parseMarkup(req.params["reply_markup"], true)
	if err != nil {
		return nil, err
	}
	if text == m.Text && sameEntities(entities, m.Entities) && reflect.DeepEqual(markup.inline, m.Buttons) {
		return nil, badRequest("message is not modified: specified new message content and reply markup are exactly " +
			"the same as a current content and reply markup of the message")
	}
	if err := s.spend(c); err != nil {
		return nil, err
	}
	m.Text, m.Entities, m.Buttons, m.Edited = text, entities, markup.inline, true
	m.Preview = m.file == nil && previews(req, text, entities)
	shown := copyOf(m)
	req.shown = &shown
	s.touch()
	return s.messageJSON(c, m, true), nil
}

func sameEntities(a, b []Entity) bool {
	return len(a) == 0 && len(b) == 0 || reflect.DeepEqual(a, b)
}

func (s *Server) deleteMessage(req *request) (any, *apiError) {
	c, err := s.target(req)
	if err != nil {
		return nil, err
	}
	m := c.byID[int(req.integer("message_id"))]
	switch {
	case m == nil:
		return nil, badRequest("message to delete not found")
	case time.Since(m.At) > 48*time.Hour,
		!m.FromBot && c.kind != private && c.bot != "administrator":
		return nil, badRequest("message can't be deleted")
	}
	delete(c.byID, m.ID)
	for i, other := range c.messages {
		if other == m {
			c.messages = append(c.messages[:i:i], c.messages[i+1:]...)
			break
		}
	}
	s.touch()
	return true, nil
}
