package main

import (
	"context"
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/store/sqlstore"
	"go.mau.fi/whatsmeow/types/events"
	waLog "go.mau.fi/whatsmeow/util/log"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"
	_ "modernc.org/sqlite" // the store of the client

	"github.com/diskopukm/emileku/bot/channel/whatsapp/wafake"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// screen is what the drill printed.
type screen struct {
	mu      sync.Mutex
	text    strings.Builder
	changed chan struct{}
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.changed)
	s.changed = make(chan struct{})
	return s.text.Write(p)
}

// shows waits until the screen holds a match, and gives its first group.
func (s *screen) shows(t *testing.T, pattern string) string {
	t.Helper()
	want := regexp.MustCompile(pattern)
	timeout := time.After(30 * time.Second)
	for {
		s.mu.Lock()
		text, changed := s.text.String(), s.changed
		s.mu.Unlock()
		if m := want.FindStringSubmatch(text); m != nil {
			return m[len(m)-1]
		}
		select {
		case <-changed:
		case <-timeout:
			t.Fatalf("the screen never showed %s:\n%s", pattern, text)
		}
	}
}

// TestDrill links a bot from outside by what the drill prints, and drives it by
// what can be typed.
func TestDrill(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	typed, keyboard := io.Pipe()
	out := &screen{changed: make(chan struct{})}
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, typed, out, "628118300001", 2) }()
	enter := func(line string) {
		t.Helper()
		if _, err := io.WriteString(keyboard, line+"\n"); err != nil {
			t.Fatal(err)
		}
	}
	endpoint, err := wafake.ParseEndpoint(out.shows(t, `(?m)^(\{"address".*\})$`))
	if err != nil {
		t.Fatal(err)
	}
	codes, bot := answering(t, endpoint)
	enter("scan " + <-codes)
	out.shows(t, "has agreed")
	enter("wait linked")
	enter("2 halo")
	out.shows(t, `\[2 Budi Santoso\] < \(poll\) Anda menulis halo\?\n      1\) Ya`)
	enter("vote 2 1")
	out.shows(t, `\[2 Budi Santoso\] < Terima kasih`)
	enter("sent 2")
	out.shows(t, `2 messages, 0 of them cold; 0 refused`)
	enter("crowd 40 5")
	out.shows(t, `40 people: \+628121?\d+ to \+\d+; 2 of them have left WhatsApp`)
	enter("group Panitia 1 2")
	out.shows(t, `Group 1 is "Panitia"`)
	enter("say 1 1 halo semua")
	for line, complaint := range map[string]string{
		"1":          "nothing to write",
		"terbang":    "neither a command",
		"ban lama":   "no duration",
		"vote 1 1":   "has got no poll",
		"reachout x": "no number",
		"scan":       "some argument is missing",
		"read 99":    "not the number of a person",
	} {
		enter(line)
		out.shows(t, complaint)
	}
	for name := range commands {
		enter("help")
		out.shows(t, `(?m)^`+regexp.QuoteMeta(commands[name].usage))
	}
	bot()
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	_ = keyboard.Close()
}

// answering is a bot that asks a poll in answer to a text, and thanks for a
// vote. It gives its QR codes, and how to end it.
func answering(t *testing.T, endpoint wafake.Endpoint) (codes <-chan string, end func()) {
	t.Helper()
	if err := endpoint.TrustRoot(); err != nil {
		t.Fatal(err)
	}
	web, err := endpoint.HTTPClient()
	if err != nil {
		t.Fatal(err)
	}
	dsn := "file:" + filepath.Join(t.TempDir(), "wa.db") + "?_pragma=foreign_keys(1)&_pragma=busy_timeout(10000)&_txlock=immediate"
	stores, err := sqlstore.New(t.Context(), "sqlite", dsn, waLog.Noop)
	if err != nil {
		t.Fatal(err)
	}
	cli := whatsmeow.NewClient(stores.NewDevice(), waLog.Noop)
	cli.SetPreLoginHTTPClient(web)
	cli.SetWebsocketHTTPClient(web)
	cli.SynchronousAck = true
	ctx, stop := context.WithCancel(context.Background())
	cli.BackgroundEventCtx = ctx
	shown := make(chan string, 1)
	cli.AddEventHandler(func(e any) {
		switch e := e.(type) {
		case *events.QR:
			shown <- e.Codes[0]
		case *events.Message:
			answer := &waE2E.Message{Conversation: proto.String("Terima kasih")}
			if text := e.Message.GetConversation(); text != "" && !e.Info.IsGroup {
				answer = cli.BuildPollCreation("Anda menulis "+text+"?", []string{"Ya", "Tidak"}, 1)
			} else if e.Message.GetPollUpdateMessage() == nil {
				return
			}
			if _, err := cli.SendMessage(ctx, e.Info.Chat, answer); err != nil {
				t.Error(err)
			}
		}
	})
	if err := cli.Connect(); err != nil {
		t.Fatal(err)
	}
	return shown, func() {
		// Its answer comes after all that was on the way.
		if _, err := cli.GetBlocklist(ctx); err != nil {
			t.Error(err)
		}
		cli.Disconnect()
		stop()
		web.CloseIdleConnections()
		_ = stores.Close()
	}
}
