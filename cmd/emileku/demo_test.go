package main

import (
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

func TestDemoPage(t *testing.T) {
	t.Parallel()
	p := start(t, []string{"HTTP_ADDR=127.0.0.1:0"}, "demo")
	url := p.sees(`Practice page: (http://127\.0\.0\.1:\d+/)`)
	page := get(t, url)
	if !strings.HasPrefix(page, "200") || !strings.Contains(page, "<html") {
		t.Errorf("the page is %.200q", page)
	}
	if got := get(t, url+"readyz"); !strings.HasPrefix(got, "200") {
		t.Errorf("readyz: %q", got)
	}
	// A page elsewhere cannot use a visitor's browser to get in.
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host, req.Close = "rebound.example", true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode < 400 {
		t.Errorf("another host's name: %s", resp.Status)
	}
	if code, text := p.terminate(); code != 0 {
		t.Errorf("exit %d: %s", code, text)
	}
	// Nothing is kept.
	left, err := os.ReadDir(p.cmd.Dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestDemoStaysHome(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "emileku.example:0"} {
		code, text := runs(t, []string{"HTTP_ADDR=" + address}, "demo")
		if code != 1 || !strings.Contains(text, "--allow-remote") {
			t.Errorf("%s: exit %d: %s", address, code, text)
		}
	}
	p := start(t, []string{"HTTP_ADDR=0.0.0.0:0"}, "demo", "--allow-remote")
	if page := get(t, p.sees(`Practice page: (http://127\.0\.0\.1:\d+/)`)); !strings.HasPrefix(page, "200") {
		t.Errorf("the page is %.200q", page)
	}
}

// Port 8080 being in use does not keep anyone from practising.
func TestDemoTakesAnotherPort(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	p := start(t, []string{"HTTP_ADDR=" + taken.Addr().String()}, "demo")
	if page := get(t, p.sees(`Practice page: (http://\S+)`)); !strings.HasPrefix(page, "200") {
		t.Errorf("the page is %.200q", page)
	}
}

// newDemo is the practice world, without its web server.
func newDemo(t *testing.T, at string) *demo {
	t.Helper()
	c := demoCmd{logging: logging{LogLevel: "warn", LogFormat: "json"}, HTTPAddr: "127.0.0.1:0", QuietHours: "20:00-07:00", ClockStart: at, Days: 45}
	d, err := c.start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.close(); err != nil {
			t.Error(err)
		}
		if err := d.web.listener.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func (d *demo) sentTo(t *testing.T, label string) string {
	t.Helper()
	lines, err := d.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		if l.Label == d.current().program.texts.Label("demo", label) {
			return l.Value
		}
	}
	t.Fatalf("no line %q in %v", label, lines)
	return ""
}

// The clock jumps to the next due step, whose reminder goes out on the way,
// and to a date; it never goes back.
func TestDemoJump(t *testing.T) {
	t.Parallel()
	d := newDemo(t, "2026-11-30T09:00:00+07:00")
	day, ok := d.EventDay(t.Context())
	if want := time.Date(2027, 1, 14, 0, 0, 0, 0, event.Jakarta); !ok || !day.Equal(want) {
		t.Fatalf("the event is on %v, want %v", day, want)
	}
	label, at, ok := d.NextDue(t.Context())
	if !ok || !at.After(d.Now()) || !strings.HasPrefix(label, "H-") {
		t.Fatalf("next due: %q at %v (%v), now %v", label, at, ok, d.Now())
	}
	before := d.sentTo(t, "sent")
	if err := d.Jump(t.Context(), at); err != nil {
		t.Fatal(err)
	}
	if now := d.Now(); now.Before(at) || now.After(at.Add(time.Minute)) {
		t.Errorf("jumped to %v, want %v", now, at)
	}
	if after := d.sentTo(t, "sent"); after == before {
		t.Errorf("%q fell due and nothing was sent: %s before, %s after", label, before, after)
	}
	if next, later, ok := d.NextDue(t.Context()); !ok || !later.After(at) {
		t.Errorf("then comes %q at %v", next, later)
	}

	if err := d.Jump(t.Context(), day.AddDate(0, 0, 2)); err != nil {
		t.Fatal(err)
	}
	if n := d.sentTo(t, "failed"); n != "0" {
		t.Errorf("%s messages failed on the way", n)
	}
	if _, at, ok := d.NextDue(t.Context()); ok && !at.After(d.Now()) {
		t.Errorf("something is due in the past: %v", at)
	}
}

// Whoever was there before the curtain rose has no phone on the page: a
// decision about them is no failure.
func TestDemoSamplesAreTold(t *testing.T) {
	t.Parallel()
	d := newDemo(t, "2026-11-30T09:00:00+07:00")
	p := d.current().program
	e, err := p.app.Current(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	lead, err := identify(t.Context(), p, "rina")
	if err != nil {
		t.Fatal(err)
	}
	decided := 0
	err = p.app.EachRegistration(t.Context(), storage.RegistrationQuery{EventID: e.ID}, func(r *event.Registration) error {
		if r.Status != event.Pending {
			return nil
		}
		decided++
		_, err := p.app.Curate(t.Context(), app.Actor{Person: lead}, r.ID, app.Verdict{To: event.Confirmed})
		return err
	})
	if err != nil || decided == 0 {
		t.Fatalf("%d were decided: %v", decided, err)
	}
	if err := d.Jump(t.Context(), d.Now().Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if n := d.sentTo(t, "failed"); n != "0" {
		t.Errorf("%s messages failed", n)
	}
}

// Starting afresh: the clock, the people and the data are as at first, and the
// old data are off the disk.
func TestDemoReset(t *testing.T) {
	t.Parallel()
	d := newDemo(t, "2026-11-30T09:00:00+07:00")
	people, due, old := d.sentTo(t, "people"), d.Now(), d.current().dir
	if err := d.Jump(t.Context(), d.Now().AddDate(0, 0, 10)); err != nil {
		t.Fatal(err)
	}
	if _, err := identify(t.Context(), d.current().program, "tamu-baru"); err != nil {
		t.Fatal(err)
	}
	if d.sentTo(t, "people") == people {
		t.Fatal("the new guest is not counted")
	}
	if err := d.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := d.sentTo(t, "people"); got != people {
		t.Errorf("%s people, %s at first", got, people)
	}
	if now := d.Now(); now.Sub(due).Abs() > time.Hour {
		t.Errorf("the clock says %v, it began at %v", now, due)
	}
	if _, err := os.Stat(old); !os.IsNotExist(err) {
		t.Errorf("the old data are still there: %v", err)
	}
	if _, err := os.Stat(d.current().dir); err != nil {
		t.Errorf("the new data are not there: %v", err)
	}
	if !d.web.ready.Load() {
		t.Error("not ready again")
	}
}
