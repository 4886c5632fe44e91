package telegram_test

import (
	"testing"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/telegram/botapi"
)

// TestConfirmsOnlyWhatIsStored looks at Telegram's side: an update stays there
// until the sink took it, and goes then.
func TestConfirmsOnlyWhatIsStored(t *testing.T) {
	t.Parallel()
	srv := newServer(t, botapi.Options{})
	inbox, ctx := receiving(t, connect(t, srv, nil))
	inbox.Refuse(-1)
	p := srv.Person(7, "Siti", "")
	p.Send("satu")
	p.Send("dua")
	if _, err := inbox.WaitOffers(ctx, 3); err != nil {
		t.Fatal(err)
	}
	if n := srv.Pending(); n != 2 {
		t.Errorf("%d updates wait at Telegram while nothing is stored, want 2", n)
	}
	inbox.Refuse(0)
	got := waitFor(t, ctx, inbox, 2)
	if got[0].Text != "satu" || got[1].Text != "dua" {
		t.Errorf("got %+v", got)
	}
	for {
		changed := srv.Changed()
		if srv.Pending() == 0 {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatal("the stored updates were never confirmed")
		}
	}
}

// TestUnreadableUpdate: one that cannot be read does not stop those behind it.
func TestUnreadableUpdate(t *testing.T) {
	t.Parallel()
	srv := newServer(t, botapi.Options{})
	srv.Push("message", "no object at all")
	srv.Push("message", map[string]any{"chat": "none"})
	srv.Person(7, "Siti", "").Send("halo")
	inbox, ctx := receiving(t, connect(t, srv, nil))
	if got := waitFor(t, ctx, inbox, 1); got[0].Text != "halo" {
		t.Errorf("got %+v", got)
	}
}

// TestUnwantedKindsAreConfirmed: what means nothing to us does not come again.
func TestUnwantedKindsAreConfirmed(t *testing.T) {
	t.Parallel()
	srv := newServer(t, botapi.Options{})
	srv.Push("channel_post", map[string]any{"message_id": 1, "date": 1, "chat": map[string]any{"id": -9, "type": "channel"}})
	srv.Person(7, "Siti", "").SendOther(map[string]any{"pinned_message": map[string]any{"message_id": 1, "date": 0}})
	srv.Person(7, "Siti", "").SendOther(map[string]any{"dice": map[string]any{"emoji": "🎲", "value": 3}})
	inbox, ctx := receiving(t, connect(t, srv, nil))
	if got := waitFor(t, ctx, inbox, 1); got[0].Kind != channel.Other {
		t.Errorf("got %+v", got)
	}
}

// TestLimitsReachTheCaller: over the server's own limit a send says how long
// to wait.
func TestLimitsReachTheCaller(t *testing.T) {
	t.Parallel()
	srv := newServer(t, botapi.Options{})
	c := connect(t, srv, nil)
	srv.Person(7, "Siti", "").Start()
	var refused *channel.SendError
	for range 10 {
		if _, err := c.Send(t.Context(), chatOf(7), "", channel.Outbound{Text: "x"}); err != nil {
			refused = channel.AsSendError(err)
		}
	}
	if refused == nil || refused.RetryAfter <= 0 || refused.Permanent || refused.Uncertain || srv.TooMany() == 0 {
		t.Errorf("after ten sends at once: %+v", refused)
	}
}
