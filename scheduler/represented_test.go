package scheduler_test

import (
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/diskopukm/emileku/bot"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/replylink"
	"github.com/diskopukm/emileku/templates"
)

// Who is represented sees in a mail, too, what "Hadir" would change.
func TestMailToTheRepresented(t *testing.T) {
	t.Parallel()
	m := newMailing(t, t.TempDir())
	texts, err := templates.New()
	if err != nil {
		t.Fatal(err)
	}
	links, err := replylink.New("https://undangan.contoh.go.id", []byte("a key of sixteen characters"))
	if err != nil {
		t.Fatal(err)
	}
	desk := bot.New(bot.Options{Store: m.store, App: m.app, Texts: texts, Log: zerolog.Nop(), Links: links}).Desk()
	for answer, want := range map[event.Answer]string{
		event.Silent: "Hadir, Belum pasti, Tidak hadir, Diwakilkan", event.Delegated: "Hadir sendiri, Belum pasti, Tidak hadir, Tetap diwakilkan",
	} {
		var mail channel.Outbound
		at := time.Now()
		if err := desk.Mail(&mail, m.event, &event.Participation{Code: "kode", Reply: event.Reply{Answer: answer, At: &at}}, true); err != nil {
			t.Fatal(err)
		}
		var labels []string
		for _, row := range mail.Buttons {
			labels = append(labels, row[0].Label)
		}
		if got := strings.Join(labels, ", "); got != want {
			t.Errorf("%q: %s, want %s", answer, got, want)
		}
	}
}
