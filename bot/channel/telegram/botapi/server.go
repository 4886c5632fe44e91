package botapi

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// DefaultToken is the token of a server whose Options name none.
const DefaultToken = "700100200:AAHtest-token_of-the-loopback-server0"

// Options shapes a Server. The zero value is a bot called @emileku_bot in
// privacy mode, under the published limits.
type Options struct {
	Token      string        // "": DefaultToken
	Username   string        // "": "emileku_bot"
	Name       string        // "": "E-MILE KU"
	PrivacyOff bool          // the bot reads everything in groups
	Limits     Limits        // zero: the published ones; see NoLimits
	Delay      time.Duration // how long each call takes, beyond its work
	QueryTTL   time.Duration // how long a button press can be answered; 0: 15 s
	// OnMessage is called for every message that the bot sends or edits, after
	// it is visible and outside the server's lock: for benchmarks.
	OnMessage func(Message)
}

// Server is a running Bot API server. Its methods may be called from any
// goroutine.
type Server struct {
	opts   Options
	http   *http.Server
	url    string
	botID  int64
	stop   chan struct{}  // closed by Close: releases long polls and hangs
	active sync.WaitGroup // the listener and the calls in progress

	mu         sync.Mutex
	closed     bool
	chats      map[int64]*chat
	people     map[int64]*Person
	files      map[string]*file // by file ID
	paths      map[string]*file // by path
	menus      map[string][]command
	queries    map[string]*query
	faults     map[string][]Fault
	hangs      chan struct{} // closed by Release
	calls      map[string]int
	tooMany    int
	delivered  int
	nextID     int // message IDs of private chats and basic groups
	nextFile   int
	nextQuery  int
	nextGroup  int64
	overall    *rate.Limiter
	floodUntil time.Time
	changed    chan struct{} // closed and replaced when anything visible changes

	updates    []update
	nextUpdate int
	allowed    map[string]bool // nil: all
	arrived    chan struct{}   // closed and replaced when an update arrives
	poll       chan struct{}   // of the long poll in progress: closed to end it with 409
	webhook    string
}

// New starts a server on a free loopback port. It panics where there is none,
// or where the token cannot be one.
func New(o Options) *Server {
	if o.Token == "" {
		o.Token = DefaultToken
	}
	if o.Username == "" {
		o.Username = "emileku_bot"
	}
	if o.Name == "" {
		o.Name = "E-MILE KU"
	}
	if o.QueryTTL == 0 {
		o.QueryTTL = 15 * time.Second
	}
	o.Limits = o.Limits.withDefaults()
	id, _, _ := strings.Cut(o.Token, ":")
	botID, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		panic(fmt.Sprintf("botapi: token %q does not begin with a bot ID", o.Token))
	}
	s := &Server{
		opts:       o,
		botID:      botID,
		stop:       make(chan struct{}),
		chats:      make(map[int64]*chat),
		people:     make(map[int64]*Person),
		files:      make(map[string]*file),
		paths:      make(map[string]*file),
		menus:      make(map[string][]command),
		queries:    make(map[string]*query),
		faults:     make(map[string][]Fault),
		hangs:      make(chan struct{}),
		calls:      make(map[string]int),
		overall:    o.Limits.Overall.limiter(),
		changed:    make(chan struct{}),
		nextUpdate: 815000,
		nextGroup:  5000,
		arrived:    make(chan struct{}),
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic("botapi: no loopback port: " + err.Error())
	}
	s.url = "http://" + listener.Addr().String()
	s.http = &http.Server{Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0)}
	s.active.Go(func() { _ = s.http.Serve(listener) }) // ends with Close
	return s
}

// URL is the base of the API: <URL>/bot<token>/<method>.
func (s *Server) URL() string { return s.url }

// Token is what the server accepts.
func (s *Server) Token() string { return s.opts.Token }

// BotID is the bot's user ID.
func (s *Server) BotID() int64 { return s.botID }

// Username is the bot's, without "@".
func (s *Server) Username() string { return s.opts.Username }

// Close ends all calls in progress and the server. Calling it twice is
// harmless.
func (s *Server) Close() {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.stop)
	}
	s.mu.Unlock()
	_ = s.http.Close()
	s.active.Wait()
}

// Calls returns how often each method was called, by its name as documented
// in lower case ("sendmessage"), refused calls included.
func (s *Server) Calls() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.calls)
}

// TooMany counts the calls that were answered 429 for exceeding a limit.
func (s *Server) TooMany() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tooMany
}

// Delivered counts the messages that reached a chat.
func (s *Server) Delivered() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.delivered
}

// Changed returns a channel that is closed at the next change of anything
// that a person sees, and at each answered press. Take it before looking.
func (s *Server) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

func (s *Server) touch() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// apiError is an answer with ok=false.
type apiError struct {
	Code        int
	Description string
	RetryAfter  int
	MigrateTo   int64
}

func badRequest(format string, args ...any) *apiError {
	return &apiError{Code: http.StatusBadRequest, Description: "Bad Request: " + fmt.Sprintf(format, args...)}
}

func forbidden(format string, args ...any) *apiError {
	return &apiError{Code: http.StatusForbidden, Description: "Forbidden: " + fmt.Sprintf(format, args...)}
}

func (e *apiError) body() []byte {
	o := object{"ok": false, "error_code": e.Code, "description": e.Description}
	if e.RetryAfter > 0 {
		o["parameters"] = object{"retry_after": e.RetryAfter}
	}
	if e.MigrateTo != 0 {
		o["parameters"] = object{"migrate_to_chat_id": e.MigrateTo}
	}
	b, _ := json.Marshal(o) // a map of plain values always marshals
	return b
}

// object is a JSON object on its way out.
type object = map[string]any

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	s.active.Add(1)
	s.mu.Unlock()
	defer s.active.Done()
	if rest, ok := strings.CutPrefix(r.URL.Path, "/file/bot"); ok {
		s.serveFile(w, rest)
		return
	}
	rest, ok := strings.CutPrefix(r.URL.Path, "/bot")
	token, name, two := strings.Cut(rest, "/")
	if !ok || !two || name == "" || strings.Contains(name, "/") {
		answer(w, &apiError{Code: 404, Description: "Not Found"})
		return
	}
	if token != s.opts.Token {
		answer(w, &apiError{Code: 401, Description: "Unauthorized"})
		return
	}
	name = strings.ToLower(name)
	f := s.begin(name)
	if f.before(s, w, r) {
		return
	}
	req, apiErr := parseRequest(r)
	if apiErr != nil {
		answer(w, apiErr)
		return
	}
	if s.opts.Delay > 0 {
		select {
		case <-time.After(s.opts.Delay):
		case <-r.Context().Done():
			return
		case <-s.stop:
			return
		}
	}
	result, apiErr := s.call(r, name, req)
	if f.after(s, w, r, result) {
		return
	}
	if apiErr != nil {
		answer(w, apiErr)
		return
	}
	writeJSON(w, http.StatusOK, object{"ok": true, "result": result})
}

// begin counts a call and takes the fault that waits for it.
func (s *Server) begin(method string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[method]++
	for _, key := range []string{method, AnyMethod} {
		if list := s.faults[key]; len(list) > 0 {
			s.faults[key] = list[1:]
			return list[0]
		}
	}
	return Fault{}
}

func (s *Server) call(r *http.Request, name string, req *request) (any, *apiError) {
	if name == "getupdates" {
		return s.getUpdates(r.Context(), req)
	}
	method, ok := methods[name]
	if !ok {
		return nil, &apiError{Code: 404, Description: "Not Found: method not found"}
	}
	s.mu.Lock()
	result, apiErr := method(s, req)
	if apiErr != nil && apiErr.Code == http.StatusTooManyRequests {
		s.tooMany++
	}
	shown := req.shown
	s.mu.Unlock()
	if shown != nil && s.opts.OnMessage != nil {
		s.opts.OnMessage(*shown)
	}
	return result, apiErr
}

// methods are called with the server locked.
var methods = map[string]func(*Server, *request) (any, *apiError){
	"getme":                  (*Server).getMe,
	"sendmessage":            (*Server).sendMessage,
	"sendphoto":              (*Server).sendPhoto,
	"senddocument":           (*Server).sendDocument,
	"sendchataction":         (*Server).sendChatAction,
	"editmessagetext":        (*Server).editMessageText,
	"editmessagecaption":     (*Server).editMessageCaption,
	"editmessagereplymarkup": (*Server).editMessageReplyMarkup,
	"deletemessage":          (*Server).deleteMessage,
	"answercallbackquery":    (*Server).answerCallbackQuery,
	"setmycommands":          (*Server).setMyCommands,
	"getmycommands":          (*Server).getMyCommands,
	"deletemycommands":       (*Server).deleteMyCommands,
	"getchat":                (*Server).getChat,
	"getchatmember":          (*Server).getChatMember,
	"getfile":                (*Server).getFile,
	"setwebhook":             (*Server).setWebhook,
	"deletewebhook":          (*Server).deleteWebhook,
	"getwebhookinfo":         (*Server).getWebhookInfo,
}

func answer(w http.ResponseWriter, e *apiError) {
	w.Header().Set("Content-Type", "application/json")
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(e.RetryAfter))
	}
	w.WriteHeader(e.Code)
	_, _ = w.Write(e.body())
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client may have gone
}

// reset drops the connection so that the client sees ECONNRESET.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
