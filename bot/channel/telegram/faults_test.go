package telegram_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/channeltest"
	"github.com/diskopukm/emileku/bot/channel/telegram"
	"github.com/diskopukm/emileku/bot/channel/telegram/botapi"
)

// outcome is what a SendError says, without its cause.
type outcome struct {
	permanent, blocked, uncertain bool
	retryAfter                    time.Duration
	movedTo                       string
}

func outcomeOf(err error) outcome {
	se := channel.AsSendError(err)
	return outcome{se.Permanent, se.Blocked, se.Uncertain, se.RetryAfter, se.MovedTo}
}

// faults are all the ways in which a call goes wrong, and what they mean.
func faults() map[string]struct {
	fault botapi.Fault
	want  outcome
	shown bool // the person got the message
} {
	type row = struct {
		fault botapi.Fault
		want  outcome
		shown bool
	}
	return map[string]row{
		"429":             {botapi.Flood(9 * time.Second), outcome{retryAfter: 9 * time.Second}, false},
		"500":             {botapi.Broken(), outcome{}, false},
		"502 page":        {botapi.BadGateway(), outcome{}, false},
		"504 page":        {botapi.Page(504, "<html>504</html>"), outcome{uncertain: true}, false},
		"403":             {botapi.Blocked(), outcome{permanent: true, blocked: true}, false},
		"403 of a proxy":  {botapi.Page(403, "<html>blocked by policy</html>"), outcome{}, false},
		"401":             {botapi.Unauthorized(), outcome{}, false},
		"404":             {botapi.Refuse(404, "Not Found"), outcome{}, false},
		"400":             {botapi.Refuse(400, "Bad Request: chat not found"), outcome{permanent: true}, false},
		"413 page":        {botapi.Page(413, "<html>413</html>"), outcome{permanent: true}, false},
		"moved":           {botapi.RefuseMoved(-1007), outcome{movedTo: "-1007"}, false},
		"redirect":        {botapi.Page(302, ""), outcome{}, false},
		"200 of a portal": {botapi.Page(200, "<html>please log in</html>"), outcome{uncertain: true}, false},
		"empty object":    {botapi.Page(200, "{}"), outcome{uncertain: true}, false},
		"reset before":    {botapi.ResetBefore(), outcome{uncertain: true}, false},
		"reset after":     {botapi.ResetAfter(), outcome{uncertain: true}, true},
		"half an answer":  {botapi.HalfAnswer(), outcome{uncertain: true}, true},
		"hang":            {botapi.Hang(), outcome{uncertain: true}, false},
		"hang after":      {botapi.HangAfter(), outcome{uncertain: true}, true},
	}
}

// TestSendFaults also holds that no error carries the token.
func TestSendFaults(t *testing.T) {
	t.Parallel()
	for name, f := range faults() {
		for method, m := range map[string]channel.Outbound{
			"sendMessage":  {Text: "halo"},
			"sendDocument": {Text: "halo", File: &channel.File{Name: "a.pdf", Data: []byte(strings.Repeat("x", 1<<17))}},
		} {
			t.Run(name+" "+method, func(t *testing.T) {
				t.Parallel()
				srv := newServer(t, botapi.Options{})
				c := connect(t, srv, func(o *telegram.Options) { o.CallTimeout = 100 * time.Millisecond })
				srv.Person(7, "Siti", "").Start()
				srv.Fail(method, 1, f.fault)
				_, err := c.Send(t.Context(), chatOf(7), "", m)
				if err == nil {
					t.Fatal("Send gave no error")
				}
				checkSecret(t, "the error", fmt.Sprintf("%v %+v %#v", err, err, errors.Unwrap(err)))
				got := outcomeOf(err)
				if name == "reset before" && method == "sendDocument" && !got.uncertain {
					got.uncertain = true // cut off within the upload: known not to have arrived
				}
				if got != f.want {
					t.Errorf("Send gave %+v (%v), want %+v", got, err, f.want)
				}
				if n := len(srv.FromBot(7)); (n == 1) != f.shown {
					t.Errorf("the person sees %d messages, shown is to be %v", n, f.shown)
				}
				srv.Release()
				if _, err := c.Send(t.Context(), chatOf(7), "", m); err != nil {
					t.Errorf("after the fault: %v", err)
				}
			})
		}
	}
}

// TestRunFaults: whatever goes wrong with receiving, the message comes, once
// the fault is over, and the token shows nowhere (connect checks the log).
func TestRunFaults(t *testing.T) {
	t.Parallel()
	for name, f := range faults() {
		if name == "401" || name == "404" || name == "429" {
			continue // these have their own tests
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := newServer(t, botapi.Options{})
			p := srv.Person(7, "Siti", "")
			p.Send("satu")
			srv.Fail("getMe", 1, f.fault)
			srv.Fail("getUpdates", 3, f.fault)
			c := connect(t, srv, func(o *telegram.Options) { o.CallTimeout = 100 * time.Millisecond })
			inbox, ctx := receiving(t, c)
			if strings.HasPrefix(name, "hang") {
				go func() {
					for ctx.Err() == nil {
						srv.Release()
						select {
						case <-ctx.Done():
						case <-time.After(5 * time.Millisecond):
						}
					}
				}()
			}
			got := waitFor(t, ctx, inbox, 1)
			if len(got) != 1 || got[0].Text != "satu" {
				t.Errorf("got %+v", got)
			}
			p.Send("dua")
			if got := waitFor(t, ctx, inbox, 2); got[1].Text != "dua" {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestRunEndsWithoutCredentials(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"getMe", "getUpdates"} {
		srv := newServer(t, botapi.Options{})
		srv.Fail(method, 1, botapi.Unauthorized())
		err := connect(t, srv, nil).Run(t.Context(), channeltest.NewInbox())
		if err == nil || !strings.Contains(err.Error(), "Unauthorized") {
			t.Errorf("%s refused: Run gave %v", method, err)
		} else {
			checkSecret(t, "the error", err.Error())
		}
	}
	// Another bot's token.
	srv := newServer(t, botapi.Options{})
	c := connect(t, srv, func(o *telegram.Options) { o.Token = "99:" + strings.Repeat("z", 35) })
	if err := c.Run(t.Context(), channeltest.NewInbox()); err == nil {
		t.Error("Run with a token of nobody gave no error")
	}
	if _, err := c.Check(t.Context()); err == nil {
		t.Error("Check with a token of nobody gave no error")
	}
}

func TestFloodWhileReceiving(t *testing.T) {
	t.Parallel()
	srv := newServer(t, botapi.Options{})
	srv.Fail("getUpdates", 1, botapi.Flood(time.Second))
	srv.Person(7, "Siti", "").Send("halo")
	began := time.Now()
	inbox, ctx := receiving(t, connect(t, srv, nil))
	waitFor(t, ctx, inbox, 1)
	if waited := time.Since(began); waited < time.Second {
		t.Errorf("asked again after %v, told to wait a second", waited)
	}
}

// TestTwoInstances: both are told, neither ends, and every message reaches one
// of them at least.
func TestTwoInstances(t *testing.T) {
	t.Parallel()
	srv := newServer(t, botapi.Options{})
	first, ctx := receiving(t, connect(t, srv, nil))
	second, _ := receiving(t, connect(t, srv, nil))
	p := srv.Person(7, "Siti", "")
	for i := range 20 {
		p.Send(strconv.Itoa(i))
	}
	for len(first.Got())+len(second.Got()) < 20 {
		select {
		case <-srv.Changed():
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			t.Fatalf("%d and %d messages came of 20", len(first.Got()), len(second.Got()))
		}
	}
}

func TestWebhookIsRemoved(t *testing.T) {
	t.Parallel()
	srv := newServer(t, botapi.Options{})
	resp, err := http.PostForm(srv.URL()+"/bot"+srv.Token()+"/setWebhook", url.Values{"url": {"https://lama.invalid/hook"}})
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	srv.Person(7, "Siti", "").Send("halo")
	inbox, ctx := receiving(t, connect(t, srv, nil))
	waitFor(t, ctx, inbox, 1)
}

// TestAPIDown: nobody listens. A send is known not to have gone out.
func TestAPIDown(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + listener.Addr().String()
	_ = listener.Close()
	noTLS := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(noTLS.Close)
	noTLS.Config.ErrorLog = log.New(io.Discard, "", 0)
	noHost := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.DNSError{Err: "no such host", Name: "api.telegram.invalid", IsNotFound: true}
	}}
	for name, change := range map[string]func(*telegram.Options){
		"refused":      func(o *telegram.Options) { o.APIURL = address },
		"no such host": func(o *telegram.Options) { o.APIURL, o.Transport = "https://api.telegram.invalid", noHost },
		"not TLS":      func(o *telegram.Options) { o.APIURL = "https" + strings.TrimPrefix(noTLS.URL, "http") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := newServer(t, botapi.Options{})
			c := connect(t, srv, change)
			_, err := c.Send(t.Context(), chatOf(7), "", channel.Outbound{Text: "halo"})
			if got := outcomeOf(err); err == nil || got != (outcome{}) {
				t.Errorf("Send gave %+v (%v), want a temporary error", got, err)
			}
			for _, err := range everyCall(t.Context(), c) {
				if err == nil {
					t.Error("a call without a server gave no error")
					continue
				}
				checkSecret(t, "the error", fmt.Sprintf("%v %#v", err, err))
			}
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			if err := c.Run(ctx, channeltest.NewInbox()); err != nil {
				t.Errorf("Run gave %v, want to keep trying until its context ends", err)
			}
		})
	}
}

// everyCall makes each call of the channel once and returns the errors.
func everyCall(ctx context.Context, c *telegram.Channel) []error {
	_, send := c.Send(ctx, chatOf(7), "", channel.Outbound{Text: "x"})
	_, file := c.Send(ctx, chatOf(7), "", channel.Outbound{File: &channel.File{Name: "a", Data: []byte("x")}})
	_, edit := c.Send(ctx, chatOf(7), "", channel.Outbound{Text: "x", Edit: "5"})
	_, fetch := c.Fetch(ctx, channel.Media{Ref: "r"}, 10)
	_, check := c.Check(ctx)
	_, inspect := c.InspectGroup(ctx, chatOf(-7))
	menu := c.SetCommands(ctx, channel.MenuScope{}, []channel.Command{{Name: "a", Description: "b"}})
	return []error{send, file, edit, fetch, check, inspect, menu, c.Typing(ctx, chatOf(7))}
}

// TestEcho: a server or proxy that repeats the address in its answer.
func TestEcho(t *testing.T) {
	t.Parallel()
	var mode atomic.Int32
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch mode.Load() {
		case 0:
			w.WriteHeader(http.StatusBadRequest)
			_, _ = fmt.Fprintf(w, `{"ok":false,"error_code":400,"description":"Bad Request: cannot %s"}`, r.URL.Path)
		case 1:
			_, _ = fmt.Fprintf(w, `{"ok":true,"result":{"file_path":"../..%s","id":%q}}`, r.URL.Path, r.URL.Path)
		case 2:
			_, _ = fmt.Fprintf(w, "%s is not here", r.URL.Path)
		case 3:
			w.Header().Set("Location", "https://elsewhere.invalid"+r.URL.Path)
			w.WriteHeader(http.StatusFound)
		}
	}))
	defer echo.Close()
	srv := newServer(t, botapi.Options{})
	c := connect(t, srv, func(o *telegram.Options) { o.APIURL = echo.URL })
	for m := range int32(4) {
		mode.Store(m)
		for _, err := range everyCall(t.Context(), c) {
			if err != nil {
				checkSecret(t, "the error", fmt.Sprintf("%v %#v", err, err))
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		if err := c.Run(ctx, channeltest.NewInbox()); err != nil {
			checkSecret(t, "Run's error", err.Error())
		}
		cancel()
	}
}

// leaky is a transport whose errors hold the address, as http.Client's do.
type leaky struct{}

func (leaky) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_ = r.Body.Close()
	}
	return nil, &url.Error{Op: "Post", URL: r.URL.String(), Err: fmt.Errorf("proxy refused %s", r.URL)}
}

func TestLeakyTransport(t *testing.T) {
	t.Parallel()
	srv := newServer(t, botapi.Options{})
	c := connect(t, srv, func(o *telegram.Options) { o.Transport = leaky{} })
	for _, err := range everyCall(t.Context(), c) {
		for ; err != nil; err = errors.Unwrap(err) {
			checkSecret(t, "the error", fmt.Sprintf("%v %#v", err, err))
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if err := c.Run(ctx, channeltest.NewInbox()); err != nil {
		t.Error(err)
	}
}

func TestFetchFaults(t *testing.T) {
	t.Parallel()
	srv := newServer(t, botapi.Options{})
	c := connect(t, srv, nil)
	inbox, ctx := receiving(t, c)
	p := srv.Person(7, "Siti", "")
	p.SendDocument("a.txt", "text/plain", []byte(strings.Repeat("x", 100_000)), "")
	p.SendDocument("besar.bin", "", make([]byte, botapi.MaxDownload+1), "")
	got := waitFor(t, ctx, inbox, 2)
	for name, f := range map[string]botapi.Fault{
		"half": botapi.HalfAnswer(), "reset": botapi.ResetBefore(), "404": botapi.Page(404, "gone"),
	} {
		srv.Fail("file", 20, f) // net/http tries a GET again on a connection that it had kept
		if _, err := c.Fetch(ctx, *got[0].Media, 1<<20); err == nil || errors.Is(err, channel.ErrTooLarge) {
			t.Errorf("%s: Fetch gave %v", name, err)
		} else {
			checkSecret(t, "the error", fmt.Sprintf("%v %#v", err, err))
		}
		srv.Heal()
	}
	if data, err := c.Fetch(ctx, *got[0].Media, 1<<20); err != nil || len(data) != 100_000 {
		t.Errorf("after the faults Fetch gave %d bytes and %v", len(data), err)
	}
	if _, err := c.Fetch(ctx, *got[1].Media, 1<<30); !errors.Is(err, channel.ErrTooLarge) {
		t.Errorf("a file that Telegram does not give out: %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, o := range []telegram.Options{
		{}, {Token: "123"}, {Token: "abc:AAHsecretsecretsecretsecret"}, {Token: "1:AAHsecret secretsecretsecret"},
		{Token: "1:AAHsecretsecretsecretsecret", APIURL: "api.telegram.org"},
		{Token: "1:AAHsecretsecretsecretsecret", APIURL: "ftp://api.telegram.org"},
		{Token: "1:AAHsecretsecretsecretsecret", APIURL: "http://a b"},
		{Token: "1:AAHsecretsecretsecretsecret", APIURL: "https://api.telegram.org?x=1"},
	} {
		c, err := telegram.New(o)
		if err == nil {
			t.Errorf("New(%+v) gave %v and no error", o, c)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error holds the token: %v", err)
		}
	}
}
