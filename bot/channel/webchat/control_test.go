package webchat

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
)

func TestTypingMenuAndReset(t *testing.T) {
	t.Parallel()
	o := office()
	ctl := newStanding()
	o.Control = ctl
	c, _ := running(t, o)
	p := newPage(t, c.Handler())
	if err := c.Typing(t.Context(), chatOf("ukm")); err != nil {
		t.Fatal(err)
	}
	p.waitChat(t, "ukm", func(v chatView) bool { return v.TypingMS > 0 })
	for _, set := range []struct {
		scope channel.MenuScope
		names []string
	}{{channel.MenuScope{}, []string{"daftar"}}, {channel.MenuScope{Groups: true}, []string{"rekap"}}, {channel.MenuScope{Chat: chatOf("ketua")}, []string{"/acara", "tim"}}} {
		var list []channel.Command
		for _, n := range set.names {
			list = append(list, channel.Command{Name: n, Description: n})
		}
		if err := c.SetCommands(t.Context(), set.scope, list); err != nil {
			t.Fatal(err)
		}
	}
	menu := func(v chatView) string {
		var names []string
		for _, m := range v.Menu {
			names = append(names, m.Name)
		}
		return strings.Join(names, " ")
	}
	p.waitChat(t, "ketua", func(v chatView) bool { return menu(v) == "acara tim" })
	p.waitChat(t, "tim", func(v chatView) bool { return menu(v) == "rekap" })
	p.waitChat(t, "ukm", func(v chatView) bool { return menu(v) == "daftar" })
	if err := c.SetCommands(t.Context(), channel.MenuScope{Chat: chatOf("nobody")}, nil); err == nil {
		t.Error("a menu for nobody was taken")
	}

	if _, err := c.Send(t.Context(), chatOf("ukm"), "", channel.Outbound{Text: "lama"}); err != nil {
		t.Fatal(err)
	}
	p.wait(t, "ukm", func(l []message) bool { return len(l) == 1 })
	if code, _ := p.json(t, "/api/clock/reset", struct{}{}); code != 200 {
		t.Errorf("reset gave %d", code)
	}
	p.wait(t, "ukm", func(l []message) bool { return len(l) == 0 })
	p.waitChat(t, "ketua", func(v chatView) bool { return menu(v) == "daftar" })
	if ctl.resets != 1 {
		t.Errorf("%d resets", ctl.resets)
	}
}

// clearing is a Control that clears the page itself and speaks right after.
type clearing struct{ *standing }

func (s clearing) Reset(ctx context.Context) error {
	s.c.Clear()
	_, err := s.c.Send(ctx, chatOf("ukm"), "", channel.Outbound{Text: "Selamat datang."})
	return err
}

func TestResetThatClearsKeepsTheWelcome(t *testing.T) {
	t.Parallel()
	o := office()
	ctl := clearing{newStanding()}
	o.Control = ctl
	c, _ := running(t, o)
	ctl.c = c
	p := newPage(t, c.Handler())
	if code, _ := p.json(t, "/api/clock/reset", struct{}{}); code != 200 {
		t.Errorf("reset gave %d", code)
	}
	if list := p.reload(t)["ukm"]; len(list) != 1 {
		t.Errorf("shown: %s", words(list))
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	o := office()
	ctl := newStanding()
	o.Control = ctl
	c, _ := running(t, o)
	ctl.c = c
	p := newPage(t, c.Handler())
	for to, want := range map[time.Time]string{
		ctl.Now():                                 "not_later",
		ctl.Now().Add(-time.Hour):                 "not_later",
		ctl.Now().Add(2 * maxJump):                "too_far",
		ctl.Now().Add(24 * 365 * time.Hour * 100): "too_far",
	} {
		if code, answer := p.json(t, "/api/clock/jump", map[string]any{"to": to}); code != 400 || answer["error"] != want {
			t.Errorf("to %v: %d %v", to, code, answer)
		}
	}
	ctl.gate = make(chan struct{})
	first := make(chan int, 1)
	go func() {
		body := strings.NewReader(`{"to":"2026-12-01T08:00:00+07:00"}`)
		code, _ := p.request(context.WithoutCancel(t.Context()), http.MethodPost, "/api/clock/jump", "application/json", body)
		first <- code
	}()
	<-ctl.at
	if code, answer := p.json(t, "/api/clock/jump", map[string]any{"to": ctl.Now().Add(24 * time.Hour)}); code != 409 || answer["error"] != "busy" {
		t.Errorf("a second jump gave %d %v", code, answer)
	}
	close(ctl.gate)
	if code := <-first; code != 200 {
		t.Errorf("the first jump gave %d", code)
	}
}

func TestNoControlNoClock(t *testing.T) {
	t.Parallel()
	c, _ := running(t, office())
	p := newPage(t, c.Handler())
	if code, _ := p.json(t, "/api/clock/jump", map[string]any{"to": time.Now().Add(time.Hour)}); code != 404 && code != 405 {
		t.Errorf("got %d", code)
	}
}
