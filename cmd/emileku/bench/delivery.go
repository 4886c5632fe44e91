package bench

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel/telegram/botapi"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/sqlite"
)

// DeliveryOptions say how the delivery bench goes.
type DeliveryOptions struct {
	Guests int           // who get the invitation
	For    time.Duration // how long the bot is killed; then it may finish
	Kills  int           // at most so many
	// Database is the name of the embedded database in the bot's folder.
	Database string
	// Prepare makes the event, its guests on the server, and a broadcast to
	// them that is approved; it returns the event's ID.
	Prepare func(ctx context.Context, store storage.Store, server *botapi.Server) (eventID string, err error)
	// IsGuest tells the guests' chats from the team's.
	IsGuest func(chatID int64) bool
	// Command makes the bot's process, as in CrashOptions.
	Command func(dir, url, token string, kill Kill) *exec.Cmd
	Out     io.Writer
}

// delivery is one run of the bench.
type delivery struct {
	crashRun
	o       DeliveryOptions
	eventID string

	mu     sync.Mutex
	got    map[int64]int // messages by guest
	latest time.Time     // when the last one arrived
}

// Delivery kills the bot's process again and again during a broadcast, and
// counts what was lost, doubled, or left uncertain. The figures go to Out. An
// error says that the run could not be made, or that the bot broke a promise.
func Delivery(ctx context.Context, o DeliveryOptions) error {
	dir, err := os.MkdirTemp("", "emileku-delivery-")
	if err != nil {
		return fmt.Errorf("delivery bench: %w", err)
	}
	defer os.RemoveAll(dir)
	d := &delivery{o: o, got: map[int64]int{}}
	d.dir, d.killLog = dir, filepath.Join(dir, "kills")
	d.hits, d.misses, d.kills = map[string]int{}, map[string]int{}, map[killKind]int{}
	d.crashRun.o = CrashOptions{Command: o.Command, Database: o.Database, Out: o.Out}
	d.server = botapi.New(botapi.Options{OnMessage: d.see})
	defer d.server.Close()
	if err := d.store(ctx, func(s storage.Store) (err error) {
		if err := s.Migrate(ctx); err != nil {
			return err
		}
		d.eventID, err = o.Prepare(ctx, s, d.server)
		return err
	}); err != nil {
		return fmt.Errorf("delivery bench: prepare: %w", err)
	}
	d.mu.Lock()
	d.began, d.latest = time.Now(), time.Now()
	d.mu.Unlock()
	if err := d.killing(ctx); err != nil {
		return fmt.Errorf("delivery bench: %w", err)
	}
	if err := d.finish(ctx); err != nil {
		return fmt.Errorf("delivery bench: %w", err)
	}
	d.took = time.Since(d.began)
	return d.verdict(ctx)
}

func (d *delivery) see(m botapi.Message) {
	if !m.FromBot || m.Edited || !d.o.IsGuest(m.ChatID) {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.got[m.ChatID]++
	d.latest = time.Now()
}

func (d *delivery) idle() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return time.Since(d.latest)
}

// store opens the bot's database while the bot is dead.
func (d *delivery) store(ctx context.Context, do func(storage.Store) error) error {
	s, err := sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(d.dir, d.o.Database)})
	if err != nil {
		return err
	}
	err = do(s)
	if closed := s.Close(); err == nil {
		err = closed
	}
	return err
}

// states counts the guests' rows by state.
func (d *delivery) states(ctx context.Context) (states map[storage.State]int, err error) {
	states = map[storage.State]int{}
	err = d.store(ctx, func(s storage.Store) error {
		tally, err := s.Outbox().Tally(ctx, d.eventID, app.InviteTouchpoint(""))
		for _, c := range tally {
			states[c.State] += c.N
		}
		return err
	})
	return states, err
}

// over reports whether every guest has a row that has come to its end.
func (d *delivery) over(states map[storage.State]int) bool {
	return states[storage.Sent]+states[storage.Uncertain]+states[storage.Failed] >= d.o.Guests
}

// killing gives the bot one short life after another.
func (d *delivery) killing(ctx context.Context) error {
	deadline := d.began.Add(d.o.For)
	for n := 0; n < d.o.Kills && time.Now().Before(deadline); n++ {
		kind := nextKinds[rand.IntN(len(nextKinds))]
		kill, after := d.aim(kind)
		if kind == killTimed {
			after += 300 * time.Millisecond // it takes that long to begin sending
		}
		if err := d.shortLife(ctx, kind, kill, after); err != nil {
			return err
		}
		states, err := d.states(ctx)
		if err != nil {
			return err
		}
		if d.over(states) {
			return nil
		}
	}
	return nil
}

func (d *delivery) shortLife(ctx context.Context, kind killKind, kill Kill, after time.Duration) error {
	l, err := d.start(kill)
	if err != nil {
		return err
	}
	timer := time.NewTimer(after)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		l.kill()
		return ctx.Err()
	case ended := <-l.ended:
		return d.bury(l, kind, kill, ended)
	case <-timer.C:
		_ = l.cmd.Process.Kill()
		return d.bury(l, killTimed, kill, <-l.ended)
	}
}

// bury notes how a life ended.
func (d *delivery) bury(l *life, kind killKind, kill Kill, ended error) error {
	d.noteLog(l)
	at, err := d.readKillLog()
	if err != nil {
		return err
	}
	if !killed(ended) {
		return fmt.Errorf("the bot ended by itself: %w", ended)
	}
	switch {
	case at != "":
		d.hits[at]++
	case kill.Op != "":
		d.misses[kill.Op]++
	}
	d.kills[kind]++
	return nil
}

// longestQuiet is the silence after which even a slow bot has nothing to do.
const longestQuiet = 32 * quietFor

// finish lets the bot live until the broadcast is over: again, and longer, where
// a slow machine was taken for a bot that has nothing to do.
func (d *delivery) finish(ctx context.Context) error {
	for quiet := 2 * quietFor; ; quiet *= 2 {
		if err := d.liveUntilQuiet(ctx, quiet); err != nil {
			return err
		}
		var over bool
		err := d.store(ctx, func(s storage.Store) error {
			all, err := s.Broadcasts().List(ctx, d.eventID)
			over = err == nil && all[0].Status == storage.BroadcastFinished
			return err
		})
		if err != nil || over || quiet >= longestQuiet {
			return err
		}
	}
}

// liveUntilQuiet lets the bot live until nothing was sent for a while.
func (d *delivery) liveUntilQuiet(ctx context.Context, quiet time.Duration) error {
	l, err := d.start(Kill{Log: d.killLog})
	if err != nil {
		return err
	}
	d.mu.Lock()
	d.latest = time.Now()
	d.mu.Unlock()
	// Telegram's limit is met again within a second; a long silence is the end.
	for d.idle() < quiet {
		select {
		case <-ctx.Done():
			l.kill()
			return ctx.Err()
		case err := <-l.ended:
			return fmt.Errorf("the bot ended by itself: %w", err)
		case <-time.After(100 * time.Millisecond):
		}
	}
	if err := l.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case err = <-l.ended:
	case <-time.After(endsWithin):
		l.kill()
		err = fmt.Errorf("the bot did not end within %s of SIGTERM", endsWithin)
	}
	d.noteLog(l)
	return err
}

// verdict reports, and fails where something was lost or doubled.
func (d *delivery) verdict(ctx context.Context) error {
	var uncertain, arrived, lost, doubled, reported int
	var status storage.BroadcastStatus
	states := map[storage.State]int{}
	err := d.store(ctx, func(s storage.Store) error {
		all, err := s.Broadcasts().List(ctx, d.eventID)
		if err != nil {
			return err
		}
		status = all[0].Status
		rows := map[string]storage.State{}
		for _, state := range []storage.State{storage.Queued, storage.Claimed, storage.Sent, storage.Failed, storage.Uncertain} {
			for after := ""; ; {
				page, next, err := s.Outbox().List(ctx, d.eventID, app.InviteTouchpoint(""), state, after, 500)
				if err != nil {
					return err
				}
				for _, m := range page {
					rows[m.Chat.ID] = state
					states[state]++
				}
				if after = next; next == "" {
					break
				}
			}
		}
		failures, err := s.Outbox().Failures(ctx, d.o.Guests)
		for _, m := range failures {
			if m.State == storage.Uncertain && m.EventID == d.eventID {
				reported++
			}
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		for id, state := range rows {
			n := d.got[chatID(id)]
			switch {
			case n > 1:
				doubled += n - 1
			case state == storage.Uncertain:
				uncertain++
				arrived += n
			case n == 0:
				lost++
			}
		}
		lost += d.o.Guests - len(rows)
		return err
	})
	if err != nil {
		return err
	}
	kills := 0
	for _, n := range d.kills {
		kills += n
	}
	slices.Sort(d.restarts)
	fmt.Fprintf(d.o.Out, "A broadcast to %d over Telegram at 30 a second, killed %d times in %s (%d before a write)\n", d.o.Guests, kills, d.took.Round(time.Second), sum(d.hits))
	fmt.Fprintf(d.o.Out, "  lost        %d\n  doubled     %d\n  uncertain   %d (of which %d had arrived; %d are shown to the team)\n", lost, doubled, uncertain, arrived, reported)
	fmt.Fprintf(d.o.Out, "  rows        %d sent, %d failed, %d uncertain, %d left; the broadcast is %s\n",
		states[storage.Sent], states[storage.Failed], states[storage.Uncertain], states[storage.Queued]+states[storage.Claimed], status)
	if len(d.restarts) > 0 {
		fmt.Fprintf(d.o.Out, "  ready again after %s (median), %s at most\n", d.restarts[len(d.restarts)/2].Round(time.Millisecond), d.restarts[len(d.restarts)-1].Round(time.Millisecond))
	}
	if lost > 0 || doubled > 0 || reported < uncertain || status != storage.BroadcastFinished {
		return fmt.Errorf("delivery bench: a promise was broken: lost %d, doubled %d, %d of %d uncertain ones reported, broadcast %s", lost, doubled, reported, uncertain, status)
	}
	return nil
}

func sum(of map[string]int) (n int) {
	for _, v := range of {
		n += v
	}
	return n
}

func chatID(s string) (id int64) {
	_, _ = fmt.Sscan(s, &id)
	return id
}
