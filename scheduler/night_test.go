package scheduler_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/channeltest"
	"github.com/diskopukm/emileku/bot/event"
)

// A program that was down until the night of a stage writes its reminders in
// the morning: they count the days as they are when they are read, and nobody
// hears "tomorrow" on the day itself.
func TestStageAtNight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newBureau(t, wib(2026, 12, 1, 9, 0), channeltest.WhatsAppOptions{})
		defer func() { o.stop() }()
		lead, _ := o.lead()
		o.newEvent(lead, wib(2027, 1, 14, 8, 0))
		said := o.clock.Now()
		guest := o.guest("ya", func(g *event.Participation, _ *event.Person) {
			g.Email, g.InvitedAt, g.Reply = "ya@contoh.id", &said, event.Reply{Answer: event.Yes, At: &said}
		})
		mails := func() (texts []string) {
			for _, m := range o.mail.SentTo(channel.Chat{Channel: channel.Email, ID: "ya@contoh.id"}) {
				texts = append(texts, m.Message.Text)
			}
			return texts
		}
		reminded := func(word string) bool {
			for _, m := range o.tg.SentTo(channel.Chat{Channel: channel.Telegram, ID: "-100"}) {
				if strings.Contains(m.Message.Text, word+"* – konfirmasi tamu") {
					return true
				}
			}
			return false
		}

		o.clock.Set(wib(2027, 1, 7, 22, 0)) // H-7 was at 09.00
		o.settle()
		if got := mails(); len(got) != 0 || reminded("H-7") {
			t.Errorf("at night: %q", got)
		}
		o.until(wib(2027, 1, 8, 7, 0))
		if got := mails(); len(got) != 1 || !strings.Contains(got[0], "tinggal 6 hari lagi") || !reminded("H-6") {
			t.Errorf("in the morning: %q", got)
		}

		o.clock.Set(wib(2027, 1, 13, 9, 0))
		o.must(o.plan.Tick(t.Context()))
		row, err := o.store.Outbox().Get(t.Context(), "EMK-2027/"+guest.PersonID+"/h1.0/email")
		o.must(err)
		if want := wib(2027, 1, 14, 0, 0); !row.ExpiresAt.Equal(want) {
			t.Errorf("%q is of use until %s", row.Body.Text, row.ExpiresAt)
		}
	})
}
