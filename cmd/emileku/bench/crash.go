package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel/telegram/botapi"
	"github.com/diskopukm/emileku/bot/clock"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage/sqlite"
)

// CrashOptions say how the crash bench goes.
type CrashOptions struct {
	People int           // who register at once; more waves follow while time is left
	For    time.Duration // how long new waves begin
	Waves  int           // at most so many; 0: as many as there is time for
	// Database is the name of the embedded database in the bot's folder.
	Database string
	// Command makes the bot's process: serve on Telegram at url, with its
	// database in dir, dying as kill says.
	Command func(dir, url, token string, kill Kill) *exec.Cmd
	Out     io.Writer
}

// finishWithin bounds how long the last wave may take beyond For.
const finishWithin = 3 * time.Minute

// crashRun is one run of the bench. Its fields belong to Crash's goroutine.
type crashRun struct {
	o       CrashOptions
	dir     string
	server  *botapi.Server
	crowd   *crowd
	eventID string

	inFlight map[string]int // row ID → kills that found it on its way

	killLog  string
	points   []string // write points known
	hits     map[string]int
	misses   map[string]int // aimed at, and did not come
	kills    map[killKind]int
	restarts []time.Duration
	leaks    int
	faults   []string
	waves    int
	began    time.Time
	took     time.Duration
}

// Crash lets people register over Telegram while the bot's process is killed
// again and again, and checks that nothing was lost or doubled. The figures go
// to Out. An error says that the run could not be made, or that the bot broke
// a promise.
func Crash(ctx context.Context, o CrashOptions) error {
	script, err := NewScript()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "emileku-crash-")
	if err != nil {
		return fmt.Errorf("crash bench: %w", err)
	}
	defer os.RemoveAll(dir)
	r := &crashRun{
		o: o, dir: dir, crowd: newCrowd(script), killLog: filepath.Join(dir, "kills"),
		inFlight: map[string]int{}, hits: map[string]int{}, misses: map[string]int{}, kills: map[killKind]int{},
	}
	r.server = botapi.New(botapi.Options{OnMessage: r.crowd.arrive})
	defer r.server.Close()
	r.crowd.server = r.server
	if err := r.prepare(ctx); err != nil {
		return fmt.Errorf("crash bench: prepare: %w", err)
	}
	r.began = time.Now()
	if err := r.killAndRestart(ctx); err != nil {
		return fmt.Errorf("crash bench: %w", err)
	}
	r.took = time.Since(r.began)
	found, err := r.verify(ctx)
	if err != nil {
		return fmt.Errorf("crash bench: verify: %w", err)
	}
	return r.report(found)
}

// booths is how many UKM of a wave get a booth, in percent of its people: some
// have to wait.
const booths = 20

// prepare makes the event that people register for.
func (r *crashRun) prepare(ctx context.Context) error {
	store, err := sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(r.dir, r.o.Database)})
	if err != nil {
		return err
	}
	err = func() error {
		if err := store.Migrate(ctx); err != nil {
			return err
		}
		a := app.New(store, clock.Real{})
		by := app.Actor{Person: &event.Person{ID: "bench", Name: "Bench"}, Inbound: "bench:1"}
		e, err := a.CreateEvent(ctx, by, app.NewEvent{
			Title: "E-MILE KU", Start: time.Now().AddDate(0, 0, 45), Place: "Lapangan Tegar Beriman, Cibinong",
		})
		if err != nil {
			return err
		}
		r.eventID = e.ID
		_, err = a.UpdateEvent(ctx, by, e.ID, "event.quota", "", func(e *event.Event) {
			e.Quotas = map[event.Audience]event.Quota{
				event.UKM:       {Limit: max(1, r.o.People*booths/100)},
				event.Performer: {Limit: 1_000_000},
			}
		})
		return err
	}()
	return errors.Join(err, store.Close())
}

// killAndRestart runs the waves and kills the bot meanwhile. In the end the
// bot is left alone until it has nothing more to do, and told to stop.
func (r *crashRun) killAndRestart(ctx context.Context) error {
	deadline := r.began.Add(r.o.For)
	giveUp := time.NewTimer(r.o.For + finishWithin)
	defer giveUp.Stop()
	r.crowd.latest.Store(time.Now().UnixNano())
	done := r.crowd.begin(r.o.People)
	r.waves = 1
	for {
		over, err := r.oneLife(ctx, nextKinds[rand.IntN(len(nextKinds))], done, giveUp.C)
		if err != nil {
			return err
		}
		if !over {
			continue
		}
		if time.Now().After(deadline) || r.waves == r.o.Waves || len(r.crowd.unfinished()) > 0 {
			break
		}
		done = r.crowd.begin(r.o.People)
		r.waves++
	}
	return r.lastLife(ctx)
}

// oneLife starts the bot and sees it killed. over: the wave is complete, or
// will not be.
func (r *crashRun) oneLife(ctx context.Context, kind killKind, done <-chan struct{}, giveUp <-chan time.Time) (over bool, err error) {
	kill, after := r.aim(kind)
	if r.idle() > breatherAfter {
		// A slow machine, or Telegram's retry_after, may need a longer life than
		// those given so far: a bot that is right delivers in this one.
		kind, kill, after = killTimed, Kill{Log: r.killLog}, breather
	}
	l, err := r.start(kill)
	if err != nil {
		return false, err
	}
	timer := time.NewTimer(after)
	defer timer.Stop()
	var ended error
	select {
	case <-ctx.Done():
		l.kill()
		return false, ctx.Err()
	case <-giveUp:
		r.giveUp()
		over = true
	case <-done:
		over = true
	case <-timer.C:
		if r.stalled() {
			r.giveUp()
			over = true
		}
	case ended = <-l.ended:
		return false, r.buryOne(ctx, l, kind, kill, ended)
	}
	_ = l.cmd.Process.Kill()
	ended = <-l.ended
	return over, r.buryOne(ctx, l, killTimed, kill, ended)
}

// stallAfter is how long nobody must be sent anything before a wave counts as
// stuck: far longer than the limits of Telegram and a number of kills delay it.
const stallAfter = 60 * time.Second

// breatherAfter is how long nobody must be sent anything before the bot is
// given a long life, and breather how long that is.
const (
	breatherAfter = 8 * time.Second
	breather      = 12 * time.Second
)

func (r *crashRun) idle() time.Duration { return time.Since(time.Unix(0, r.crowd.latest.Load())) }

func (r *crashRun) stalled() bool { return r.idle() > stallAfter }

func (r *crashRun) giveUp() {
	for _, who := range r.crowd.unfinished() {
		r.crowd.breach("not finished: %s", who)
	}
}

// buryOne notes how a life ended.
func (r *crashRun) buryOne(ctx context.Context, l *life, kind killKind, kill Kill, ended error) error {
	r.noteLog(l)
	at, err := r.readKillLog()
	if err != nil {
		return err
	}
	if !killed(ended) {
		l.log.mu.Lock()
		defer l.log.mu.Unlock()
		return fmt.Errorf("the bot ended by itself (%w); its last words:\n%s", ended, strings.Join(l.log.tail, "\n"))
	}
	switch {
	case at != "":
		r.hits[at]++
		if kind == killTimed { // both at once: it was quicker
			kind = killNth
			if kill.Op != "" {
				kind = killAimed
			}
		}
	case kill.Op != "":
		r.misses[kill.Op]++
	}
	r.kills[kind]++
	return r.autopsy(ctx)
}

// killed reports whether a process ended by SIGKILL.
func killed(ended error) bool {
	var exit *exec.ExitError
	if !errors.As(ended, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

func (r *crashRun) noteLog(l *life) {
	l.log.mu.Lock()
	defer l.log.mu.Unlock()
	if !l.log.readyAt.IsZero() {
		r.restarts = append(r.restarts, l.log.readyAt.Sub(l.started))
	}
	r.leaks += l.log.leaks
	r.faults = append(r.faults, l.log.faults...)
}

// quietFor is how long nothing must arrive before the bot counts as idle.
const quietFor = 3 * time.Second

// endsWithin is how long the bot has to end after SIGTERM.
const endsWithin = 30 * time.Second

// lastLife lets the bot finish what is left, then stops it the gentle way.
func (r *crashRun) lastLife(ctx context.Context) error {
	l, err := r.start(Kill{Log: r.killLog})
	if err != nil {
		return err
	}
	r.crowd.latest.Store(time.Now().UnixNano())
	for time.Since(time.Unix(0, r.crowd.latest.Load())) < quietFor || r.server.Pending() > 0 {
		select {
		case <-ctx.Done():
			l.kill()
			return ctx.Err()
		case err := <-l.ended:
			return fmt.Errorf("the bot ended by itself: %w", err)
		case <-time.After(100 * time.Millisecond):
		}
	}
	r.crowd.typing.Wait()
	if err := l.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case err = <-l.ended:
		if err != nil {
			r.crowd.breach("the bot did not end well at SIGTERM: %v", err)
		}
	case <-time.After(endsWithin):
		r.crowd.breach("the bot did not end within %s of SIGTERM", endsWithin)
		l.kill()
	}
	r.noteLog(l)
	return nil
}

// ErrBroken: the bot broke a promise; the report says which.
var ErrBroken = errors.New("the bot broke a promise")

func (r *crashRun) report(f findings) error {
	var total int
	for _, n := range r.kills {
		total += n
	}
	slices.Sort(r.restarts)
	row := func(name, format string, args ...any) {
		fmt.Fprintf(r.o.Out, "%-34s %s\n", name, fmt.Sprintf(format, args...))
	}
	row("time", "%s, %d waves of %d people at once", r.took.Round(100*time.Millisecond), r.waves, r.o.People)
	row("kill -9", "%d", total)
	for _, kind := range killKinds {
		row("  "+string(kind), "%d", r.kills[kind])
	}
	row("distinct write points hit", "%d of %d seen", len(r.hits), len(r.points))
	row("  each", "%s", r.pointList())
	row("restart until it takes messages", "p50 %s, max %s (%d restarts)", percentile(r.restarts, 50), percentile(r.restarts, 100), len(r.restarts))
	row("registrations", "%d of %d people, %d confirmed, %d on the waiting list", f.registrations, f.people, f.confirmed, f.waiting)
	row("answers given", "%d; values kept wrongly or lost: %d", r.crowd.answers.Load(), f.wrong)
	onTheirWay := 0
	for _, n := range r.inFlight {
		onTheirWay += n
	}
	row("messages of the bot", "%d; on their way at a kill: %d, of which %d arrived twice", f.messages, onTheirWay, f.copies)
	row("numbers used twice", "%d (%d gaps)", f.doubledNumbers, f.gaps)
	row("places used twice or lost", "%d", f.doubledPlaces)
	row("log lines with the token", "%d; of level error: %d", r.leaks, len(r.faults))
	row("calls over a limit (429)", "%d", r.server.TooMany())
	for i, line := range r.faults {
		if i == 10 {
			break
		}
		fmt.Fprintln(r.o.Out, "  logged:", line)
	}
	if r.leaks > 0 {
		r.crowd.breach("the token is in the log")
	}
	if len(r.crowd.breaches) == 0 {
		fmt.Fprintln(r.o.Out, "promises kept: all")
		return nil
	}
	fmt.Fprintf(r.o.Out, "promises broken: %d\n", len(r.crowd.breaches))
	for _, b := range r.crowd.breaches {
		fmt.Fprintln(r.o.Out, "  ", b)
	}
	return ErrBroken
}

func (r *crashRun) pointList() string {
	var out []string
	for _, op := range r.points {
		if n := r.hits[op]; n > 0 {
			out = append(out, fmt.Sprintf("%s ×%d", op, n))
		} else {
			out = append(out, op+" –")
		}
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// percentile of a sorted list, rounded for reading.
func percentile(sorted []time.Duration, p int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	d := sorted[min(len(sorted)*p/100, len(sorted)-1)]
	if d < 10*time.Millisecond {
		return d.Round(10 * time.Microsecond)
	}
	return d.Round(time.Millisecond)
}
