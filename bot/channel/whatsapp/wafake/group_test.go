package wafake_test

import (
	"testing"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"github.com/diskopukm/emileku/bot/channel/whatsapp/wafake"
)

func TestGroup(t *testing.T) {
	t.Parallel()
	srv := serve(t, wafake.Options{})
	siti := srv.AddPerson("6281210000001", "Siti")
	budi := srv.AddPerson("6281310000002", "Budi")
	c, account := linked(t, srv)
	group := srv.NewGroup("Panitia E-MILE", siti, account)
	if e := expect[*events.JoinedGroup](c); e.Name != "Panitia E-MILE" || len(e.Participants) != 2 {
		t.Errorf("joined %+v", e)
	}
	say := func(text string) {
		t.Helper()
		_, err := c.SendMessage(deadline(t), group.JID(), &waE2E.Message{Conversation: proto.String(text)})
		must(t, err)
	}

	for _, text := range []string{"/status", "/jadwal"} { // the second without a sender key
		siti.Send(group, text)
		m := c.message()
		if m.Message.GetConversation() != text || m.Info.Chat != group.JID() || m.Info.Sender.ToNonAD() != siti.LID() ||
			m.Info.SenderAlt.ToNonAD() != siti.PN() {
			t.Errorf("%s came as %+v", text, m.Info)
		}
	}
	say("Semua siap")
	if got := next(t, siti); got.Text != "Semua siap" || got.Group != group || got.Kind != "skmsg" {
		t.Errorf("Siti got %+v", got)
	}
	if r := expect[*events.Receipt](c); r.Chat != group.JID() || r.Sender.ToNonAD() != siti.LID() {
		t.Errorf("receipt %+v", r)
	}

	group.Add(budi)
	if e := expect[*events.GroupInfo](c); len(e.Join) != 1 || e.Join[0] != budi.LID() {
		t.Errorf("joined %+v", e)
	}
	say("Selamat datang, Budi")
	if got := next(t, budi); got.Text != "Selamat datang, Budi" {
		t.Errorf("Budi got %+v", got)
	}
	group.SetSubject("Panitia 2027")
	if e := expect[*events.GroupInfo](c); e.Name == nil || e.Name.Name != "Panitia 2027" {
		t.Errorf("renamed %+v", e)
	}
	group.Remove(siti)
	if e := expect[*events.GroupInfo](c); len(e.Leave) != 1 || e.Leave[0] != siti.LID() {
		t.Errorf("left %+v", e)
	}
	say("Tanpa Siti")
	next(t, budi)
	if n := len(siti.Inbox()); n != 2 {
		t.Errorf("Siti has %d messages after she left", n)
	}
	info, err := c.GetGroupInfo(deadline(t), group.JID())
	must(t, err)
	if info.Name != "Panitia 2027" || len(info.Participants) != 2 {
		t.Errorf("group %+v", info)
	}
	joined, err := c.GetJoinedGroups(deadline(t))
	if err != nil || len(joined) != 1 {
		t.Errorf("groups %v, %v", joined, err)
	}

	group.Remove(account)
	expect[*events.GroupInfo](c)
	if _, err := c.GetGroupInfo(deadline(t), group.JID()); err == nil {
		t.Error("the group is still shown to who was removed")
	}
}

// TestGroupRetries: a message in a group that cannot be read, both ways, and a
// poll there.
func TestGroupRetries(t *testing.T) {
	t.Parallel()
	srv := serve(t, wafake.Options{})
	siti := srv.AddPerson("6281210000001", "Siti")
	budi := srv.AddPerson("6281310000002", "Budi")
	c, account := linked(t, srv)
	group := srv.NewGroup("Panitia", siti, budi, account)
	expect[*events.JoinedGroup](c)

	srv.Faults().Undecryptable(1)
	id := siti.Send(group, "/status")
	expect[*events.UndecryptableMessage](c)
	if m := c.message(); m.Message.GetConversation() != "/status" || m.Info.ID != id || m.Info.Chat != group.JID() {
		t.Errorf("the second attempt came as %+v", m)
	}
	srv.Faults().Deaf(1)
	_, err := c.SendMessage(deadline(t), group.JID(), &waE2E.Message{Conversation: proto.String("siap")},
		whatsmeow.SendRequestExtra{ID: "G1"})
	must(t, err)
	for _, p := range []*wafake.Person{siti, budi} {
		if got := next(t, p); got.Text != "siap" || got.Group != group {
			t.Errorf("%s got %+v", p.Name(), got)
		}
	}
	_, err = c.SendMessage(deadline(t), group.JID(), c.BuildPollCreation("Rapat?", []string{"Senin", "Selasa"}, 1))
	must(t, err)
	_, err = budi.Vote(next(t, budi), group, "Selasa")
	must(t, err)
	got, err := c.DecryptPollVote(deadline(t), c.message())
	if err != nil || len(got.GetSelectedOptions()) != 1 {
		t.Errorf("vote %v, %v", got, err)
	}
}
