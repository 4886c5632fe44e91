package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/diskopukm/emileku/bot"
	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/clock"
	"github.com/diskopukm/emileku/bot/metrics"
	"github.com/diskopukm/emileku/bot/replylink"
	"github.com/diskopukm/emileku/scheduler"
	"github.com/diskopukm/emileku/scheduler/outbox"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/mongo"
	"github.com/diskopukm/emileku/storage/sqlite"
	"github.com/diskopukm/emileku/templates"
)

// openTimeout is how long the database may take to answer at start.
const openTimeout = 30 * time.Second

// databaseFile is the embedded database under DATA_DIR.
const databaseFile = "emileku.db"

// open opens the configured database and brings it to this version.
func (d database) open(ctx context.Context, log zerolog.Logger, beforeWrite func(string)) (storage.Store, error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	var (
		store storage.Store
		err   error
	)
	if d.MongoURI != "" {
		store, err = mongo.Open(ctx, mongo.Options{URI: d.MongoURI, StoreKey: d.StoreKey, Log: log, BeforeWrite: beforeWrite})
	} else {
		store, err = sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(d.DataDir, databaseFile), Log: log, BeforeWrite: beforeWrite})
	}
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	if err := store.Migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("migrate the database: %w", err), store.Close())
	}
	return store, nil
}

// bases is what a program is assembled from.
type bases struct {
	store    storage.Store
	clock    clock.Clock
	channels []channel.Channel
	quiet    outbox.QuietHours
	limits   map[channel.Name]outbox.Limits
	links    *replylink.Signer // nil: no reply pages
	log      zerolog.Logger
}

// program is the whole bot, wired.
type program struct {
	bases
	app      *app.App
	texts    *templates.Renderer
	bot      *bot.Bot
	planner  *scheduler.Planner
	sender   *outbox.Sender
	metrics  *metrics.Metrics
	registry *prometheus.Registry
}

// rehearsal lets tests put other limits into the program, and gives them hold
// of it. Nothing else sets it.
var rehearsal struct {
	before func(*bases)
	after  func(*program)
}

func assemble(b bases) (*program, error) {
	if rehearsal.before != nil {
		rehearsal.before(&b)
	}
	texts, err := templates.New()
	if err != nil {
		return nil, err
	}
	p := &program{bases: b, texts: texts, registry: prometheus.NewRegistry()}
	p.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	p.metrics = metrics.New(p.registry)
	p.app = app.New(b.store, b.clock)
	p.sender = outbox.New(outbox.Options{
		Store: b.store, Channels: b.channels, Event: b.clock, Limits: b.limits, Quiet: b.quiet,
		Metrics: p.metrics, Log: b.log.With().Str("part", "outbox").Logger(), TakeOver: true,
		OnBlocked: p.blocked, OnAbsent: p.absent, OnMoved: p.moved, OnUncertain: p.uncertain, Restrictions: p.app,
	})
	p.bot = bot.New(bot.Options{
		Store: b.store, App: p.app, Texts: texts, Channels: b.channels, Metrics: p.metrics,
		Log: b.log.With().Str("part", "bot").Logger(), Wake: p.sender.Wake, Receipt: p.sender.Receipt, Version: version(), Links: b.links,
	})
	p.planner = scheduler.New(scheduler.Options{
		Store: b.store, App: p.app, Voice: p.bot.Desk(), Texts: texts, Channels: b.channels, Metrics: p.metrics,
		Log: b.log.With().Str("part", "planner").Logger(), Wake: p.sender.Wake, Quiet: p.sender.QuietAt,
	})
	if rehearsal.after != nil {
		rehearsal.after(p)
	}
	return p, nil
}

func (p *program) blocked(ctx context.Context, chat channel.Chat, personID string) {
	if err := p.app.MarkBlocked(ctx, chat, personID); err != nil {
		p.log.Error().Err(err).Str("person", personID).Msg("blocked contact not marked")
	}
}

func (p *program) absent(ctx context.Context, m *storage.Message) {
	if err := p.app.NoMailbox(ctx, m); err != nil {
		p.log.Error().Err(err).Str("person", m.PersonID).Msg("missing mailbox not noted")
	}
}

func (p *program) moved(ctx context.Context, from, to channel.Chat) {
	if err := p.app.MoveChat(ctx, from, to); err != nil {
		p.log.Error().Err(err).Msg("moved chat not followed")
	}
}

func (p *program) uncertain(ctx context.Context, m *storage.Message) {
	p.log.Warn().Str("row", m.ID).Msg("nobody knows whether this message arrived; it is listed in /kesehatan")
}

// run runs all parts until ctx ends, and stops them in the order of the flow:
// first what takes in, then what answers, then what sends.
func (p *program) run(ctx context.Context) error {
	var failed error
	intake, stopIntake := context.WithCancel(ctx)
	defer stopIntake()
	sending, stopSending := context.WithCancel(context.WithoutCancel(ctx))
	defer stopSending()
	answering, stopAnswering := context.WithCancel(context.WithoutCancel(ctx))
	defer stopAnswering()

	stage := func(g *errgroup.Group, run func(context.Context) error, ctx context.Context, name string) {
		g.Go(func() error {
			defer stopIntake() // a part that ends ends the program
			if err := run(ctx); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			return nil
		})
	}
	var in, middle, out errgroup.Group
	stage(&out, p.sender.Run, sending, "outbox")
	stage(&middle, p.bot.Run, answering, "bot")
	stage(&middle, func(ctx context.Context) error {
		p.introduce(ctx)
		return p.planner.Run(ctx)
	}, answering, "planner")
	for _, ch := range p.channels {
		stage(&in, func(ctx context.Context) error { return ch.Run(ctx, p.bot) }, intake, string(ch.Name()))
	}
	stage(&in, p.setMenus, intake, "menus")
	stage(&in, p.bot.Watch, intake, "watch")
	<-intake.Done()
	p.sender.Stopping()
	failed = in.Wait()
	stopAnswering()
	failed = errors.Join(failed, middle.Wait())
	p.sendRest(sending)
	stopSending()
	return errors.Join(failed, out.Wait())
}

// introduceWithin is how long a network may take to say who we are there.
const introduceWithin = 10 * time.Second

// introduce asks networks for our name that links into them need, before the
// planner writes invitations with such links. A network that is away does not
// hold up the others for longer than that.
func (p *program) introduce(ctx context.Context) {
	for _, ch := range p.channels {
		l, ok := ch.(channel.Linker)
		if !ok || l.DeepLink("x") != "" {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, introduceWithin)
		if _, err := ch.Check(ctx); err != nil {
			p.log.Warn().Err(err).Str("channel", string(ch.Name())).Msg("its links are not known yet; invitations go without them")
		}
		cancel()
	}
}

// sendRestWithin is how long answers that were just given may take to go out
// when the program stops. What is left goes out at the next start.
const sendRestWithin = 3 * time.Second

func (p *program) sendRest(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, sendRestWithin)
	defer cancel()
	for {
		oldest, err := p.store.Outbox().Oldest(ctx, time.Now())
		if err != nil || oldest == nil {
			return
		}
		p.sender.Wake()
		select {
		case <-ctx.Done():
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// setMenus tells the channels their menus, again and again until they take
// them, then waits for the end.
func (p *program) setMenus(ctx context.Context) error {
	for wait := time.Second; ; wait = min(2*wait, time.Minute) {
		err := p.bot.SetMenus(ctx)
		if err == nil {
			<-ctx.Done()
			return nil
		}
		if ctx.Err() != nil {
			return nil // stopping is not the channel's fault
		}
		p.log.Warn().Err(err).Msg("menus of commands not set; trying again")
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

// lockDataDir keeps a second process off the embedded database. The lock goes
// with the process, however it dies.
func lockDataDir(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("DATA_DIR: %w", err)
	}
	return lockFile(filepath.Join(dir, "lock"))
}
