package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/rs/zerolog"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/telegram/botapi"
	"github.com/diskopukm/emileku/bot/clock"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/cmd/emileku/bench"
	"github.com/diskopukm/emileku/scheduler/outbox"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/mongo"
	"github.com/diskopukm/emileku/storage/sqlite"
)

type stepsCmd struct {
	For      time.Duration `default:"5s" help:"How long each line of the table is measured."`
	AtOnce   []int         `default:"1,10,50,200" help:"How many people register at the same time."`
	Contacts int           `default:"10000" help:"People in the database for memory at rest and time to be ready."`
	MongoDB  string        `name:"mongodb-test-uri" env:"MONGODB_TEST_URI" help:"A MongoDB to measure as well; a database of its own is made there and emptied afterwards."`
}

// Run implements the subcommand.
func (c *stepsCmd) Run(ctx context.Context) error {
	if c.For <= 0 || c.For > time.Hour || c.Contacts < 0 || c.Contacts > 1_000_000 {
		return errors.New("bench steps: give at most 1 h and 1000000 contacts")
	}
	dir, err := os.MkdirTemp("", "emileku-steps-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Println("Registering through the whole core: inbox, dialog, outbox; a network without delay or limits.")
	fmt.Println("queued, sent: from taking a message in until its answer is in the outbox, and is sent.")
	fmt.Println("\nembedded (SQLite, every write on disk)")
	store, err := sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(dir, "steps.db")})
	if err != nil {
		return err
	}
	if err := c.table(ctx, store, os.Stdout); err != nil {
		return errors.Join(err, store.Close())
	}
	if err := store.Close(); err != nil {
		return err
	}
	fmt.Println("\nMongoDB")
	if c.MongoDB == "" {
		fmt.Println("not measured (MONGODB_TEST_URI is not set)")
	} else if err := c.mongo(ctx); err != nil {
		return err
	}
	return c.atRest(ctx, filepath.Join(dir, "rest"))
}

func (c *stepsCmd) mongo(ctx context.Context) (err error) {
	store, err := mongo.Open(ctx, mongo.Options{URI: c.MongoDB, Database: fmt.Sprintf("emileku_bench_%d", time.Now().UnixNano())})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Raw().Clear(context.WithoutCancel(ctx)), store.Close()) }()
	return c.table(ctx, store, os.Stdout)
}

// table measures one database.
func (c *stepsCmd) table(ctx context.Context, store storage.Store, out io.Writer) error {
	script, err := bench.NewScript()
	if err != nil {
		return err
	}
	if err := store.Migrate(ctx); err != nil {
		return err
	}
	flushes := &bench.Flushes{Store: store}
	loop := bench.NewLoopback()
	p, err := assemble(bases{
		store: flushes, clock: clock.Real{}, channels: []channel.Channel{loop},
		limits: map[channel.Name]outbox.Limits{loop.Name(): {}},
		log:    zerolog.New(os.Stderr).Level(zerolog.WarnLevel),
	})
	if err != nil {
		return err
	}
	if err := benchEvent(ctx, p.app); err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- p.run(running) }()
	fmt.Fprintln(out, bench.Heading())
	first := 0
	for _, n := range c.AtOnce {
		var f bench.Figures
		if f, first, err = loop.Walk(ctx, script, flushes, first, n, c.For); err != nil {
			break
		}
		fmt.Fprintln(out, f)
	}
	stop()
	return errors.Join(err, <-ended)
}

// benchEvent makes an event that people can register for.
func benchEvent(ctx context.Context, a *app.App) error {
	by := app.Actor{Person: &event.Person{ID: "bench", Name: "Bench"}, Inbound: "bench:event"}
	_, err := a.CreateEvent(ctx, by, app.NewEvent{
		Title: "E-MILE KU", Start: time.Now().AddDate(0, 0, 45), Place: "Lapangan Tegar Beriman, Cibinong",
	})
	return err
}

// contacts fills a database with people who have written once.
func (c *stepsCmd) contacts(ctx context.Context, dir string) error {
	store, err := sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(dir, databaseFile), Relaxed: true})
	if err != nil {
		return err
	}
	fill := func() error {
		if err := store.Migrate(ctx); err != nil {
			return err
		}
		a := app.New(store, clock.Real{})
		if err := benchEvent(ctx, a); err != nil {
			return err
		}
		for n := range c.Contacts {
			id := strconv.Itoa(610_000_000 + n)
			chat := channel.Chat{Channel: channel.Telegram, ID: id}
			p, err := a.Identify(ctx, channel.Inbound{Chat: chat, Sender: channel.Sender{ID: id, Name: "Warga " + id}})
			if err != nil {
				return err
			}
			now := time.Now().UTC().Truncate(time.Millisecond)
			if err := store.Chats().Save(ctx, &storage.Chat{ID: chat.String(), PersonID: p.ID, UpdatedAt: now}); err != nil {
				return err
			}
		}
		return nil
	}
	return errors.Join(fill(), store.Close())
}

// restFor is how long the bot is left alone before its memory is looked at: by
// then it has learned to read replies, and has given back what that took.
const restFor = 35 * time.Second

// atRest starts the bot itself and looks at the process.
func (c *stepsCmd) atRest(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := c.contacts(ctx, dir); err != nil {
		return fmt.Errorf("contacts: %w", err)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	server := botapi.New(botapi.Options{})
	defer server.Close()
	addr, err := freeAddr()
	if err != nil {
		return err
	}
	cmd := exec.Command(self, "run")
	cmd.Env = append(childEnv(dir, server.URL(), server.Token()), "HTTP_ADDR="+addr)
	var log bytes.Buffer
	cmd.Stderr = &log
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return err
	}
	ready, err := untilReady(ctx, "http://"+addr+"/readyz", began)
	if err != nil {
		return errors.Join(fmt.Errorf("%w; the bot said:\n%s", err, log.String()), cmd.Process.Kill(), cmd.Wait())
	}
	select {
	case <-time.After(restFor):
	case <-ctx.Done():
	}
	rss, peak := memoryOf(cmd.Process.Pid, "VmRSS:"), memoryOf(cmd.Process.Pid, "VmHWM:")
	stopErr := errors.Join(cmd.Process.Signal(syscall.SIGTERM), cmd.Wait())
	fmt.Printf("\nat rest, with %d contacts (embedded)\n  ready after start   %s\n  resident memory     %s (%s at most)\n", c.Contacts, ready.Round(time.Millisecond), rss, peak)
	return stopErr
}

func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// readyWithin bounds the wait for a bot that starts.
const readyWithin = 30 * time.Second

func untilReady(ctx context.Context, url string, began time.Time) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return 0, err
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return time.Since(began), nil
			}
		}
		select {
		case <-ctx.Done():
			return 0, fmt.Errorf("not ready: %w", ctx.Err())
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// memoryOf is what the kernel says of a process's memory.
func memoryOf(pid int, what string) string {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return "not measured (no /proc on this system)"
	}
	for line := range bytes.Lines(raw) {
		if rest, ok := bytes.CutPrefix(line, []byte(what)); ok {
			var kB int
			if _, err := fmt.Sscan(string(rest), &kB); err == nil {
				return fmt.Sprintf("%.1f MB", float64(kB)/1024)
			}
		}
	}
	return "not measured"
}
