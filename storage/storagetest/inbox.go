package storagetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
)

func inboxCases() map[string]func(*testing.T, Harness) {
	return map[string]func(*testing.T, Harness){
		"OpenUntilDone": inboxOpen,
		"FreshOnce":     inboxFresh,
		"Forget":        inboxForget,
		"Erase":         inboxErase,
	}
}

func inboxOpen(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	for i, id := range []string{"c", "a", "b", "d"} {
		in := sampleInbound(id)
		in.SentAt = at(0).In(event.Jakarta)
		equal(t, "fresh", must(s.Inbox().Add(ctx, in, at(time.Duration(i)*time.Second)))(t), true)
	}
	open := must(s.Inbox().Open(ctx, 10))(t)
	equal(t, "open, oldest first", ids(open), "c a b d")
	want := sampleInbound("c")
	want.SentAt = at(0)
	same(t, open[0], want)
	utcMillis(t, "SentAt", open[0].SentAt, at(0))
	equal(t, "limited", ids(must(s.Inbox().Open(ctx, 2))(t)), "c a")
	ok(t, s.Inbox().Done(ctx, "a"))
	ok(t, s.Inbox().Done(ctx, "a"))
	ok(t, s.Inbox().Done(ctx, "unknown"))
	equal(t, "open after one is done", ids(must(s.Inbox().Open(ctx, 10))(t)), "c b d")
}

func ids(ins []channel.Inbound) (out string) {
	for i, in := range ins {
		if i > 0 {
			out += " "
		}
		out += in.ID
	}
	return out
}

func inboxFresh(t *testing.T, h Harness) {
	ctx, clients := t.Context(), h.both(t)
	var fresh atomic.Int64
	var wg sync.WaitGroup
	for w := range h.Workers {
		s := clients[w%len(clients)]
		wg.Go(func() {
			in := sampleInbound("same")
			in.Text = fmt.Sprint(w)
			f, err := s.Inbox().Add(ctx, in, at(0))
			if err != nil {
				t.Error(err)
			}
			if f {
				fresh.Add(1)
			}
		})
	}
	wg.Wait()
	equal(t, "times fresh", fresh.Load(), 1)
	s := clients[0]
	first := must(s.Inbox().Open(ctx, 10))(t)
	equal(t, "open", len(first), 1)
	ok(t, s.Inbox().Done(ctx, "same"))
	equal(t, "fresh once done", must(s.Inbox().Add(ctx, sampleInbound("same"), at(time.Hour)))(t), false)
	equal(t, "open once done", len(must(s.Inbox().Open(ctx, 10))(t)), 0)
}

func inboxForget(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	for i := range 4 {
		id := fmt.Sprint(i)
		must(s.Inbox().Add(ctx, sampleInbound(id), at(time.Duration(i)*time.Hour)))(t)
		if i != 1 {
			ok(t, s.Inbox().Done(ctx, id))
		}
	}
	equal(t, "forgotten", must(s.Inbox().Forget(ctx, at(3*time.Hour)))(t), 2) // 0 and 2; 1 is open, 3 too young
	equal(t, "forgotten again", must(s.Inbox().Forget(ctx, at(3*time.Hour)))(t), 0)
	equal(t, "known still", must(s.Inbox().Add(ctx, sampleInbound("3"), at(0)))(t), false)
	equal(t, "known no more", must(s.Inbox().Add(ctx, sampleInbound("0"), at(0)))(t), true)
	equal(t, "open", len(must(s.Inbox().Open(ctx, 10))(t)), 2)
}

func inboxErase(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	for i, chat := range []channel.Chat{
		chatOf("4711"), chatOf("4711"), chatOf("4711"), chatOf("47110"), {Channel: channel.Web, ID: "4711"}, {},
	} {
		in := sampleInbound(fmt.Sprint(i))
		in.Chat = chat
		must(s.Inbox().Add(ctx, in, at(time.Duration(i)*time.Hour)))(t)
		if i != 1 {
			ok(t, s.Inbox().Done(ctx, in.ID))
		}
	}
	equal(t, "erased", must(s.Inbox().Erase(ctx, chatOf("4711")))(t), 2) // 0 and 2; 1 is open
	equal(t, "erased again", must(s.Inbox().Erase(ctx, chatOf("4711")))(t), 0)
	equal(t, "open", ids(must(s.Inbox().Open(ctx, 10))(t)), "1")
	for _, id := range []string{"3", "4", "5"} { // of others
		equal(t, "fresh "+id, must(s.Inbox().Add(ctx, sampleInbound(id), at(0)))(t), false)
	}
	equal(t, "fresh once erased", must(s.Inbox().Add(ctx, sampleInbound("0"), at(0)))(t), true)
}
