package main

import (
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/diskopukm/emileku/storage/mongo/mongotest"
)

// TestWhatsAppFailover: two instances on one MongoDB. One is linked to WhatsApp,
// the other waits; the first is killed, the second takes over the same link.
// There never is a second login, and what people wrote meanwhile is answered.
func TestWhatsAppFailover(t *testing.T) {
	t.Parallel()
	p := newPhones(t)
	uri, err := url.Parse(mongotest.URI(t))
	if err != nil {
		t.Fatal(err)
	}
	uri.Path = "/" + mongotest.Database(t)
	env := p.env("MONGODB_URI="+uri.String(), "STORE_KEY="+strings.Repeat("k", 40))
	pair := start(t, env, "whatsapp", "pair", "--phone", officePhone)
	if err := p.account.EnterCode(pair.sees(`Type: +([0-9A-Z]{4}-[0-9A-Z]{4})`)); err != nil {
		t.Fatal(err)
	}
	if code, text := pair.code(); code != 0 {
		t.Fatalf("pair: exit %d: %s", code, text)
	}
	first := start(t, env, "run")
	first.sees(`("state":"online")`)
	second := start(t, env, "run")
	second.sees(`(another instance is in charge)`)
	if code, text := runs(t, env, "whatsapp", "unlink", "--yes"); code != 1 || !strings.Contains(text, "the bot is running") {
		t.Errorf("unlink beside a running bot: exit %d: %s", code, text)
	}
	siti := p.AddPerson("6281210000002", "Siti")
	siti.Send(p.account, "bantuan")
	hears(t, siti, "/datasaya") // there is no event to register for
	if n := p.account.Logins(); n != 1 {
		t.Errorf("%d logins", n)
	}
	if err := first.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-first.ended
	begun := time.Now()
	siti.Send(p.account, "status")
	hears(t, siti, "Belum ada pendaftaran")
	t.Logf("taken over and answered after %v", time.Since(begun).Round(time.Second))
	if n := p.account.Logins(); n != 1 {
		t.Errorf("%d logins after the failover", n)
	}
	// A row that the kill cut off goes out again under the same ID: shown once.
	shown := map[string]bool{}
	for _, m := range siti.Inbox() {
		if shown[m.Text] {
			t.Errorf("%q is there twice", m.Text)
		}
		shown[m.Text] = true
	}
	if code, text := second.terminate(); code != 0 {
		t.Errorf("exit %d:\n%s", code, text)
	}
}
