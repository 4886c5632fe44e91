package wafake_test

import (
	"testing"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/appstate"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/diskopukm/emileku/bot/channel/whatsapp/wafake"
)

func TestPairByQR(t *testing.T) {
	t.Parallel()
	srv := serve(t, wafake.Options{FullUpload: true})
	siti := srv.AddPerson("6281210000001", "Siti")
	account := srv.NewAccount(officePhone)
	c := newClient(t, srv, container(t).NewDevice())
	must(t, c.Connect())
	codes := expect[*events.QR](c).Codes
	if err := account.ScanQR("https://wa.me/settings/linked_devices#x,AA==,AA==,AA==,1"); err == nil {
		t.Error("an unknown code was taken")
	}
	must(t, account.ScanQR(codes[0]))
	paired := expect[*events.PairSuccess](c)
	if paired.ID.User != officePhone || paired.ID.Device != 1 || paired.LID.User != account.LID().User {
		t.Errorf("paired as %s, %s", paired.ID, paired.LID)
	}
	expect[*events.Connected](c)
	must(t, account.Connected(deadline(t)))
	for range appstate.AllPatchNames { // the phone has sent the key
		expect[*events.AppStateSyncComplete](c)
	}

	siti.Send(account, "halo")
	if m := c.message(); m.Message.GetConversation() != "halo" {
		t.Errorf("got %v", m.Message)
	}
	c.text(siti, "halo juga", "P1")
	if got := next(t, siti); got.Text != "halo juga" {
		t.Errorf("Siti got %+v", got)
	}
	must(t, srv.Settle(deadline(t)))
	expect[*events.PushName](c) // stored in the background, which a logout would race with
	must(t, c.Logout(deadline(t)))
	if left := account.Devices(); len(left) != 0 {
		t.Errorf("after the logout %v are linked", left)
	}
}

func TestPairByCode(t *testing.T) {
	t.Parallel()
	srv := serve(t, wafake.Options{})
	account := srv.NewAccount(officePhone)
	c := newClient(t, srv, container(t).NewDevice())
	must(t, c.Connect())
	expect[*events.QR](c)
	code, err := c.PairPhone(deadline(t), officePhone, true, whatsmeow.PairClientChrome, "Chrome (Linux)")
	must(t, err)
	wrong := "1" + code[1:]
	if code[0] == '1' {
		wrong = "2" + code[1:]
	}
	if err := srv.NewAccount("628118300002").EnterCode(code); err == nil {
		t.Error("another phone took the code")
	}
	must(t, account.EnterCode(wrong))
	reason, err := account.LinkFailed(deadline(t))
	must(t, err)
	if reason == nil || account.LinkError() == nil || len(account.Devices()) != 0 {
		t.Errorf("the wrong code linked %v: %v", account.Devices(), reason)
	}
	must(t, account.EnterCode(code))
	expect[*events.PairSuccess](c)
	expect[*events.Connected](c)
}
