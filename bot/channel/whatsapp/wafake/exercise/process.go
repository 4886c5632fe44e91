package exercise

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"sync"
	"syscall"
	"time"
)

// Process is a running program.
type Process struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	ended chan struct{}
	err   error // after ended

	mu      sync.Mutex
	output  bytes.Buffer
	changed chan struct{}
}

// start runs a program in dir with these variables only.
func start(path, dir string, env []string, args ...string) (*Process, error) {
	p := &Process{cmd: exec.Command(path, args...), ended: make(chan struct{}), changed: make(chan struct{})}
	p.cmd.Env = append([]string{AsProgram + "=1", "PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + dir}, env...)
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, p, p
	var err error
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start the program: %w", err)
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the program: %w", err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

// Write takes what the program prints.
func (p *Process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, err := p.output.Write(b)
	close(p.changed)
	p.changed = make(chan struct{})
	return n, err
}

// Output is all that it printed.
func (p *Process) Output() string {
	text, _ := p.text()
	return text
}

func (p *Process) text() (string, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.output.String(), p.changed
}

// Sees waits for output that matches and gives its last group.
func (p *Process) Sees(ctx context.Context, pattern string) (string, error) {
	re := regexp.MustCompile(pattern)
	for last := false; ; {
		text, changed := p.text()
		if m := re.FindStringSubmatch(text); m != nil {
			return m[len(m)-1], nil
		}
		if last {
			return "", fmt.Errorf("the program ended without %q:\n%s", pattern, text)
		}
		select {
		case <-changed:
		case <-p.ended:
			last = true
		case <-ctx.Done():
			return "", fmt.Errorf("the program never said %q: %w\n%s", pattern, ctx.Err(), text)
		}
	}
}

// Kill is kill -9.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// Stop is SIGTERM: the program must end by itself, with 0.
func (p *Process) Stop(ctx context.Context) (took time.Duration, err error) {
	begun := time.Now()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return 0, fmt.Errorf("stop the program: %w", err)
	}
	select {
	case <-p.ended:
	case <-ctx.Done():
		return time.Since(begun), fmt.Errorf("the program does not stop: %w\n%s", ctx.Err(), p.Output())
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		return time.Since(begun), fmt.Errorf("the program stopped with %d:\n%s", code, p.Output())
	}
	return time.Since(begun), nil
}

// finish waits for the end that a command comes to by itself.
func (p *Process) finish(ctx context.Context) error {
	select {
	case <-p.ended:
	case <-ctx.Done():
		p.Kill()
		return fmt.Errorf("%w\n%s", ctx.Err(), p.Output())
	}
	if p.err != nil {
		return fmt.Errorf("%w\n%s", p.err, p.Output())
	}
	return nil
}

// until moves the event clock.
func (p *Process) until(ctx context.Context, to time.Time) error {
	at := to.UTC().Format(time.RFC3339)
	if _, err := fmt.Fprintln(p.stdin, at); err != nil {
		return fmt.Errorf("move the clock: %w\n%s", err, p.Output())
	}
	_, err := p.Sees(ctx, regexp.QuoteMeta(ClockMoved+at))
	return err
}
