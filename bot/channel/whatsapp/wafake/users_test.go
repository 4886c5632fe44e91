package wafake_test

import (
	"fmt"
	"testing"

	"go.mau.fi/whatsmeow/appstate"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/diskopukm/emileku/bot/channel/whatsapp/wafake"
)

func TestIsOnWhatsApp(t *testing.T) {
	t.Parallel()
	srv := serve(t, wafake.Options{})
	siti := srv.AddPerson("6281210000001", "Siti")
	srv.AddPerson("6281210000002", "Gone")
	srv.Absent("+6281210000002")
	c, _ := linked(t, srv)
	got, err := c.IsOnWhatsApp(deadline(t), []string{"+6281210000001", "+6281210000002", "+6281210000003"})
	must(t, err)
	if len(got) != 3 || !got[0].IsIn || got[1].IsIn || got[2].IsIn {
		t.Fatalf("got %+v", got)
	}
	if got[0].JID != siti.LID() || got[0].PhoneNumber != siti.PN() || got[0].Query != "+6281210000001" {
		t.Errorf("Siti is %+v", got[0])
	}
	if checked := srv.Checked(); len(checked) != 3 {
		t.Errorf("checked %v", checked)
	}
	info, err := c.GetUserInfo(deadline(t), []types.JID{siti.PN()})
	must(t, err)
	if u := info[siti.PN()]; u.LID != siti.LID() || len(u.Devices) != 1 {
		t.Errorf("user info %+v", info)
	}
}

func TestSmallQueries(t *testing.T) {
	t.Parallel()
	srv := serve(t, wafake.Options{})
	siti := srv.AddPerson("6281210000001", "Siti")
	c, account := linked(t, srv)
	ctx := deadline(t)
	if s := c.GetPrivacySettings(ctx); s.ReadReceipts != types.PrivacySettingAll {
		t.Errorf("privacy %+v", s)
	}
	if l, err := c.GetBlocklist(ctx); err != nil || len(l.JIDs) != 0 {
		t.Errorf("blocklist %v, %v", l, err)
	}
	if _, err := c.GetProfilePictureInfo(ctx, siti.PN(), nil); err == nil {
		t.Error("there is a profile picture")
	}
	must(t, c.SendPresence(ctx, types.PresenceAvailable))
	must(t, c.SendChatPresence(ctx, siti.LID(), types.ChatPresenceComposing, types.ChatPresenceMediaText))
	must(t, c.SetPassive(ctx, false)) // answered after the two before
	if siti.Typing() != 1 || !account.Available() {
		t.Errorf("typing %d, available %v", siti.Typing(), account.Available())
	}
}

func TestAppState(t *testing.T) {
	t.Parallel()
	srv := serve(t, wafake.Options{})
	siti := srv.AddPerson("6281210000001", "Siti")
	// The client reports no change of a collection that it sees for the first time.
	must(t, srv.NewAccount(officePhone).SaveContact("6281310000009", "Pak Asep"))
	c, account := linked(t, srv)
	for _, name := range appstate.AllPatchNames {
		must(t, c.FetchAppState(deadline(t), name, true, false))
	}
	must(t, account.SaveContact(siti.Phone(), "Bu Siti (Dinas)"))
	if e := expect[*events.Contact](c); e.JID != siti.PN() || e.Action.GetFullName() != "Bu Siti (Dinas)" {
		t.Errorf("contact %+v", e)
	}
	must(t, account.SaveContact(siti.Phone(), "Bu Siti"))
	if e := expect[*events.Contact](c); e.Action.GetFullName() != "Bu Siti" {
		t.Errorf("contact %+v", e)
	}
	must(t, c.SendAppState(deadline(t), appstate.BuildPin(siti.LID(), true)))
	settings := account.Settings()
	if len(settings) < 3 || settings[len(settings)-1][1] != siti.LID().String() {
		t.Errorf("settings %v", settings)
	}
}

func TestHistory(t *testing.T) {
	t.Parallel()
	for name, inline := range map[string]bool{"inline": true, "file": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := serve(t, wafake.Options{})
			siti := srv.AddPerson("6281210000001", "Siti")
			account := srv.NewAccount(officePhone)
			device, err := account.NewPairedDevice(deadline(t), container(t))
			must(t, err)
			c := newClient(t, srv, device)
			c.ManualHistorySyncDownload = true // its own goroutine for that stays for a minute
			c.DisableManualHistorySyncReceipt = true
			c.start()
			must(t, account.SendHistory(inline, siti))
			for {
				n := expect[*events.Message](c).Message.GetProtocolMessage().GetHistorySyncNotification()
				if n == nil {
					continue
				}
				history, err := c.DownloadHistorySync(deadline(t), n, true)
				must(t, err)
				if len(history.GetConversations()) != 1 {
					t.Errorf("history %v", history)
				}
				break
			}
			if lid, err := device.LIDs.GetLIDForPN(deadline(t), siti.PN()); err != nil || lid != siti.LID() {
				t.Errorf("LID %s, %v", lid, err)
			}
		})
	}
}

// TestKeysRunOut: each person's first message takes a one-time key; the client
// is told and uploads more.
func TestKeysRunOut(t *testing.T) {
	t.Parallel()
	srv := serve(t, wafake.Options{})
	c, account := linked(t, srv)
	for i := range 60 {
		p := srv.AddPerson(fmt.Sprintf("62812%07d", i), "Orang")
		p.Send(account, "halo")
		c.message()
	}
	must(t, srv.Settle(deadline(t)))
	if n := account.KeysLeft(1); n < 5 {
		t.Errorf("%d keys are left", n)
	}
}
