package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/telegram"
	"github.com/diskopukm/emileku/bot/channel/telegram/botapi"
	"github.com/diskopukm/emileku/bot/clock"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage/sqlite"
)

// broadcastCmd measures the sending of invitations as production does it: the
// use cases, the planner, the outbox on disk and the real Telegram adapter,
// against a server that enforces Telegram's published limits.
type broadcastCmd struct {
	Guests int           `default:"3000" help:"How many get the invitation."`
	Typing time.Duration `default:"500ms" help:"One of the people who are typing meanwhile writes this often; 0: nobody does."`
	People int           `default:"20" help:"How many people are typing, in turns."`
	Delay  time.Duration `default:"40ms" help:"How long the server takes for each call."`
}

// Run implements the subcommand.
func (c *broadcastCmd) Run(ctx context.Context) error {
	if c.Guests < 1 || c.Guests > 100_000 || c.People < 1 || c.People > 1000 || c.Delay < 0 || c.Delay > 5*time.Second || c.Typing < 0 {
		return errors.New("bench broadcast: give 1 to 100000 guests, 1 to 1000 people typing and a delay of at most 5s")
	}
	dir, err := os.MkdirTemp("", "emileku-broadcast-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	return c.measure(ctx, dir, os.Stdout)
}

// Chat IDs of the people in this bench.
const (
	firstGuest  = 620_000_000
	firstTalker = 630_000_000
	benchMaker  = 640_000_000
	benchSecond = 640_000_001
)

// onlooker sees what the server lets through.
type onlooker struct {
	guests int

	mu       sync.Mutex
	invited  map[int64]int
	first    time.Time
	last     time.Time
	all      chan struct{} // closed when everybody is invited
	asked    map[int64]time.Time
	waits    []time.Duration
	answers  int
	messages int // while the broadcast ran: invitations, answers, and the maker's
	edits    int
}

func (o *onlooker) see(m botapi.Message) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Now()
	if !o.last.IsZero() && len(o.invited) == o.guests {
		return // it is over
	}
	switch id := m.ChatID; {
	case id >= benchMaker:
		o.edits++
	case id >= firstTalker:
		o.answers++
		if at, ok := o.asked[id]; ok {
			o.waits = append(o.waits, now.Sub(at))
			delete(o.asked, id)
		}
	default:
		if len(o.invited) == 0 {
			o.first = now
		}
		if o.invited[id]++; o.invited[id] == 1 && len(o.invited) == o.guests {
			o.last = now
			close(o.all)
		}
	}
	o.messages++
}

// measure runs the bench once.
func (c *broadcastCmd) measure(ctx context.Context, dir string, out io.Writer) error {
	look := &onlooker{guests: c.Guests, invited: map[int64]int{}, asked: map[int64]time.Time{}, all: make(chan struct{})}
	server := botapi.New(botapi.Options{Delay: c.Delay, OnMessage: func(m botapi.Message) {
		if m.FromBot {
			look.see(m)
		}
	}})
	defer server.Close()
	log := zerolog.New(os.Stderr).Level(zerolog.WarnLevel)
	tg, err := telegram.New(telegram.Options{Token: server.Token(), APIURL: server.URL(), Log: log})
	if err != nil {
		return err
	}
	defer tg.Close()
	store, err := sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(dir, databaseFile)})
	if err != nil {
		return err
	}
	defer func() {
		if err := store.Close(); err != nil {
			log.Error().Err(err).Msg("database not closed cleanly")
		}
	}()
	if err := store.Migrate(ctx); err != nil {
		return err
	}
	p, err := assemble(bases{store: store, clock: clock.Real{}, channels: []channel.Channel{tg}, log: log})
	if err != nil {
		return err
	}
	maker, second, err := c.fill(ctx, p.app, server)
	if err != nil {
		return fmt.Errorf("guests: %w", err)
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- p.run(running) }()
	began, err := c.send(ctx, p.app, maker, second)
	if err == nil {
		err = c.talk(ctx, server, look)
	}
	took := time.Since(began)
	stop()
	if err = errors.Join(err, <-ended); err != nil {
		return err
	}
	look.report(out, c, took, server.TooMany())
	return nil
}

// fill makes the event, its guests, who have all opened the chat, and two team
// members.
func (c *broadcastCmd) fill(ctx context.Context, a *app.App, server *botapi.Server) (maker, second *event.Person, err error) {
	if err := benchEvent(ctx, a); err != nil {
		return nil, nil, err
	}
	e, err := a.Current(ctx)
	if err != nil {
		return nil, nil, err
	}
	known := func(id int64) (*event.Person, error) {
		server.Person(id, "Tamu "+strconv.FormatInt(id, 10), "").Start()
		s := strconv.FormatInt(id, 10)
		return a.Identify(ctx, channel.Inbound{Chat: channel.Chat{Channel: channel.Telegram, ID: s}, Sender: channel.Sender{ID: s, Name: "Tamu " + s}})
	}
	var guests []*event.Participation
	for n := range c.Guests {
		p, err := known(firstGuest + int64(n))
		if err != nil {
			return nil, nil, err
		}
		g := &event.Participation{
			ID: event.ParticipationID(e.ID, p.ID), EventID: e.ID, PersonID: p.ID, Audience: event.UKM, Name: p.Name,
			Organisation: "Usaha " + strconv.Itoa(n), Code: app.NewID() + app.NewID(), CreatedAt: a.Now(), UpdatedAt: a.Now(),
		}
		g.Derive()
		guests = append(guests, g)
	}
	if _, err := a.Store().Participations().AddAll(ctx, guests); err != nil {
		return nil, nil, err
	}
	if maker, err = known(benchMaker); err == nil {
		second, err = known(benchSecond)
	}
	for _, p := range []*event.Person{maker, second} {
		if err == nil {
			_, err = a.UpdatePerson(ctx, p.ID, func(p *event.Person) { p.Role = event.Member })
		}
	}
	return maker, second, err
}

// send lets the broadcast go.
func (c *broadcastCmd) send(ctx context.Context, a *app.App, maker, second *event.Person) (time.Time, error) {
	e, err := a.Current(ctx)
	if err != nil {
		return time.Now(), err
	}
	by := app.Actor{Person: maker, Chat: maker.PrivateChat(), Inbound: "bench:send"}
	b, err := a.DraftBroadcast(ctx, by, e, []event.Audience{event.UKM})
	if err != nil {
		return time.Now(), err
	}
	text := "Yth. {sapaan}\n{instansi}\n\nKami mengundang Bapak/Ibu ke *{acara}*\nHari: {hari}\nWaktu: {pukul}\nTempat: {tempat}\n\nApakah dapat hadir?"
	b, err = a.SubmitBroadcast(ctx, by, b.ID, a.Now(), map[string]string{string(event.UKM): text})
	began := time.Now()
	if err == nil && c.Guests > app.MaxAlone {
		_, err = a.ApproveBroadcast(ctx, app.Actor{Person: second, Chat: second.PrivateChat(), Inbound: "bench:ok"}, b.ID)
	}
	return began, err
}

// talk lets people write, one after the other, until everybody is invited.
func (c *broadcastCmd) talk(ctx context.Context, server *botapi.Server, look *onlooker) error {
	limit := time.Minute + 2*time.Duration(c.Guests)*time.Second/30
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	every := c.Typing
	if every == 0 {
		every = limit
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-look.all:
			return nil
		case <-ctx.Done():
			return fmt.Errorf("not everybody was invited within %s: %w", limit, ctx.Err())
		case <-tick.C:
		}
		p := server.Person(firstTalker+int64(n%c.People), "Warga", "")
		look.mu.Lock()
		if _, waits := look.asked[p.ID()]; !waits {
			look.asked[p.ID()] = time.Now()
		}
		look.mu.Unlock()
		p.Send("jam berapa acaranya?")
	}
}

func (o *onlooker) report(out io.Writer, c *broadcastCmd, took time.Duration, refused int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	doubled := 0
	for _, n := range o.invited {
		doubled += n - 1
	}
	slices.Sort(o.waits)
	at := func(p int) time.Duration {
		if len(o.waits) == 0 {
			return 0
		}
		return o.waits[min(len(o.waits)*p/100, len(o.waits)-1)]
	}
	shortest := time.Duration(o.messages) * time.Second / 30
	fmt.Fprintf(out, "%d invitations, %d answers and %d messages to the maker over Telegram at 30 a second; each call takes the server %s\n",
		len(o.invited), o.answers, o.edits, c.Delay)
	fmt.Fprintf(out, "  from the approval to the last invitation   %s\n", took.Round(time.Millisecond))
	fmt.Fprintf(out, "  from the first to the last invitation      %s\n", o.last.Sub(o.first).Round(time.Millisecond))
	fmt.Fprintf(out, "  shortest that the limit allows             %s (all messages ÷ 30/s)\n", shortest.Round(time.Millisecond))
	fmt.Fprintf(out, "  time ÷ shortest                            %.3f\n", took.Seconds()/shortest.Seconds())
	fmt.Fprintf(out, "  refused with 429                           %d\n", refused)
	fmt.Fprintf(out, "  invited twice                              %d\n", doubled)
	if len(o.waits) > 0 {
		fmt.Fprintf(out, "  answers to people typing                   p50 %s, p99 %s, longest %s (the %s that the server takes for a call included)\n",
			at(50).Round(time.Millisecond), at(99).Round(time.Millisecond), o.waits[len(o.waits)-1].Round(time.Millisecond), c.Delay)
	}
}
