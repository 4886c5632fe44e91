package scheduler_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/diskopukm/emileku/bot"
	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/channeltest"
	"github.com/diskopukm/emileku/bot/clock"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/scheduler"
	"github.com/diskopukm/emileku/scheduler/outbox"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/sqlite"
	"github.com/diskopukm/emileku/templates"
)

// bureau is the whole bot on three networks: Telegram, WhatsApp and e-mail. It
// lives in a testing/synctest bubble, in which the process clock costs nothing;
// the event clock stands still until the test moves it. Networks outlive
// restarts.
type bureau struct {
	t     *testing.T
	path  string
	clock *clock.Fake
	tg    *channeltest.Fake
	wa    *channeltest.WhatsApp
	mail  *channeltest.Fake

	store  *sqlite.Store
	app    *app.App
	bot    *bot.Bot
	plan   *scheduler.Planner
	sender *outbox.Sender
	stop   func()
	event  *event.Event
	n      int
	acked  int
}

// newBureau opens one, at a moment. The caller calls stop at the end.
func newBureau(t *testing.T, at time.Time, wa channeltest.WhatsAppOptions) *bureau {
	t.Helper()
	o := &bureau{
		t: t, path: filepath.Join(t.TempDir(), "office.db"), clock: clock.NewFake(at),
		tg:   channeltest.NewFake(channeltest.FakeOptions{}),
		mail: channeltest.NewFake(channeltest.FakeOptions{Name: channel.Email, ChooseIDs: true, Capabilities: channel.Capabilities{Links: true, MaxText: 1 << 20, MaxCaption: 1 << 20}}),
	}
	wa.Now = o.clock.Now
	o.wa = channeltest.NewWhatsApp(wa)
	o.open()
	return o
}

func (o *bureau) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

// open starts the program.
func (o *bureau) open() {
	o.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	store, err := sqlite.Open(ctx, sqlite.Options{Path: o.path, Relaxed: true})
	o.must(err)
	o.must(store.Migrate(ctx))
	texts, err := templates.New()
	o.must(err)
	chans := []channel.Channel{o.tg, o.wa, o.mail}
	quiet, err := outbox.ParseQuietHours("20:00-07:00")
	o.must(err)
	o.store, o.app = store, app.New(store, o.clock)
	o.sender = outbox.New(outbox.Options{
		Store: store, Channels: chans, Event: o.clock, Quiet: quiet, Log: zerolog.Nop(),
		Restrictions: o.app, TakeOver: true, Poll: 30 * time.Second,
		Limits: map[channel.Name]outbox.Limits{channel.Telegram: {}, channel.WhatsApp: {}, channel.Email: {}},
	})
	o.bot = bot.New(bot.Options{Store: store, App: o.app, Texts: texts, Channels: chans, Log: zerolog.Nop(), Wake: o.sender.Wake, Receipt: o.sender.Receipt})
	o.plan = scheduler.New(scheduler.Options{Store: store, App: o.app, Voice: o.bot.Desk(), Texts: texts, Channels: chans, Log: zerolog.Nop(), Wake: o.sender.Wake, Quiet: o.sender.QuietAt})
	parts := []func(context.Context) error{o.bot.Run, o.sender.Run}
	for _, ch := range chans {
		parts = append(parts, func(ctx context.Context) error { return ch.Run(ctx, o.bot) })
	}
	ended := make(chan error, len(parts))
	for _, run := range parts {
		go func() { ended <- run(ctx) }()
	}
	o.stop = func() {
		cancel()
		for range parts {
			if err := <-ended; err != nil {
				o.t.Error(err)
			}
		}
		if err := store.Close(); err != nil {
			o.t.Error(err)
		}
	}
}

// restart ends the program in the middle of whatever it does, and starts it
// again.
func (o *bureau) restart() {
	o.t.Helper()
	o.stop()
	o.open()
}

func (o *bureau) by(p *event.Person) app.Actor {
	o.n++
	return app.Actor{Person: p, Chat: p.PrivateChat(), Inbound: fmt.Sprintf("office:%d", o.n)}
}

// sent is how much all networks took by now.
func (o *bureau) sent() int {
	return len(o.tg.Attempts()) + len(o.wa.Attempts()) + len(o.mail.Attempts())
}

// settle lets the program do all that is due now.
func (o *bureau) settle() {
	o.t.Helper()
	for round := 0; ; round++ {
		if round > 100 {
			o.t.Fatal("it does not come to rest")
		}
		before := o.sent()
		o.must(o.bot.Idle(o.t.Context()))
		o.must(o.plan.Tick(o.t.Context()))
		for { // the outbox looks every 30 s by itself
			sent := o.sent()
			time.Sleep(31 * time.Second)
			if o.sent() == sent {
				break
			}
		}
		if o.sent() == before {
			return
		}
	}
}

// until moves the event clock to a moment, stopping wherever something may
// fall due, as the practice clock does.
func (o *bureau) until(to time.Time) {
	o.t.Helper()
	o.settle()
	for o.clock.Now().Before(to) {
		next, err := o.plan.NextStop(o.t.Context(), o.clock.Now(), to)
		o.must(err)
		if !next.After(o.clock.Now()) {
			o.t.Fatalf("the next stop after %s is %s", o.clock.Now(), next)
		}
		o.clock.Set(next)
		o.settle()
	}
}

// lead is the team's lead, on Telegram, with a group bound there, and a second
// member who approves.
func (o *bureau) lead() (lead, second *event.Person) {
	o.t.Helper()
	person := func(id string, role event.Role) *event.Person {
		p, err := o.app.Identify(o.t.Context(), channel.Inbound{Chat: channel.Chat{Channel: channel.Telegram, ID: id}, Sender: channel.Sender{ID: id, Name: id}})
		o.must(err)
		p, err = o.app.UpdatePerson(o.t.Context(), p.ID, func(p *event.Person) { p.Role = role })
		o.must(err)
		return p
	}
	lead, second = person("rina", event.Lead), person("budi", event.Member)
	o.must(o.app.BindGroup(o.t.Context(), o.by(lead), app.TeamGroup{Chat: channel.Chat{Channel: channel.Telegram, ID: "-100"}, Title: "Tim"}))
	return lead, second
}

func (o *bureau) newEvent(lead *event.Person, start time.Time) {
	o.t.Helper()
	var err error
	o.event, err = o.app.CreateEvent(o.t.Context(), o.by(lead), app.NewEvent{Title: "E-MILE KU 2027", Start: start, Place: "Stadion Pakansari"})
	o.must(err)
}

// guest puts somebody on the list.
func (o *bureau) guest(id string, change func(*event.Participation, *event.Person)) *event.Participation {
	o.t.Helper()
	now := o.clock.Now()
	person := &event.Person{ID: "guest:" + id, Name: "Tamu " + id, CreatedAt: now, SeenAt: now}
	g := &event.Participation{
		ID: event.ParticipationID(o.event.ID, person.ID), EventID: o.event.ID, PersonID: person.ID, Audience: event.UKM,
		Name: "Tamu " + id, Code: "kode" + id, CreatedAt: now, UpdatedAt: now,
	}
	change(g, person)
	person.Phone, person.Email = g.Phone, g.Email
	g.Derive()
	o.must(o.store.People().Save(o.t.Context(), person))
	o.must(o.store.Participations().Save(o.t.Context(), g))
	return g
}

// invite sends the invitations to UKM at a time, approved by a second member.
func (o *bureau) invite(lead, second *event.Person, at time.Time, files ...channel.File) *storage.Broadcast {
	o.t.Helper()
	ctx := o.t.Context()
	b, err := o.app.DraftBroadcast(ctx, o.by(lead), o.event, []event.Audience{event.UKM, event.Official})
	o.must(err)
	b.Files = files
	o.must(o.store.Broadcasts().Save(ctx, b))
	b, err = o.app.SubmitBroadcast(ctx, o.by(lead), b.ID, at, map[string]string{
		"ukm": "Yth. {sapaan}, kami mengundang ke {acara}, {hari}, {tempat}.", "pejabat": "Yth. {sapaan}, kami mengundang ke {acara}, {hari}, {tempat}.",
	})
	o.must(err)
	if b.Status == storage.BroadcastWaiting {
		b, err = o.app.ApproveBroadcast(ctx, o.by(second), b.ID)
		o.must(err)
	}
	return b
}

func (o *bureau) reload(g *event.Participation) *event.Participation {
	o.t.Helper()
	got, err := o.store.Participations().Get(o.t.Context(), g.ID)
	o.must(err)
	return got
}
