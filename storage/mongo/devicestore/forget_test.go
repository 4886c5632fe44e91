package devicestore_test

import (
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"

	"github.com/diskopukm/emileku/storage/mongo/devicestore"
	"github.com/diskopukm/emileku/storage/mongo/mongotest"
)

// TestForgetPerson: what is kept of a person goes, under both forms of their
// JID and as a sender in groups; the keys stay, and so do other people.
func TestForgetPerson(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	c := devicestore.New(mongotest.Open(t), zerolog.Nop())
	noError(t, c.TakeCharge(ctx))
	d := linked(t, c)
	for i := range 2 {
		who := lid(i + 1)
		_, _, err := d.Contacts.PutPushName(ctx, who, "Siti")
		noError(t, err)
		noError(t, d.ChatSettings.PutPinned(ctx, who, true))
		noError(t, d.MsgSecrets.PutMessageSecret(ctx, who, who, "A", record(1)))
		noError(t, d.MsgSecrets.PutMessageSecret(ctx, group(1), who, "B", record(1)))
		noError(t, d.EventBuffer.AddOutgoingEvent(ctx, who, "M", "wa", record(2)))
		noError(t, d.PrivacyTokens.PutPrivacyTokens(ctx, store.PrivacyToken{User: who, Token: record(3), Timestamp: time.Unix(5, 0)}))
		noError(t, d.Sessions.PutSession(ctx, who.SignalAddress().String(), record(4)))
	}
	count := func(who types.JID) (n int) {
		t.Helper()
		info, err := d.Contacts.GetContact(ctx, who)
		noError(t, err)
		chat, err := d.ChatSettings.GetChatSettings(ctx, who)
		noError(t, err)
		one, _, err := d.MsgSecrets.GetMessageSecret(ctx, who, who, "A")
		noError(t, err)
		two, _, err := d.MsgSecrets.GetMessageSecret(ctx, group(1), who, "B")
		noError(t, err)
		for _, kept := range []bool{info.Found, chat.Found, one != nil, two != nil} {
			if kept {
				n++
			}
		}
		if _, _, err := d.EventBuffer.GetOutgoingEvent(ctx, who, types.EmptyJID, "M"); err == nil {
			n++
		}
		return n
	}
	token := func(who types.JID) bool {
		t.Helper()
		got, err := d.PrivacyTokens.GetPrivacyToken(ctx, who)
		noError(t, err)
		return got != nil
	}
	if n := count(lid(1)); n != 5 {
		t.Fatalf("%d of 5 are kept before: the test shows nothing", n)
	}
	for range 2 {
		noError(t, c.ForgetPerson(ctx, *d.ID, lid(1)))
	}
	if n := count(lid(1)); n != 0 || !token(lid(1)) {
		t.Errorf("%d are kept still; token %t", n, token(lid(1)))
	}
	noError(t, c.ForgetTokens(ctx, *d.ID, lid(1)))
	has, err := d.Sessions.HasSession(ctx, lid(1).SignalAddress().String())
	noError(t, err)
	if token(lid(1)) || !has {
		t.Errorf("token %t, session %t", token(lid(1)), has)
	}
	if n := count(lid(2)); n != 5 || !token(lid(2)) {
		t.Errorf("of another person %d of 5 are kept, token %t", n, token(lid(2)))
	}
}
