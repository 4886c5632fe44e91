package botapi

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxDownload is the largest file that the published server lets a bot
// download, in bytes.
const MaxDownload = 20 << 20

type replyJSON struct {
	MessageID int64 `json:"message_id"`
	Optional  bool  `json:"allow_sending_without_reply"`
}

func parseReply(raw string) (replyJSON, *apiError) {
	var p replyJSON
	if json.Unmarshal([]byte(raw), &p) != nil {
		return p, badRequest("can't parse reply parameters JSON object")
	}
	return p, nil
}

func (s *Server) getMe(*request) (any, *apiError) {
	o := s.botJSON()
	o["can_join_groups"] = true
	o["can_read_all_group_messages"] = s.opts.PrivacyOff
	o["supports_inline_queries"] = false
	return o, nil
}

func (s *Server) getChat(req *request) (any, *apiError) {
	id, err := strconv.ParseInt(req.params["chat_id"], 10, 64)
	c := s.chats[id]
	if err != nil || c == nil {
		return nil, badRequest("chat not found")
	}
	if c.bot == "kicked" {
		return nil, forbidden("bot was kicked from the %s chat", c.kind)
	}
	return c.json(), nil
}

func (s *Server) getChatMember(req *request) (any, *apiError) {
	id, err := strconv.ParseInt(req.params["chat_id"], 10, 64)
	c := s.chats[id]
	if err != nil || c == nil {
		return nil, badRequest("chat not found")
	}
	switch {
	case c.migratedTo != 0:
		e := badRequest("group chat was upgraded to a supergroup chat")
		e.MigrateTo = c.migratedTo
		return nil, e
	case c.bot == "kicked":
		return nil, forbidden("bot was kicked from the %s chat", c.kind)
	case c.kind == supergroup && c.bot == "left":
		return nil, forbidden("bot is not a member of the supergroup chat")
	}
	user := req.integer("user_id")
	if user == 0 {
		return nil, badRequest("invalid user_id specified")
	}
	if user == s.botID && c.kind != private {
		return object{"user": s.botJSON(), "status": c.bot}, nil
	}
	p := s.people[user]
	if p == nil {
		return nil, badRequest("user not found")
	}
	status := c.members[user]
	if status == "" {
		status = "left"
	}
	return object{"user": p.json(), "status": status}, nil
}

// Commands.

type command struct {
	Command     string `json:"command"`
	Description string `json:"description"`
}

var commandName = regexp.MustCompile(`^[a-z0-9_]{1,32}$`)

func (s *Server) setMyCommands(req *request) (any, *apiError) {
	scope, err := s.scope(req)
	if err != nil {
		return nil, err
	}
	var list []command
	if raw := req.params["commands"]; raw != "" {
		if json.Unmarshal([]byte(raw), &list) != nil {
			return nil, badRequest("can't parse commands JSON object")
		}
	}
	if len(list) > 100 {
		return nil, badRequest("BOT_COMMANDS_TOO_MUCH")
	}
	for i := range list {
		list[i].Command = strings.TrimPrefix(list[i].Command, "/")
		if !commandName.MatchString(list[i].Command) {
			return nil, badRequest("BOT_COMMAND_INVALID")
		}
		if n := utf8.RuneCountInString(list[i].Description); n < 1 || n > 256 {
			return nil, badRequest("BOT_COMMAND_DESCRIPTION_INVALID")
		}
	}
	if len(list) == 0 {
		delete(s.menus, scope)
	} else {
		s.menus[scope] = list
	}
	s.touch()
	return true, nil
}

func (s *Server) deleteMyCommands(req *request) (any, *apiError) {
	scope, err := s.scope(req)
	if err != nil {
		return nil, err
	}
	delete(s.menus, scope)
	s.touch()
	return true, nil
}

func (s *Server) getMyCommands(req *request) (any, *apiError) {
	scope, err := s.scope(req)
	if err != nil {
		return nil, err
	}
	return append([]command{}, s.menus[scope]...), nil
}

// scope is the key of a command list.
func (s *Server) scope(req *request) (string, *apiError) {
	raw := req.params["scope"]
	if raw == "" {
		return "default" + req.params["language_code"], nil
	}
	var sc struct {
		Type   string      `json:"type"`
		ChatID json.Number `json:"chat_id"`
		UserID int64       `json:"user_id"`
	}
	if json.Unmarshal([]byte(raw), &sc) != nil {
		return "", badRequest("can't parse BotCommandScope JSON object")
	}
	key := sc.Type
	switch sc.Type {
	case "default", "all_private_chats", "all_group_chats", "all_chat_administrators":
	case "chat", "chat_administrators", "chat_member":
		id, err := sc.ChatID.Int64()
		if err != nil {
			return "", badRequest("can't parse BotCommandScope: Empty chat_id specified")
		}
		if s.chats[id] == nil {
			return "", badRequest("chat not found")
		}
		key += " " + sc.ChatID.String()
	default:
		return "", badRequest("can't parse BotCommandScope: Unsupported type specified")
	}
	return key + req.params["language_code"], nil
}

// Menu returns the commands set for a scope ("all_private_chats", "chat 815"),
// as "name - description".
func (s *Server) Menu(scope string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, c := range s.menus[scope] {
		out = append(out, c.Command+" - "+c.Description)
	}
	return out
}

// Presses.

type query struct {
	at       time.Time
	answered bool
	text     string
}

func (s *Server) answerCallbackQuery(req *request) (any, *apiError) {
	q := s.queries[req.params["callback_query_id"]]
	if q == nil || q.answered || time.Since(q.at) > s.opts.QueryTTL {
		return nil, badRequest("query is too old and response timeout expired or query ID is invalid")
	}
	if utf8.RuneCountInString(req.params["text"]) > 200 {
		return nil, badRequest("MESSAGE_TOO_LONG")
	}
	q.answered, q.text = true, req.params["text"]
	s.touch()
	return true, nil
}

// Answered reports whether the bot answered a press.
func (s *Server) Answered(queryID string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.queries[queryID]
	return q != nil && q.answered
}

// Files.

type file struct {
	id, unique, path string
	name, mime       string
	photo            bool
	width, height    int
	data             []byte
}

// keep gives a file its IDs and its path.
func (s *Server) keep(f *file) {
	s.nextFile++
	f.id = fmt.Sprintf("AgACAgUAAxkBAAIB%06dLoopbackFile", s.nextFile)
	f.unique = fmt.Sprintf("AQAD%06d", s.nextFile)
	f.path = fmt.Sprintf("documents/file_%d%s", s.nextFile, filepath.Ext(f.name))
	if f.photo {
		f.path = fmt.Sprintf("photos/file_%d.jpg", s.nextFile)
	}
	s.files[f.id], s.paths[f.path] = f, f
}

// describe adds the file to a message.
func (f *file) describe(o object) {
	if !f.photo {
		o["document"] = object{
			"file_id": f.id, "file_unique_id": f.unique, "file_name": f.name, "mime_type": f.mime, "file_size": len(f.data),
		}
		return
	}
	thumb := object{
		"file_id": f.id + "-s", "file_unique_id": f.unique + "s", "width": max(1, f.width/4), "height": max(1, f.height/4),
		"file_size": max(1, len(f.data)/8),
	}
	whole := object{
		"file_id": f.id, "file_unique_id": f.unique, "width": f.width, "height": f.height, "file_size": len(f.data),
	}
	o["photo"] = []object{thumb, whole}
}

func mimeOf(name string) string {
	if t, _, err := mime.ParseMediaType(mime.TypeByExtension(filepath.Ext(name))); err == nil {
		return t
	}
	return "application/octet-stream"
}

func (s *Server) getFile(req *request) (any, *apiError) {
	id := req.params["file_id"]
	if id == "" {
		return nil, badRequest("file_id not specified")
	}
	f := s.files[id]
	if f == nil {
		return nil, badRequest("invalid file_id")
	}
	if len(f.data) > MaxDownload {
		return nil, badRequest("file is too big")
	}
	return object{"file_id": f.id, "file_unique_id": f.unique, "file_size": len(f.data), "file_path": f.path}, nil
}

// serveFile answers <base>/file/bot<token>/<path>.
func (s *Server) serveFile(w http.ResponseWriter, rest string) {
	token, path, ok := strings.Cut(rest, "/")
	if !ok || token != s.opts.Token {
		answer(w, &apiError{Code: 401, Description: "Unauthorized"})
		return
	}
	fault := s.begin("file")
	s.mu.Lock()
	f := s.paths[path]
	s.mu.Unlock()
	switch {
	case fault.kind == half && f != nil:
		w.Header().Set("Content-Length", strconv.Itoa(len(f.data)))
		_, _ = w.Write(f.data[:len(f.data)/2])
		panic(http.ErrAbortHandler)
	case fault.kind == resetBefore || fault.kind == resetAfter:
		reset(w)
	case fault.kind == answered:
		w.WriteHeader(fault.status)
		_, _ = w.Write(fault.body)
	case f == nil:
		answer(w, &apiError{Code: 404, Description: "Not Found"})
	default:
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = w.Write(slices.Clone(f.data))
	}
}
