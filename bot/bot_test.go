package bot_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/diskopukm/emileku/bot"
	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/channeltest"
	"github.com/diskopukm/emileku/bot/clock"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/transcript"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/sqlite"
	"github.com/diskopukm/emileku/templates"
)

// rig is the core over a database that a test can trip.
type rig struct {
	t     *testing.T
	store *tripping
	app   *app.App
	bot   *bot.Bot
	log   journal
	n     int
}

// tripping is a database that fails or panics when told to.
type tripping struct {
	storage.Store
	away   atomic.Int32 // how many more calls find the database away
	panics atomic.Int32 // how many more calls panic
}

// errAway is what an adapter gives when it cannot reach its database.
func errAway() error { return fmt.Errorf("load: %w", storage.ErrUnavailable) }

func (s *tripping) Chats() storage.Chats   { return trippingChats{s.Store.Chats(), s} }
func (s *tripping) Events() storage.Events { return trippingEvents{s.Store.Events(), s} }

type trippingChats struct {
	storage.Chats
	s *tripping
}

func (c trippingChats) Get(ctx context.Context, id string) (*storage.Chat, error) {
	if c.s.away.Add(-1) >= 0 {
		return nil, errAway()
	}
	return c.Chats.Get(ctx, id)
}

func (c trippingChats) Flush(ctx context.Context, chat *storage.Chat, inbound string) error {
	if c.s.away.Add(-1) >= 0 {
		return errAway()
	}
	return c.Chats.Flush(ctx, chat, inbound)
}

type trippingEvents struct {
	storage.Events
	s *tripping
}

func (e trippingEvents) List(ctx context.Context) ([]*event.Event, error) {
	if e.s.panics.Add(-1) >= 0 {
		panic("a fault of the program")
	}
	return e.Events.List(ctx)
}

func newRig(t *testing.T) *rig {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	store, err := sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(t.TempDir(), "b.db"), Relaxed: true})
	if err == nil {
		err = store.Migrate(ctx)
	}
	texts, textErr := templates.New()
	if err != nil || textErr != nil {
		t.Fatal(err, textErr)
	}
	r := &rig{t: t, store: &tripping{Store: store}}
	r.app = app.New(r.store, clock.NewFake(transcript.Start))
	fake := channeltest.NewFake(channeltest.FakeOptions{Capabilities: transcript.Telegram()})
	r.bot = bot.New(bot.Options{Store: r.store, App: r.app, Texts: texts, Channels: []channel.Channel{fake}, Log: zerolog.New(&r.log)})
	by := app.Actor{Person: &event.Person{ID: "script"}, Inbound: "script"}
	if _, err := r.app.CreateEvent(ctx, by, app.NewEvent{Title: "E-MILE KU 2027", Start: transcript.Start.AddDate(0, 0, 45), Place: "Cibinong"}); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- r.bot.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// inbound is a private message.
func (r *rig) inbound(who, text string) channel.Inbound {
	r.n++
	return channel.Inbound{
		ID: fmt.Sprint("t:", r.n), Chat: channel.Chat{Channel: channel.Telegram, ID: who}, Kind: channel.Text, Text: text,
		Sender: channel.Sender{ID: who, Name: "Siti"}, MessageID: fmt.Sprint(r.n), SentAt: transcript.Start,
	}
}

// inGroup is a message in a group.
func (r *rig) inGroup(group, who, text string, addressed bool) channel.Inbound {
	in := r.inbound(who, text)
	in.Chat.ID, in.Group, in.Addressed = group, true, addressed
	return in
}

func (r *rig) accept(in channel.Inbound) {
	r.t.Helper()
	if err := r.bot.Accept(r.t.Context(), in); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) settle() {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 2*time.Minute)
	defer cancel()
	if err := r.bot.Idle(ctx); err != nil {
		r.t.Fatalf("%v; the log:\n%s", err, r.log.String())
	}
}

// answers are the texts for a chat, in the order in which they go out.
func (r *rig) answers(chat string) []string {
	r.t.Helper()
	var rows []storage.Message
	err := r.store.Raw().Each(r.t.Context(), "outbox", func(_ string, doc json.RawMessage) error {
		var m storage.Message
		err := json.Unmarshal(doc, &m)
		if m.Chat.ID == chat {
			rows = append(rows, m)
		}
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	slices.SortFunc(rows, func(a, b storage.Message) int { return int(a.Order - b.Order) })
	var out []string
	for _, m := range rows {
		out = append(out, m.Body.Text)
	}
	return out
}

// says accepts a message and gives what it was answered with.
func (r *rig) says(in channel.Inbound) string {
	r.t.Helper()
	before := len(r.answers(in.Chat.ID))
	r.accept(in)
	r.settle()
	return strings.Join(r.answers(in.Chat.ID)[before:], "\n")
}

func (r *rig) role(who string, role event.Role) {
	r.t.Helper()
	p, err := r.app.Identify(r.t.Context(), r.inbound(who, ""))
	if err == nil {
		_, err = r.app.UpdatePerson(r.t.Context(), p.ID, func(p *event.Person) { p.Role = role })
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

// TestOneChatInOrder: answers typed faster than they are handled count in the
// order in which they came.
func TestOneChatInOrder(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, text := range []string{"daftar ukm", "setuju", "Keripik Satu", "Siti Dua", "kuliner", "keripik tiga", "karadenan, cibinong"} {
		r.accept(r.inbound("siti", text))
	}
	r.settle()
	c, err := r.store.Chats().Get(t.Context(), "telegram:siti")
	if err != nil || c.Draft == nil {
		t.Fatalf("%+v, %v", c, err)
	}
	for key, want := range map[string]string{event.KeyName: "Keripik Satu", event.KeyOwner: "Siti Dua", event.KeyProduct: "keripik tiga", event.KeyLocation: "Cibinong/Karadenan"} {
		if got := c.Draft.Answers[key]; got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	if got := r.answers("siti"); len(got) != 7 {
		t.Errorf("%d answers to seven messages", len(got))
	}
}

// TestDeliveredTwice: one message is one step, also when both come at once.
func TestDeliveredTwice(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, text := range []string{"daftar ukm", "setuju", "Keripik", "Siti"} {
		in := r.inbound("siti", text)
		r.accept(in)
		r.accept(in)
		r.settle()
		r.accept(in)
	}
	r.settle()
	if got := r.answers("siti"); len(got) != 4 || !strings.Contains(got[3], "3 dari 7") {
		t.Errorf("%d answers: %q", len(got), got)
	}
}

// TestDatabaseAway: what came in while the database was away is answered once
// it is back, once.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	for _, calls := range []int32{1, 2, 5} {
		r := newRig(t)
		r.says(r.inbound("siti", "daftar ukm"))
		r.store.away.Store(calls)
		r.accept(r.inbound("siti", "setuju"))
		r.accept(r.inbound("siti", "Keripik Talas"))
		r.settle()
		got := r.answers("siti")
		if len(got) != 3 || !strings.Contains(got[1], "1 dari 7") || !strings.Contains(got[2], "2 dari 7") {
			t.Errorf("away for %d calls: %q", calls, got)
		}
		open, err := r.store.Inbox().Open(t.Context(), 10)
		if err != nil || len(open) != 0 {
			t.Errorf("%d messages are still open, %v", len(open), err)
		}
	}
}

// TestPanicIsApologisedFor: once, to its sender; the chat goes on, with what
// was answered before.
func TestPanicIsApologisedFor(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, text := range []string{"daftar ukm", "setuju", "Keripik Talas"} {
		r.says(r.inbound("siti", text))
	}
	r.store.panics.Store(100)
	got := r.says(r.inbound("siti", "/start"))
	if strings.Count(got, "ada gangguan di sistem kami") != 1 {
		t.Errorf("%q", got)
	}
	if !strings.Contains(r.log.String(), "a fault of the program") {
		t.Error("the log does not tell of the fault")
	}
	r.store.panics.Store(0)
	if got := r.says(r.inbound("siti", "Siti Aminah")); !strings.Contains(got, "3 dari 7") {
		t.Errorf("afterwards: %q", got)
	}
	r.store.panics.Store(2) // a fault that passes is not even seen
	if got := r.says(r.inbound("siti", "/start")); !strings.Contains(got, "Selamat datang") {
		t.Errorf("%q", got)
	}
	// In a group nobody is bothered who did not address the bot.
	r.store.panics.Store(100)
	r.role("rina", event.Lead)
	if err := r.app.BindGroup(t.Context(), app.Actor{Person: &event.Person{}, Inbound: "x"}, app.TeamGroup{Chat: channel.Chat{Channel: channel.Telegram, ID: "-1"}}); err != nil {
		t.Fatal(err)
	}
	if got := r.says(r.inGroup("-1", "rina", "obrolan biasa", false)); got != "" {
		t.Errorf("%q", got)
	}
}

// TestNewVersionOfTheQuestions: a draft begun with older questions goes on
// with what is still good.
func TestNewVersionOfTheQuestions(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, text := range []string{"daftar ukm", "setuju", "Keripik Talas", "Siti Aminah", "kuliner", "keripik"} {
		r.says(r.inbound("siti", text)) // the place is asked next
	}
	c, err := r.store.Chats().Get(t.Context(), "telegram:siti")
	if err != nil {
		t.Fatal(err)
	}
	c.Draft.Form = 0
	c.Draft.Answers["dulu"] = "sudah tidak ditanyakan"
	c.Draft.Answers[event.KeyField] = "bidang lama"
	c.Draft.Trail = append(c.Draft.Trail, "dulu")
	if err := r.store.Chats().Save(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	// The answer to what was asked last counts for that, not for what is now first.
	if got := r.says(r.inbound("siti", "karadenan, cibinong")); !strings.Contains(got, "Karadenan") || !strings.Contains(got, "3 dari 7") {
		t.Errorf("what is no longer valid is not asked again: %q", got)
	}
	if got := r.says(r.inbound("siti", "fesyen")); !strings.Contains(got, "6 dari 7") {
		t.Errorf("what was answered is asked again: %q", got)
	}
	c, err = r.store.Chats().Get(t.Context(), "telegram:siti")
	if err != nil || c.Draft.Answers["dulu"] != "" || c.Draft.Answers[event.KeyName] != "Keripik Talas" || c.Draft.Form == 0 {
		t.Errorf("%+v, %v", c.Draft, err)
	}
}

// TestOlderStateOfADialog: a state that this version cannot read is no fault.
func TestOlderStateOfADialog(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, dialog := range []string{"register", "change", "cancel", "offer", "pick", "erase", "gone"} {
		for i, state := range []string{`"text"`, `{"phase":"gone","id":7}`, `{}`} {
			who := fmt.Sprint(dialog, i)
			if err := r.store.Chats().Save(t.Context(), &storage.Chat{ID: "telegram:" + who, Dialog: dialog, State: json.RawMessage(state)}); err != nil {
				t.Fatal(err)
			}
			if got := r.says(r.inbound(who, "halo")); got == "" || strings.Contains(got, "gangguan") {
				t.Errorf("%s %s: %q", dialog, state, got)
			}
		}
	}
}

func TestEditedMessage(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.says(r.inbound("siti", "daftar ukm"))
	r.says(r.inbound("siti", "setuju"))
	in := r.inbound("siti", "Keripik Lain")
	in.Kind = channel.Edited
	if got := r.says(in); !strings.Contains(got, "kembali") || strings.Contains(got, "2 dari 7") {
		t.Errorf("%q", got)
	}
	if got := r.says(r.inbound("siti", "Keripik Talas")); !strings.Contains(got, "2 dari 7") {
		t.Errorf("%q", got)
	}
}

// TestGroupManners: silence where nobody asked, and no dialog entered by
// somebody else.
func TestGroupManners(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.role("rina", event.Lead)
	r.role("budi", event.Member)
	silent := func(why string, in channel.Inbound) {
		t.Helper()
		if got := r.says(in); got != "" {
			t.Errorf("%s: %q", why, got)
		}
	}
	silent("a command in an unknown group", r.inGroup("-9", "siti", "/rekap", true))
	silent("a mention in an unknown group", r.inGroup("-9", "siti", "@emileku_bot halo", true))
	silent("somebody who is no lead binds a group", r.inGroup("-9", "siti", "/grup", true))
	silent("a member binds a group", r.inGroup("-9", "budi", "/grup", true))
	anonymous := r.inGroup("-9", "GroupAnonymousBot", "/grup", true)
	anonymous.Sender.Anonymous = true
	if got := r.says(anonymous); !strings.Contains(got, "admin anonim") {
		t.Errorf("%q", got)
	}
	if got := r.says(r.inGroup("-1", "rina", "/grup", true)); got == "" {
		t.Error("the lead binds a group, and hears nothing")
	}
	g, ok, err := r.app.Group(t.Context())
	if err != nil || !ok || g.Chat.ID != "-1" {
		t.Fatalf("%+v, %v", g, err)
	}
	silent("small talk", r.inGroup("-1", "budi", "jadi rapat jam berapa?", false))
	joined := r.inGroup("-1", "siti", "", false)
	joined.Kind = channel.Joined
	silent("somebody joins", joined)
	edited := r.inGroup("-1", "budi", "/rekap", true)
	edited.Kind = channel.Edited
	silent("an edited message", edited)
	anonymous = r.inGroup("-1", "GroupAnonymousBot", "/rekap", true)
	anonymous.Sender.Anonymous = true
	if got := r.says(anonymous); !strings.Contains(got, "admin anonim") {
		t.Errorf("%q", got)
	}
	if got := r.says(r.inGroup("-1", "siti", "/rekap", true)); !strings.Contains(got, "hanya untuk tim") {
		t.Errorf("a stranger in the team's group: %q", got)
	}
	if got := r.says(r.inGroup("-1", "budi", "/cari siti", true)); !strings.Contains(got, "chat pribadi") {
		t.Errorf("a search in the group: %q", got)
	}
	if got := r.says(r.inGroup("-1", "rina", "/acara baru", true)); !strings.Contains(got, "judul") {
		t.Fatalf("%q", got)
	}
	reply := r.inGroup("-1", "budi", "Bazar Budi", true)
	reply.ReplyTo = &channel.Quote{FromBot: true, MessageID: "1"}
	silent("somebody else's reply to a question", reply)
	reply = r.inGroup("-1", "rina", "E-MILE KU Kedua", true)
	reply.ReplyTo = &channel.Quote{FromBot: true, MessageID: "1"}
	if got := r.says(reply); !strings.Contains(got, "Kapan acaranya") {
		t.Errorf("the lead's own reply: %q", got)
	}
	events, err := r.app.Events(t.Context())
	if err != nil || len(events) != 1 {
		t.Errorf("%d events, %v", len(events), err)
	}
}

// TestCommandsAreRefused: each command of the team, to each role below.
func TestCommandsAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	roles := []event.Role{event.Guest, event.ReadOnly, event.FrontDesk, event.Member, event.Lead}
	refused := 0
	for i, role := range roles {
		who := "p" + string(role)
		r.role(who, role)
		for _, c := range r.bot.Desk().Commands() {
			if !c.Private {
				continue
			}
			got := r.says(r.inbound(who, "/"+c.Name))
			allowed := slices.Index(roles, c.Role) <= i
			no := strings.Contains(got, "hanya untuk tim pelaksana") || strings.HasPrefix(got, "Mohon maaf, /"+c.Name+" hanya untuk")
			if no == allowed {
				t.Errorf("/%s of %q: %q", c.Name, role, got)
			} else if no {
				refused++
				if strings.Contains(got, "EMK-") {
					t.Errorf("the refusal of /%s tells something: %q", c.Name, got)
				}
			}
			r.says(r.inbound(who, "batal"))
		}
	}
	if refused < 20 {
		t.Errorf("only %d refusals", refused)
	}
	if got := r.says(r.inbound("psiti", "/rekapp")); strings.Contains(got, "/rekap?") {
		t.Errorf("a guest is offered a command of the team: %q", got)
	}
}

// TestBlocked: who blocks the bot is marked, and unmarked when they write.
func TestBlocked(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.says(r.inbound("siti", "halo"))
	left := r.inbound("siti", "")
	left.Kind = channel.Left
	if got := r.says(left); got != "" {
		t.Errorf("answers who left: %q", got)
	}
	p, err := r.store.People().Get(t.Context(), "telegram:siti")
	if err != nil || p.PrivateChat() != "" {
		t.Errorf("%+v, %v", p, err)
	}
	r.says(r.inbound("siti", "halo"))
	if p, err = r.store.People().Get(t.Context(), "telegram:siti"); err != nil || p.PrivateChat() != "telegram:siti" {
		t.Errorf("%+v, %v", p, err)
	}
}

// TestGroupMigrates: the team's group gets a new ID.
func TestGroupMigrates(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.role("rina", event.Lead)
	r.says(r.inGroup("-1", "rina", "/grup", true))
	in := r.inGroup("-1", "", "", false)
	in.Kind, in.MovedTo = channel.Migrated, "-1001"
	r.accept(in)
	r.settle()
	if g, ok, err := r.app.Group(t.Context()); err != nil || !ok || g.Chat.ID != "-1001" {
		t.Errorf("%+v, %v", g, err)
	}
	if got := r.says(r.inGroup("-1001", "rina", "/rekap", true)); got == "" {
		t.Error("silent in the team's group")
	}
}
