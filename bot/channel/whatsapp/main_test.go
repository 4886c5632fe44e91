package whatsapp

import (
	"testing"

	"go.mau.fi/whatsmeow/store"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// A test may end while the library shakes hands: see dial.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/diskopukm/emileku/bot/channel/whatsapp.hangUpLater"),
		goleak.IgnoreAnyFunction("go.mau.fi/whatsmeow.(*Client).doHandshake"),
		goleak.IgnoreAnyFunction("go.mau.fi/whatsmeow/socket.(*FrameSocket).frameComplete"))
}

func lidsOf(t *testing.T, d DeviceStore) store.LIDStore {
	t.Helper()
	return d.(*SQLite).LIDMap
}
