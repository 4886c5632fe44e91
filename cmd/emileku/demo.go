package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/webchat"
	"github.com/diskopukm/emileku/bot/clock"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/scheduler/outbox"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/sqlite"
	"github.com/diskopukm/emileku/templates"
)

type demoCmd struct {
	logging
	HTTPAddr    string `env:"HTTP_ADDR" default:"127.0.0.1:8080" help:"Where the practice page listens; a free port is taken if this one is not."`
	AllowRemote bool   `help:"Answer on other than loopback addresses too. Whoever reaches the page can be anybody there."`
	QuietHours  string `env:"QUIET_HOURS" default:"20:00-07:00" help:"When guests are not written to unasked (WIB), or off."`
	Days        int    `default:"45" help:"How many days ahead the practice event lies: 60 for the whole way from the first step."`
	ClockStart  string `env:"CLOCK_START" help:"The practice clock starts at this instant (RFC 3339) instead of now."`
}

// Run implements the subcommand: the whole bot on the practice page.
func (c *demoCmd) Run(ctx context.Context) error {
	d, err := c.start(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("Practice page: %s/   (end with Ctrl-C; nothing is kept)\n", d.url())
	serveErr := d.web.serve(ctx)
	return errors.Join(serveErr, d.close())
}

// start checks the settings, takes the address and begins the first life.
func (c *demoCmd) start(ctx context.Context) (*demo, error) {
	log, err := c.logger(os.Stderr)
	if err != nil {
		return nil, err
	}
	if c.LogLevel == "info" {
		log = log.Level(zerolog.WarnLevel) // whoever practises looks at the page
	}
	if err := c.checkAddress(); err != nil {
		return nil, err
	}
	start := time.Now()
	if c.ClockStart != "" {
		if start, err = time.Parse(time.RFC3339, c.ClockStart); err != nil {
			return nil, fmt.Errorf("CLOCK_START is %q; give an instant such as 2026-11-30T09:00:00+07:00", shown(c.ClockStart))
		}
	}
	quiet, err := outbox.ParseQuietHours(c.QuietHours)
	if err != nil {
		return nil, fmt.Errorf("QUIET_HOURS is %q; give a span such as 20:00-07:00, or off", shown(c.QuietHours))
	}
	listener, err := c.listen()
	if err != nil {
		return nil, err
	}
	d := &demo{ctx: ctx, log: log, quiet: quiet, start: start, days: c.Days}
	address := listener.Addr().String()
	d.web = newWebServer(address, nil, log)
	d.web.listener = listener
	d.page = webchat.New(webchat.Options{
		People: demoPeople(), Group: demoGroup(), Control: d, Log: log, URL: d.url(), AllowRemote: c.AllowRemote,
	})
	d.web.show(d.page.Handler())
	if err := d.open(); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return d, nil
}

// url is where the page is found from this machine.
func (d *demo) url() string {
	host, port, _ := net.SplitHostPort(d.web.addr())
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

func (c *demoCmd) checkAddress() error {
	host, _, err := net.SplitHostPort(c.HTTPAddr)
	if err != nil {
		return fmt.Errorf("HTTP_ADDR is %q; give host and port such as 127.0.0.1:8080", shown(c.HTTPAddr))
	}
	if ip := net.ParseIP(host); !c.AllowRemote && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("HTTP_ADDR %s can be reached from outside, and the practice page has no log-in; add --allow-remote if that is what you want", c.HTTPAddr)
	}
	return nil
}

// listen takes the address, or a free port beside it when the default one is
// in use.
func (c *demoCmd) listen() (net.Listener, error) {
	l, err := net.Listen("tcp", c.HTTPAddr)
	if err == nil {
		return l, nil
	}
	host, _, _ := net.SplitHostPort(c.HTTPAddr)
	free, freeErr := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if freeErr != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return free, nil
}

// demo is the practice world: a program over a database of its own that is
// thrown away. It is the page's webchat.Control.
type demo struct {
	ctx   context.Context
	log   zerolog.Logger
	quiet outbox.QuietHours
	start time.Time
	days  int // how far ahead the event lies
	page  *webchat.Channel
	web   *webServer

	// jumping keeps two moves of the clock, or a move and a reset, apart.
	jumping sync.Mutex
	mu      sync.Mutex
	world   *world
}

// world is one life of the demo.
type world struct {
	program *program
	clock   *clock.Shifted
	store   storage.Store
	dir     string
	stop    context.CancelFunc
	ended   *errgroup.Group
}

func (d *demo) current() *world {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.world
}

// open begins a life: a fresh database, the sample data, all parts running.
func (d *demo) open() (err error) {
	dir, err := os.MkdirTemp("", "emileku-demo-")
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	store, err := sqlite.Open(d.ctx, sqlite.Options{Path: filepath.Join(dir, databaseFile), Relaxed: true, Log: d.log})
	if err != nil {
		return errors.Join(fmt.Errorf("demo: %w", err), os.RemoveAll(dir))
	}
	w := &world{clock: clock.NewShifted(d.start), store: store, dir: dir}
	discard := func(err error) error { return errors.Join(err, store.Close(), os.RemoveAll(dir)) }
	if err := store.Migrate(d.ctx); err != nil {
		return discard(err)
	}
	w.program, err = assemble(bases{store: store, clock: w.clock, channels: []channel.Channel{d.page}, quiet: d.quiet, log: d.log})
	if err != nil {
		return discard(err)
	}
	if err := sampleData(d.ctx, w.program, w.clock.Now(), d.days); err != nil {
		return discard(fmt.Errorf("sample data: %w", err))
	}
	ctx, stop := context.WithCancel(d.ctx)
	w.stop, w.ended = stop, &errgroup.Group{}
	w.ended.Go(func() error { return w.program.run(ctx) })
	d.mu.Lock()
	d.world = w
	d.mu.Unlock()
	d.web.prog.Store(w.program)
	d.web.ready.Store(true)
	return nil
}

// close ends the present life and throws its data away.
func (d *demo) close() error {
	d.mu.Lock()
	w := d.world
	d.world = nil
	d.mu.Unlock()
	if w == nil {
		return nil
	}
	d.web.ready.Store(false)
	d.web.prog.Store(nil)
	w.stop()
	return errors.Join(w.ended.Wait(), w.store.Close(), os.RemoveAll(w.dir))
}

// Now implements webchat.Control.
func (d *demo) Now() time.Time {
	if w := d.current(); w != nil {
		return w.clock.Now()
	}
	return time.Now()
}

// errAsleep: the world is being made anew.
var errAsleep = errors.New("the practice world is starting")

// Jump implements webchat.Control: the clock stops at every moment on the way
// at which something may fall due, so that nothing is passed over.
func (d *demo) Jump(ctx context.Context, to time.Time) error {
	d.jumping.Lock()
	defer d.jumping.Unlock()
	w := d.current()
	if w == nil {
		return errAsleep
	}
	for {
		next, err := w.program.planner.NextStop(ctx, w.clock.Now(), to)
		if err != nil {
			return err
		}
		w.clock.Set(next)
		if err := w.program.planner.Tick(ctx); err != nil {
			return err
		}
		if err := w.settle(ctx); err != nil {
			return err
		}
		if !next.Before(to) {
			return nil
		}
	}
}

// settleWithin is how long a stop of the clock waits for its messages.
const settleWithin = 5 * time.Second

// settle waits until what is due now has been sent, as far as quiet hours let
// it.
func (w *world) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, settleWithin)
	defer cancel()
	for {
		w.program.sender.Wake()
		busy, err := w.busy(ctx)
		if ctx.Err() != nil {
			return nil // the page shows what is still on its way
		}
		if err != nil || !busy {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// busy reports whether a message is on its way, or due and not held by quiet
// hours.
func (w *world) busy(ctx context.Context) (bool, error) {
	counts, err := w.store.Outbox().Counts(ctx)
	if err != nil {
		return false, err
	}
	for _, c := range counts {
		if c.State == storage.Claimed && c.N > 0 {
			return true, nil
		}
	}
	oldest, err := w.store.Outbox().Oldest(ctx, time.Now())
	return oldest != nil && !w.program.quiet.At(w.clock.Now()), err
}

// NextDue implements webchat.Control.
func (d *demo) NextDue(ctx context.Context) (string, time.Time, bool) {
	w := d.current()
	if w == nil {
		return "", time.Time{}, false
	}
	e, err := w.program.app.Current(ctx)
	if err != nil {
		return "", time.Time{}, false
	}
	plan, err := w.program.app.Plan(ctx, e)
	if err != nil {
		return "", time.Time{}, false
	}
	i := slices.IndexFunc(plan, func(p event.Planned) bool { return p.Due.At.After(w.clock.Now()) && !p.State.Settled() })
	if i < 0 {
		return "", time.Time{}, false
	}
	due := plan[i].Due
	label, err := w.program.texts.Text("demo.due", templates.Data{"Due": due, "Name": w.program.texts.TaskTitle(plan[i].Task), "Hours": int(due.Before / time.Hour)})
	return label, due.At, err == nil
}

// EventDay implements webchat.EventDay.
func (d *demo) EventDay(ctx context.Context) (time.Time, bool) {
	w := d.current()
	if w == nil {
		return time.Time{}, false
	}
	e, err := w.program.app.Current(ctx)
	if err != nil {
		return time.Time{}, false
	}
	return e.Day(), true
}

// Reset implements webchat.Control.
func (d *demo) Reset(context.Context) error {
	d.jumping.Lock()
	defer d.jumping.Unlock()
	if err := d.close(); err != nil {
		d.log.Warn().Err(err).Msg("the old practice world did not end cleanly")
	}
	d.page.Clear()
	return d.open()
}

// Status implements webchat.Control.
func (d *demo) Status(ctx context.Context) ([]webchat.StatusLine, error) {
	w := d.current()
	if w == nil {
		return nil, errAsleep
	}
	counts, err := w.store.Outbox().Counts(ctx)
	if err != nil {
		return nil, err
	}
	n := map[storage.State]int{}
	for _, c := range counts {
		n[c.State] += c.N
	}
	people, err := w.store.People().Count(ctx)
	if err != nil {
		return nil, err
	}
	line := func(key string, v int, attention bool) webchat.StatusLine {
		return webchat.StatusLine{Label: w.program.texts.Label("demo", key), Value: w.program.texts.Number(v), Attention: attention}
	}
	return []webchat.StatusLine{
		line("people", people, false),
		line("sent", n[storage.Sent]+n[storage.Delivered]+n[storage.Read], false),
		line("queued", n[storage.Queued]+n[storage.Claimed], false),
		line("failed", n[storage.Failed]+n[storage.Uncertain], n[storage.Failed]+n[storage.Uncertain] > 0),
	}, nil
}
