package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/telegram/botapi"
	"github.com/diskopukm/emileku/bot/clock"
	"github.com/diskopukm/emileku/bot/event"
)

func officeOptions() botapi.Options { return botapi.Options{Limits: botapi.NoLimits()} }

func (o office) settings() settings {
	s := good()
	s.TelegramToken, s.TelegramAPIURL, s.DataDir, s.HTTPAddr = o.Token(), o.URL(), o.dir, "127.0.0.1:0"
	return s
}

// withLead makes a lead, and binds a group if one is given.
func (o office) withLead(t *testing.T, g *botapi.Group) {
	t.Helper()
	store, err := o.settings().database.open(t.Context(), zerolog.Nop(), nil)
	if err != nil {
		t.Fatal(err)
	}
	a := app.New(store, clock.Real{})
	lead, err := a.Identify(t.Context(), channel.Inbound{Chat: channel.Chat{Channel: channel.Telegram, ID: "7"}, Sender: channel.Sender{ID: "7", Name: "Rina"}})
	if err == nil {
		_, err = a.UpdatePerson(t.Context(), lead.ID, func(p *event.Person) { p.Role = event.Lead })
	}
	if err == nil && g != nil {
		err = a.BindGroup(t.Context(), app.Actor{Person: lead}, app.TeamGroup{
			Chat: channel.Chat{Channel: channel.Telegram, ID: strconv.FormatInt(g.ID(), 10)}, Title: "Tim Bogor",
		})
	}
	if err := errors.Join(err, store.Close()); err != nil {
		t.Fatal(err)
	}
}

func examined(t *testing.T, s settings) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := s.examine(t.Context(), &out)
	if strings.Contains(out.String(), s.TelegramToken) && s.TelegramToken != "" {
		t.Errorf("the token is shown:\n%s", &out)
	}
	return out.String(), err
}

func TestDoctorHealthy(t *testing.T) {
	t.Parallel()
	o := newOffice(t, botapi.Options{Limits: botapi.NoLimits()})
	rina := o.Person(7, "Rina", "rina")
	group := o.Supergroup(-1001, "Tim Bogor", rina)
	group.AddBot(rina)
	group.PromoteBot(rina)
	o.withLead(t, group)
	text, err := examined(t, o.settings())
	if err != nil || strings.Contains(text, "✗") {
		t.Fatalf("%v:\n%s", err, text)
	}
	for _, part := range []string{"✓ configuration", "✓ files", "✓ clock", "WIB", "✓ http", "✓ database", "✓ telegram", "@" + o.Username(), "✓ team's group   Tim Bogor", "✓ team           has a lead"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing:\n%s", part, text)
		}
	}
}

func TestDoctorNewOffice(t *testing.T) {
	t.Parallel()
	o := newOffice(t, officeOptions())
	s := o.settings()
	s.AdminCode = "kantor-2027-ukm"
	text, err := examined(t, s)
	if err != nil || !strings.Contains(text, "/klaim kantor-2027-ukm") {
		t.Errorf("%v:\n%s", err, text)
	}
}

// What the bot cannot see in the team's group is found, with the way out.
func TestDoctorGroupSight(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		shape func(g *botapi.Group, by *botapi.Person)
		part  string
	}{
		{"privacy mode", func(g *botapi.Group, by *botapi.Person) { g.AddBot(by) }, "/setprivacy"},
		{"removed", func(g *botapi.Group, by *botapi.Person) { g.AddBot(by); g.RemoveBot(by) }, "add "},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, officeOptions())
			rina := o.Person(7, "Rina", "rina")
			group := o.Supergroup(-1001, "Tim Bogor", rina)
			c.shape(group, rina)
			o.withLead(t, group)
			text, err := examined(t, o.settings())
			_, after, found := strings.Cut(text, "✗ team's group")
			if !errors.Is(err, errSick) || !found || !strings.Contains(after, "→ ") || !strings.Contains(after, c.part) {
				t.Errorf("%v:\n%s", err, text)
			}
		})
	}
}

func TestDoctorSick(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		shape func(o office, s *settings)
		ill   string
		mend  string
	}{
		{"wrong token", func(o office, _ *settings) { o.Fail("getMe", 99, botapi.Unauthorized()) }, "✗ telegram", "@BotFather"},
		{"no server", func(o office, _ *settings) { o.Close() }, "✗ telegram", "reaches the Bot API server"},
		{"setting", func(_ office, s *settings) { s.QuietHours = "malam" }, "✗ configuration", "20:00-07:00"},
		{"practice clock", func(_ office, s *settings) { s.ClockStart = "2026-11-30T09:00:00+07:00" }, "✗ configuration", "unset CLOCK_START"},
		{"folder", func(_ office, s *settings) { s.DataDir = filepath.Join(file, "data") }, "✗ files", "DATA_DIR"},
		{"database", func(o office, _ *settings) {
			_ = os.WriteFile(filepath.Join(o.dir, databaseFile), bytes.Repeat([]byte("x"), 4096), 0o600)
		}, "✗ database", "emileku restore"},
		{"no MongoDB", func(_ office, s *settings) {
			s.MongoURI = "mongodb://bot:geheim@127.0.0.1:1/x?serverSelectionTimeoutMS=100"
		}, "✗ database", "MONGODB_URI"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, officeOptions())
			s := o.settings()
			c.shape(o, &s)
			text, err := examined(t, s)
			_, after, found := strings.Cut(text, c.ill)
			if !errors.Is(err, errSick) || !found || !strings.Contains(after, c.mend) || strings.Contains(text, "geheim") {
				t.Errorf("%v, want %q and %q:\n%s", err, c.ill, c.mend, text)
			}
			if !strings.Contains(text, "clock") || !strings.Contains(text, "telegram") {
				t.Errorf("the other checks were not made:\n%s", text)
			}
		})
	}
}
