package bot

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/channeltest"
	"github.com/diskopukm/emileku/bot/clock"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/sqlite"
	"github.com/diskopukm/emileku/templates"
)

// TestTeamHearsOfLine: where a person has to act the team is told once, on the
// other channel, and once more when it is over. A line that is lost for a short
// while is no news, and neither is a link that the team itself ends.
func TestTeamHearsOfLine(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store, err := sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(t.TempDir(), "b.db"), Relaxed: true})
	if err == nil {
		err = store.Migrate(ctx)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	a := app.New(store, clock.Real{})
	texts, err := templates.New()
	if err != nil {
		t.Fatal(err)
	}
	b := New(Options{
		Store: store, App: a, Texts: texts, Log: zerolog.Nop(),
		Channels: []channel.Channel{channeltest.NewFake(channeltest.FakeOptions{}), channeltest.NewFake(channeltest.FakeOptions{Name: channel.WhatsApp})},
	})
	begun, n := time.Now(), 0
	look := func(s channel.ConnectionState, ago time.Duration, detail string) {
		t.Helper()
		n++ // each change has a time of its own
		since := begun.Add(-ago).Add(time.Duration(n) * time.Second)
		if err := b.watchLine(ctx, channel.WhatsApp, channel.Connection{State: s, Since: since, Detail: detail}); err != nil {
			t.Fatal(err)
		}
	}
	told := func(chat string) (out []string) {
		t.Helper()
		rows, err := store.Outbox().Due(ctx, channel.Telegram, storage.LaneAnswer, time.Now().Add(time.Hour), 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range rows {
			if m.Chat.ID == chat {
				out = append(out, strings.SplitN(m.Body.Text, "\n", 2)[0])
			}
		}
		return out
	}
	look(channel.Outdated, 0, "") // nobody to tell yet: no fault
	lead, err := a.Identify(ctx, channel.Inbound{Chat: channel.Chat{Channel: channel.WhatsApp, ID: "9@lid"}, Sender: channel.Sender{ID: "9@lid", Name: "Rina"}})
	if err == nil {
		_, err = a.UpdatePerson(ctx, lead.ID, func(p *event.Person) {
			p.Role = event.Lead
			p.Accounts = append(p.Accounts, event.Account{Key: "telegram:7", Chat: "telegram:7"})
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	look(channel.Online, 0, "+6281110000") // it was updated
	look(channel.Offline, time.Minute, "lost")
	look(channel.Banned, 0, "") // the planner tells of that
	for range 2 {
		look(channel.LoggedOut, 0, "401")
	}
	look(channel.Pairing, 0, "")
	for range 2 {
		look(channel.Online, 0, "+6281110000")
	}
	look(channel.Unlinked, 0, "") // the link ended while nobody looked
	look(channel.Online, 0, "+6281110000")
	look(channel.Offline, 12*time.Minute, "lost")
	want := []string{
		"tersambung lagi", "Tautan WhatsApp berakhir* (+6281110000)", "tersambung lagi", "berakhir", "tersambung lagi", "WhatsApp terputus",
	}
	got := told("7")
	if len(got) != len(want) {
		t.Fatalf("told %q", got)
	}
	for i := range want {
		if !strings.Contains(strings.Join(got, "\n"), want[i]) {
			t.Errorf("told %q, want %q", got, want[i])
		}
	}
	look(channel.Online, 0, "+6281110000")
	if err := a.BindGroup(ctx, app.Actor{Person: lead}, app.TeamGroup{Chat: channel.Chat{Channel: channel.Telegram, ID: "-5"}, Title: "Tim"}); err != nil {
		t.Fatal(err)
	}
	look(channel.Replaced, 0, "")
	if got := told("-5"); len(got) != 1 || !strings.Contains(got[0], "dipakai program lain") {
		t.Errorf("the group is told %q", got)
	}
	if err := b.forgetLine(ctx, channel.WhatsApp); err != nil {
		t.Fatal(err)
	}
	look(channel.Unlinked, 0, "")
	if got := told("-5"); len(got) != 1 {
		t.Errorf("of its own doing the group is told %q", got)
	}
}
