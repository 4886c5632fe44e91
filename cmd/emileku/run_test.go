package main

import (
	"context"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/channel/telegram/botapi"
)

// stopWithin is what a stop may take, whatever is in hand.
const stopWithin = 10 * time.Second

func (p *process) terminate() (int, string) {
	p.t.Helper()
	begun := time.Now()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	code, text := p.code()
	if took := time.Since(begun); took > stopWithin {
		p.t.Errorf("took %v to end", took)
	}
	return code, text
}

// A first start: the code for the lead is printed and works, health and
// metrics answer, SIGTERM ends it, and nowhere is the token.
func TestRun(t *testing.T) {
	t.Parallel()
	o := newOffice(t, officeOptions())
	p := start(t, o.env("LOG_LEVEL=trace"), "run")
	address := p.sees(httpAddress)
	code := p.sees(`/klaim (\S+)`)
	rina := o.Person(7, "Rina", "rina")
	rina.Send("/klaim " + code)
	o.hears(t, rina.ID(), "Rina")

	for path, part := range map[string]string{"/livez": "ok", "/readyz": "ok", "/metrics": "emileku_messages_received_total{channel=\"telegram\",kind=\"text\"} 1"} {
		if got := get(t, "http://"+address+path); !strings.Contains(got, part) {
			t.Errorf("%s answers %q", path, got)
		}
	}
	if code, text := runs(t, []string{"HTTP_ADDR=" + address}, "healthcheck"); code != 0 || !strings.Contains(text, "ready") {
		t.Errorf("healthcheck: exit %d: %s", code, text)
	}
	// A backup may be made beside it; what would write may not.
	if code, text := runs(t, o.env(), "backup", o.dir+"/beside.zip"); code != 0 {
		t.Errorf("backup: exit %d: %s", code, text)
	}
	for _, args := range [][]string{{"run"}, {"restore", o.dir + "/beside.zip"}, {"import", "everything", o.dir}} {
		env := o.env()
		if args[0] == "import" {
			env = append(env, "DATA_DIR="+t.TempDir())
		}
		if code, text := runs(t, env, args...); code != 1 || !strings.Contains(text, "another emileku is using") {
			t.Errorf("%v beside a running bot: exit %d: %s", args, code, text)
		}
	}
	o.Fail("getUpdates", 3, botapi.Broken()) // so that the log has something to hide
	exit, text := p.terminate()
	if exit != 0 || !strings.Contains(text, "emileku ends") {
		t.Errorf("exit %d:\n%s", exit, text)
	}
	if strings.Contains(text, o.Token()) || strings.Contains(text, "AAHtest-token") {
		t.Errorf("the token is in the log:\n%s", text)
	}
	if code, _ := runs(t, []string{"HTTP_ADDR=" + address}, "healthcheck"); code != 1 {
		t.Errorf("healthcheck of nobody: exit %d", code)
	}
}

// SIGTERM in the middle of work: the program ends in time and without a fault,
// and whoever had written gets an answer, from this process or the next.
func TestStopWhileBusy(t *testing.T) {
	t.Parallel()
	o := newOffice(t, botapi.Options{Limits: botapi.NoLimits(), Delay: 20 * time.Millisecond})
	o.withLead(t, nil)
	p := start(t, o.env(), "run")
	p.sees(httpAddress)
	const people = 60
	for i := range int64(people) {
		o.Person(100+i, "Warga", "").Send("/bantuan")
	}
	o.hears(t, 100, "/datasaya") // it is at it
	if code, text := p.terminate(); code != 0 {
		t.Errorf("exit %d:\n%s", code, text)
	}
	answered := 0
	for i := range int64(people) {
		answered += min(1, len(o.FromBot(100+i)))
	}
	t.Logf("%d of %d were answered before the end", answered, people)

	again := start(t, o.env(), "run")
	for i := range int64(people) {
		o.hears(t, 100+i, "/datasaya")
	}
	for i := range int64(people) {
		if n := len(o.FromBot(100 + i)); n != 1 {
			t.Errorf("person %d was answered %d times", i, n)
		}
	}
	if code, text := again.terminate(); code != 0 {
		t.Errorf("exit %d:\n%s", code, text)
	}
}

// The Bot API server being away neither ends the program nor keeps it from
// ending, and tells the token to nobody.
func TestRunWithoutServer(t *testing.T) {
	t.Parallel()
	o := newOffice(t, officeOptions())
	o.Close()
	p := start(t, o.env("LOG_LEVEL=trace", "ADMIN_CODE=kantor-2027-ukm"), "run")
	if code := p.sees(`/klaim (\S+)`); code != "kantor-2027-ukm" {
		t.Errorf("the code is %q", code)
	}
	p.sees(`"level":"(warn|error)"`)
	code, text := p.terminate()
	if code != 0 || strings.Contains(text, o.Token()) || strings.Contains(text, "AAHtest-token") {
		t.Errorf("exit %d:\n%s", code, text)
	}
}

func TestAddressInUse(t *testing.T) {
	t.Parallel()
	o := newOffice(t, officeOptions())
	taken := strings.TrimPrefix(o.URL(), "http://")
	code, text := runs(t, o.env("HTTP_ADDR="+taken), "run")
	if code != 1 || !strings.Contains(text, "HTTP_ADDR "+taken) || !strings.Contains(text, "127.0.0.1:8090") {
		t.Errorf("exit %d: %s", code, text)
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	code, text := runs(t, nil, "version")
	if fields := strings.Fields(text); code != 0 || len(fields) != 4 || fields[0] != "emileku" || !strings.HasPrefix(fields[2], "go1.") {
		t.Errorf("exit %d: %q", code, text)
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.Status + "\n" + string(body)
}
