package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/diskopukm/emileku/bot/channel/telegram/botapi"
	"github.com/diskopukm/emileku/bot/channel/whatsapp/wafake/exercise"
)

// exercise.AsProgram makes the test binary be the program: what is tested is the
// whole main, with the race detector where the tests have it.

func TestMain(m *testing.M) {
	if os.Getenv(exercise.AsProgram) != "" {
		useLocalWhatsApp()
		rehearse()
		main()
		return
	}
	goleak.VerifyTestMain(m)
}

// patience is for a loaded machine; nothing waits for it when all is well.
const patience = 2 * time.Minute

// process is a running emileku.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	ended chan struct{}
	err   error // after ended

	mu      sync.Mutex
	output  bytes.Buffer
	changed chan struct{}
}

// Write implements io.Writer for both outputs.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, err := p.output.Write(b)
	close(p.changed)
	p.changed = make(chan struct{})
	return n, err
}

func (p *process) text() (string, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.output.String(), p.changed
}

// start runs the program with only these variables, such as "A=b".
func start(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: exec.Command(self, args...), ended: make(chan struct{}), changed: make(chan struct{})}
	home := t.TempDir()
	p.cmd.Env = append([]string{exercise.AsProgram + "=1", "PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + home}, env...)
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = home, p, p
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.ended
	})
	return p
}

// sees waits for a line that matches and gives its first group.
func (p *process) sees(pattern string) string {
	p.t.Helper()
	re := regexp.MustCompile(pattern)
	late := time.After(patience)
	for last := false; ; {
		text, changed := p.text()
		if m := re.FindStringSubmatch(text); m != nil {
			return m[len(m)-1]
		}
		if last {
			p.t.Fatalf("ended without %q:\n%s", pattern, text)
		}
		select {
		case <-changed:
		case <-p.ended:
			last = true
		case <-late:
			p.t.Fatalf("never said %q:\n%s", pattern, text)
		}
	}
}

// code waits for the end.
func (p *process) code() (int, string) {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		text, _ := p.text()
		p.t.Fatalf("does not end:\n%s", text)
	}
	text, _ := p.text()
	var exit *exec.ExitError
	if p.err != nil && !errors.As(p.err, &exit) {
		p.t.Fatal(p.err)
	}
	return p.cmd.ProcessState.ExitCode(), text
}

func runs(t *testing.T, env []string, args ...string) (code int, text string) {
	t.Helper()
	return start(t, env, args...).code()
}

// office is a Bot API server and a folder, and the variables that name them.
type office struct {
	*botapi.Server
	dir string
}

func newOffice(t *testing.T, o botapi.Options) office {
	t.Helper()
	s := botapi.New(o)
	t.Cleanup(s.Close)
	return office{s, t.TempDir()}
}

func (o office) env(more ...string) []string {
	return append([]string{
		"TELEGRAM_TOKEN=" + o.Token(), "TELEGRAM_API_URL=" + o.URL(), "DATA_DIR=" + o.dir,
		"HTTP_ADDR=127.0.0.1:0", "LOG_FORMAT=json", "QUIET_HOURS=off",
	}, more...)
}

// httpAddress is in the log's first line.
const httpAddress = `"http":"([^"]+)".*emileku starts`

func (o office) hears(t *testing.T, chat int64, part string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := o.WaitFor(ctx, chat, func(all []botapi.Message) bool {
		for _, m := range all {
			if m.FromBot && strings.Contains(m.Text, part) {
				return true
			}
		}
		return false
	}); err != nil {
		t.Fatalf("%q never came: %v; there is %v", part, err, o.FromBot(chat))
	}
}
