package wafake_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"github.com/diskopukm/emileku/bot/channel/whatsapp/wafake"
)

// TestFlaky: many people write at once while the connection breaks by chance.
// The client answers under IDs derived from the messages', as often as it takes;
// everybody sees each answer once.
func TestFlaky(t *testing.T) {
	t.Parallel()
	srv := serve(t, wafake.Options{})
	c, account := linked(t, srv)
	c.AddEventHandlerWithSuccessStatus(func(e any) bool {
		m, ok := e.(*events.Message)
		if !ok {
			return true
		}
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		_, err := c.SendMessage(ctx, m.Info.Chat, &waE2E.Message{
			Conversation: proto.String("Anda menulis: " + m.Message.GetConversation()),
		}, whatsmeow.SendRequestExtra{ID: "ECHO" + m.Info.ID})
		return err == nil // not acknowledged, so it comes again
	})
	people := make([]*wafake.Person, 8)
	for i := range people {
		people[i] = srv.AddPerson(fmt.Sprintf("62812%07d", i), fmt.Sprintf("Orang %d", i))
		people[i].Send(account, "halo") // so that what follows a first message is over
		next(t, people[i])
	}
	must(t, srv.Settle(deadline(t)))
	srv.Faults().Flaky(0.06, 1)
	const each = 6
	var all sync.WaitGroup
	for _, p := range people {
		all.Go(func() {
			for n := range each {
				p.Send(account, fmt.Sprintf("pesan %d", n))
				if _, err := p.WaitMessage(deadline(t)); err != nil {
					t.Errorf("%s, message %d: %v", p.Name(), n, err)
					return
				}
			}
		})
	}
	all.Wait()
	srv.Faults().Flaky(0, 0)
	must(t, account.Connected(deadline(t)))
	must(t, srv.Settle(deadline(t)))
	repeats := 0
	for _, p := range people {
		inbox := p.Inbox()
		if len(inbox) != each+1 {
			t.Errorf("%s has %d answers", p.Name(), len(inbox))
		}
		for _, m := range inbox {
			repeats += m.Copies - 1
		}
	}
	lost := 0
	for _, e := range srv.Sent() {
		if e.Lost {
			lost++
		}
	}
	if lost == 0 || repeats == 0 {
		t.Errorf("%d acknowledgements were lost, and %d messages came again: the test has no teeth", lost, repeats)
	}
}
