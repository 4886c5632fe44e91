package dialog

import (
	"context"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/storage"
)

// TestThemePoll: where there are polls the proposals are asked as one, and a
// vote in it counts as one's vote.
func TestThemePoll(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.lead()
	o.says("rina", "/acara baru Bazar UKM | 2026-12-30 09:00 | Cibinong")
	turn := func(in channel.Inbound) *Turn {
		in.Chat, in.Group, in.Sender = channel.Chat{Channel: channel.Telegram, ID: "grup"}, true, channel.Sender{ID: "rina", Name: "Rina"}
		p, err := o.app.Identify(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		caps := channel.Capabilities{Polls: true, Edit: true, MaxText: 4096}
		return NewTurn(in, p, &storage.Chat{ID: in.Chat.String(), Group: true}, caps, o.texts, zerolog.Nop())
	}
	first := turn(channel.Inbound{ID: "a", Kind: channel.Text})
	if err := o.desk.theme(context.Background(), first, "usul UKM Naik Kelas\nMuda, Mandiri"); err != nil {
		t.Fatal(err)
	}
	poll := first.Out()[0].Body.Poll
	if poll == nil || len(poll.Options) != 2 || poll.Options[1].Label != "Muda, Mandiri" || poll.Options[1].Value != "/tema EMK-2026 pilih 2" {
		t.Fatalf("%+v", poll)
	}
	vote := turn(channel.Inbound{ID: "b", Kind: channel.Press, Text: poll.Options[1].Value, MessageID: "poll"})
	if err := o.desk.theme(context.Background(), vote, strings.TrimPrefix(poll.Options[1].Value, "/tema ")); err != nil {
		t.Fatal(err)
	}
	m := vote.Out()[0].Body
	if m.Poll != nil || m.Edit != "" {
		t.Errorf("%+v", m)
	}
	o.has(m.Text, "Suara Rina: *no. 2, Muda, Mandiri*", "no. 2 1 suara")
	b, err := o.app.Ballot(t.Context(), "EMK-2026")
	if err != nil || b.Count(2) != 1 {
		t.Errorf("%+v, %v", b, err)
	}
}
