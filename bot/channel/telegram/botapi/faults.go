package botapi

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// AnyMethod, given to Fail, stands for whichever method is called next.
const AnyMethod = "*"

// Fault is something that goes wrong with one call. Make it with the
// functions below.
type Fault struct {
	kind   faultKind
	status int
	body   []byte
	header http.Header
}

type faultKind int

const (
	none faultKind = iota
	answered
	hang
	hangAfter
	resetBefore
	resetAfter
	half
)

// Refuse answers with an error of the API, doing nothing.
func Refuse(code int, description string) Fault {
	return Fault{kind: answered, status: code, body: (&apiError{Code: code, Description: description}).body()}
}

// RefuseMoved answers 400 as for a group that became a supergroup.
func RefuseMoved(to int64) Fault {
	e := &apiError{Code: 400, Description: "Bad Request: group chat was upgraded to a supergroup chat", MigrateTo: to}
	return Fault{kind: answered, status: 400, body: e.body()}
}

// Flood answers 429 with retry_after, in whole seconds.
func Flood(retryAfter time.Duration) Fault {
	e := tooMany(retryAfter)
	return Fault{
		kind: answered, status: e.Code, body: e.body(),
		header: http.Header{"Retry-After": {strconv.Itoa(e.RetryAfter)}},
	}
}

// Broken answers 500 as the API does.
func Broken() Fault { return Refuse(500, "Internal Server Error") }

// BadGateway answers 502 with the web page of a proxy in front of the API.
func BadGateway() Fault {
	return Page(502, "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"+
		"<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx/1.18.0</center>\r\n</body>\r\n</html>\r\n")
}

// Page answers with something that is not the API's.
func Page(status int, body string) Fault {
	return Fault{kind: answered, status: status, body: []byte(body), header: http.Header{"Content-Type": {"text/html"}}}
}

// Blocked answers 403 as for a person who blocked the bot.
func Blocked() Fault { return Refuse(403, "Forbidden: bot was blocked by the user") }

// Unauthorized answers 401 as for a revoked token.
func Unauthorized() Fault { return Refuse(401, "Unauthorized") }

// Hang reads the request and does not answer until Release; it is then carried
// out as if nothing had been. A client that goes away has sent nothing.
func Hang() Fault { return Fault{kind: hang} }

// HangAfter carries the request out and does not answer until Release.
func HangAfter() Fault { return Fault{kind: hangAfter} }

// ResetBefore drops the connection with nothing done.
func ResetBefore() Fault { return Fault{kind: resetBefore} }

// ResetAfter carries the request out, then drops the connection: a message
// was delivered, and the bot does not know.
func ResetAfter() Fault { return Fault{kind: resetAfter} }

// HalfAnswer carries the request out and breaks off in the middle of the
// answer's JSON.
func HalfAnswer() Fault { return Fault{kind: half} }

// Fail makes the next n calls of method (or of AnyMethod) go wrong.
func (s *Server) Fail(method string, n int, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := strings.ToLower(method)
	for range n {
		s.faults[key] = append(s.faults[key], f)
	}
}

// Heal forgets the faults that have not come up yet.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.faults)
}

// Release ends all calls that hang now.
func (s *Server) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.hangs)
	s.hangs = make(chan struct{})
}

// before reports whether the fault ended the call before it began.
func (f Fault) before(s *Server, w http.ResponseWriter, r *http.Request) bool {
	switch f.kind {
	case answered:
		_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, MaxUpload))
		w.Header().Set("Content-Type", "application/json")
		for k, v := range f.header {
			w.Header()[k] = v
		}
		w.WriteHeader(f.status)
		_, _ = w.Write(f.body)
		return true
	case resetBefore:
		reset(w)
		return true
	case hang:
		return !s.hold(r)
	case hangAfter:
		// Read first: the client must have sent all before it waits.
		return false
	}
	return false
}

// hold waits for Release; false means that the client left or the server ends.
func (s *Server) hold(r *http.Request) bool {
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return false
	}
	r.Body = io.NopCloser(strings.NewReader(string(data)))
	s.mu.Lock()
	hangs := s.hangs
	s.mu.Unlock()
	select {
	case <-hangs:
		return true
	case <-r.Context().Done():
	case <-s.stop:
	}
	return false
}

// after reports whether the fault ended the call once it was carried out.
func (f Fault) after(s *Server, w http.ResponseWriter, r *http.Request, result any) bool {
	switch f.kind {
	case resetAfter:
		reset(w)
		return true
	case hangAfter:
		s.mu.Lock()
		hangs := s.hangs
		s.mu.Unlock()
		select {
		case <-hangs:
			return false
		case <-r.Context().Done():
		case <-s.stop:
		}
		return true
	case half:
		whole, _ := json.Marshal(object{"ok": true, "result": result})
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(whole[:len(whole)/2])
		return true
	}
	return false
}
