package whatsapp

import (
	"testing"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/store/sqlstore"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func lidsOf(t *testing.T, d DeviceStore) store.LIDStore {
	t.Helper()
	return d.(*sqlstore.Container).LIDMap
}
