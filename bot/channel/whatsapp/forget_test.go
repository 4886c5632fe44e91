package whatsapp

import (
	"context"
	"testing"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/whatsapp/wafake"
)

// kept counts the rows that hold something of a person, by table.
func (n *network) kept(t *testing.T, p *person) map[string]int {
	t.Helper()
	out := map[string]int{}
	for table, column := range map[string]string{
		"contacts": "their_jid", "chat_settings": "chat_jid", "message_secrets": "chat_jid", "retry_buffer": "chat_jid",
		"privacy_tokens": "their_jid", "sessions": "their_id",
	} {
		for _, like := range []string{p.LID().User, p.PN().User} {
			var rows int
			err := n.devices.db.QueryRow(context.Background(),
				"SELECT count(*) FROM whatsmeow_"+table+" WHERE "+column+" LIKE $1", like+"%").Scan(&rows)
			if err != nil {
				t.Fatal(err)
			}
			out[table] += rows
		}
	}
	return out
}

// TestForget: what the library keeps of a person goes, the token after the last
// word, which is not one to a stranger; others' stays. Whoever writes again is
// understood.
func TestForget(t *testing.T) {
	t.Parallel()
	n := newNetwork(t).linked()
	r := run(t, n, nil)
	r.becomes(t, channel.Online)
	siti, budi := n.person("Siti Aminah"), n.person("Budi")
	for _, p := range []*person{siti, budi} {
		p.Send(n.account, "daftar")
		p.SendPoll(n.account, wafake.Poll{Question: "Jam?", Choices: []string{"8", "9"}})
	}
	r.waits(t, 4)
	for _, p := range []*person{siti, budi} {
		r.sends(t, p.Chat(), channel.Outbound{Text: "Apa nama usahanya?"})
	}
	r.settles(t)
	for _, p := range []*person{siti, budi} {
		if k := n.kept(t, p); k["contacts"] == 0 || k["retry_buffer"] == 0 || k["privacy_tokens"] == 0 || k["message_secrets"] == 0 {
			t.Fatalf("of %s there is kept %v: the test shows nothing", p.Name(), k)
		}
	}
	for range 2 {
		if err := r.Forget(r.ctx, siti.Chat()); err != nil {
			t.Fatal(err)
		}
	}
	if k := n.kept(t, siti); k["contacts"]+k["chat_settings"]+k["message_secrets"]+k["retry_buffer"] != 0 {
		t.Errorf("of Siti there is still kept %v", k)
	}
	n.srv.Faults().Reachout(0, 1<<40, false)
	r.sends(t, siti.Chat(), channel.Outbound{Text: "Data Bapak/Ibu sudah dihapus."})
	for _, s := range n.srv.Sent() {
		if s.Error != 0 || s.To == siti.Phone() && !s.Token {
			t.Errorf("the last word was one to a stranger: %+v", s)
		}
	}
	if k := n.kept(t, siti); k["privacy_tokens"] != 0 || k["sessions"] == 0 {
		t.Errorf("after the last word there is kept %v", k)
	}
	if k := n.kept(t, budi); k["contacts"] == 0 || k["retry_buffer"] == 0 || k["privacy_tokens"] == 0 {
		t.Errorf("of Budi there is kept only %v", k)
	}
	siti.Send(n.account, "halo lagi")
	if in := r.waits(t, 5); in[4].Text != "halo lagi" {
		t.Errorf("she says %q", in[4].Text)
	}
	if err := r.Forget(r.ctx, channel.Chat{Channel: channel.WhatsApp, ID: "120363000000000001@g.us"}); err != nil {
		t.Error(err)
	}
}
