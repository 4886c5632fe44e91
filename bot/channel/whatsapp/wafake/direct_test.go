package wafake_test

import (
	"testing"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/diskopukm/emileku/bot/channel/whatsapp/wafake"
)

func TestOneToOneBothWays(t *testing.T) {
	t.Parallel()
	srv := serve(t, wafake.Options{})
	siti := srv.AddPerson("+62 812-1000-0001", "Siti Aminah")
	c, account := linked(t, srv)

	id := siti.Send(account, "daftar")
	m := c.message()
	if m.Info.ID != id || m.Message.GetConversation() != "daftar" || m.Info.PushName != "Siti Aminah" {
		t.Errorf("the client got %+v", m.Info)
	}
	if m.Info.Sender.ToNonAD() != siti.LID() || m.Info.SenderAlt.ToNonAD() != siti.PN() || m.Info.AddressingMode != "" {
		t.Errorf("sender %s, alternative %s", m.Info.Sender, m.Info.SenderAlt)
	}
	must(t, siti.WaitDelivered(deadline(t), id))

	c.text(siti, "Selamat datang, *Siti*", "A1")
	got := next(t, siti)
	if got.Text != "Selamat datang, *Siti*" || got.ID != "A1" || got.From != account.Phone() || got.Kind != "msg" {
		t.Errorf("Siti got %+v", got)
	}
	if r := expect[*events.Receipt](c); r.Type != types.ReceiptTypeDelivered || r.MessageIDs[0] != "A1" {
		t.Errorf("receipt %+v", r)
	}
	siti.Read(got)
	if r := expect[*events.Receipt](c); r.Type != types.ReceiptTypeRead || r.MessageIDs[0] != "A1" {
		t.Errorf("receipt %+v", r)
	}
	if sent := account.Sent(); len(sent) != 1 || sent[0].Text != got.Text {
		t.Errorf("the phone shows %+v", sent)
	}
	must(t, c.MarkRead(deadline(t), []types.MessageID{id}, m.Info.Timestamp, m.Info.Chat, m.Info.Sender))
	must(t, siti.WaitRead(deadline(t), id))

	log := srv.Sent()
	if len(log) != 1 || log[0].Cold || !log[0].LID || log[0].To != siti.Phone() || log[0].Kinds["msg"] != 1 || log[0].Kinds["pkmsg"] != 1 { // to her, and the first to the own phone
		t.Errorf("log %+v", log)
	}
	must(t, srv.Settle(deadline(t)))
	if n := account.Pending(); n != 0 {
		t.Errorf("%d stanzas are not acknowledged", n)
	}
}

// TestColdMessage: the first message to somebody who has not written begins the
// session with the keys on the server.
func TestColdMessage(t *testing.T) {
	t.Parallel()
	srv := serve(t, wafake.Options{})
	budi := srv.AddPerson("6281310000002", "Budi")
	c, _ := linked(t, srv)
	c.text(budi, "Undangan", "C1")
	if got := next(t, budi); got.Text != "Undangan" || got.Kind != "pkmsg" {
		t.Errorf("Budi got %+v", got)
	}
	c.text(budi, "Undangan lagi", "C2")
	if got := next(t, budi); got.Kind != "pkmsg" {
		t.Errorf("before an answer each message begins the session anew, this was %s", got.Kind)
	}
	for _, e := range srv.Sent() {
		if !e.Cold || e.Token {
			t.Errorf("log %+v", e)
		}
	}
}
