package bot_test

import (
	"context"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/channel/whatsapp/wafake"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/transcript"
)

// TestVotesInPoll: a guest opens the link of the invitation on WhatsApp, and
// answers with a tap in the poll below it.
func TestVotesInPoll(t *testing.T) {
	t.Parallel()
	w := transcript.NewPhones(t)
	for _, line := range []string{
		"acara 2027-01-14 08:00 | E-MILE KU 2027 | Lapangan Tegar Beriman", "tamu H. Dedi | koperasi | KSU Maju | 081234567890",
	} {
		if err := w.Direct(line); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	guests, _, err := w.App().Guests(ctx, "EMK-2027", "", 10)
	if err != nil || len(guests) != 1 {
		t.Fatalf("%d guests, %v", len(guests), err)
	}
	dedi := w.Person("dedi")
	dedi.Send(w.Account(), "Halo E-MILE KU, kode u_"+guests[0].Code)
	var poll wafake.Message
	err = dedi.WaitUntil(ctx, func(inbox []wafake.Message) bool {
		for _, m := range inbox {
			if m.Poll != nil {
				poll = m
			}
		}
		return poll.Poll != nil
	})
	if err != nil {
		t.Fatalf("no poll: %v; there is %+v", err, dedi.Inbox())
	}
	if _, err := dedi.Vote(poll, w.Account(), poll.Poll.Choices[0]); err != nil {
		t.Fatal(err)
	}
	before := len(dedi.Inbox())
	if err := dedi.WaitUntil(ctx, func(inbox []wafake.Message) bool { return len(inbox) > before }); err != nil {
		t.Fatal(err)
	}
	after, err := w.App().GuestByCode(ctx, guests[0].Code)
	if err != nil || after.Reply.Answer != event.Yes {
		t.Errorf("the answer kept is %+v, %v", after.Reply, err)
	}
}
