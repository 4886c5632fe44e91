package bench

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

// Kill is how a process is to end itself.
type Kill struct {
	Op    string // before a write of this name only; "": before any
	After int    // at the so-manieth such write; 0: never
	Log   string // file in which write points are noted
}

// Hook is the BeforeWrite of a process that is to die of its own hand. It
// notes every write point that it sees for the first time.
func (k Kill) Hook() (func(op string), error) {
	file, err := os.OpenFile(k.Log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("kill log: %w", err)
	}
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		return nil, fmt.Errorf("kill log: %w", err)
	}
	var mu sync.Mutex
	seen, n := map[string]bool{}, 0
	return func(op string) {
		mu.Lock()
		defer mu.Unlock()
		if !seen[op] {
			seen[op] = true
			_, _ = fmt.Fprintln(file, "seen", op) // missing, it is aimed at later
		}
		if k.After == 0 || k.Op != "" && op != k.Op {
			return
		}
		if n++; n < k.After {
			return
		}
		_, _ = fmt.Fprintln(file, "killed", op)
		if self.Kill() == nil {
			select {} // until the signal has come through
		}
	}, nil
}

// killKind is how a life of the bot ended.
type killKind string

const (
	killTimed killKind = "at a random time"
	killNth   killKind = "at a random write"
	killAimed killKind = "at a chosen write"
)

var killKinds = []killKind{killTimed, killNth, killAimed}

// nextKinds are drawn from, so that every other kill is an aimed one.
var nextKinds = []killKind{killTimed, killNth, killAimed, killAimed}

// aim chooses how the next life is to end. Write points that were hit least
// are chosen first, as a random write is nearly always one of the frequent.
func (r *crashRun) aim(kind killKind) (k Kill, after time.Duration) {
	k.Log = r.killLog
	switch kind {
	case killTimed:
		return k, time.Duration(30+rand.IntN(1500)) * time.Millisecond
	case killNth:
		k.After = 1 + rand.IntN(250)
	case killAimed:
		if k.After = 1; rand.IntN(2) == 0 {
			k.After += rand.IntN(8)
		}
		least := -1
		ops := slices.Clone(r.points)
		rand.Shuffle(len(ops), func(i, j int) { ops[i], ops[j] = ops[j], ops[i] })
		for _, op := range ops {
			if n := 4*r.hits[op] + r.misses[op]; least < 0 || n < least {
				k.Op, least = op, n
			}
		}
	}
	return k, time.Duration(800+rand.IntN(1200)) * time.Millisecond // where the write does not come
}

// life is one process of the bot.
type life struct {
	cmd     *exec.Cmd
	started time.Time
	ended   chan error    // of Wait, once the log is read to its end
	ready   chan struct{} // closed when it takes in messages
	log     *childLog
}

// kill ends a life for good. How it ended says nothing then.
func (l *life) kill() {
	_ = l.cmd.Process.Kill()
	<-l.ended //nolint:errcheck // it was killed
}

func (r *crashRun) start(k Kill) (*life, error) {
	l := &life{cmd: r.o.Command(r.dir, r.server.URL(), r.server.Token(), k), ended: make(chan error, 1), ready: make(chan struct{})}
	l.log = &childLog{token: r.server.Token(), ready: l.ready}
	stderr, err := l.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	l.cmd.Stdout = io.Discard
	l.started = time.Now()
	if err := l.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the bot: %w", err)
	}
	go func() {
		l.log.read(stderr)
		l.ended <- l.cmd.Wait()
	}()
	return l, nil
}

// childLog looks at what a process logs.
type childLog struct {
	token string
	ready chan struct{}

	mu      sync.Mutex
	readyAt time.Time
	tail    []string
	faults  []string // lines of level error and above
	leaks   int      // lines with the token
}

const logTail = 40

func (c *childLog) read(r io.Reader) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Bytes()
		c.mu.Lock()
		if bytes.Contains(line, []byte(c.token)) {
			c.leaks++
		}
		if bytes.Contains(line, []byte("telegram: receiving")) && c.readyAt.IsZero() {
			c.readyAt = time.Now()
			close(c.ready)
		}
		if bytes.Contains(line, []byte(`"level":"error"`)) || bytes.Contains(line, []byte(`"level":"fatal"`)) || bytes.HasPrefix(line, []byte("panic")) {
			c.faults = append(c.faults, string(line))
		}
		if c.tail = append(c.tail, string(line)); len(c.tail) > logTail {
			c.tail = c.tail[1:]
		}
		c.mu.Unlock()
	}
}

// readKillLog returns what the lives so far noted, and empties the file.
func (r *crashRun) readKillLog() (killedAt string, err error) {
	raw, err := os.ReadFile(r.killLog)
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(raw)) {
		verb, op, _ := strings.Cut(strings.TrimSpace(line), " ")
		if verb == "killed" {
			killedAt = op
		}
		if !slices.Contains(r.points, op) {
			r.points = append(r.points, op)
		}
	}
	return killedAt, os.Truncate(r.killLog, 0)
}
