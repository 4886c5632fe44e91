package bot_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/diskopukm/emileku/bot/transcript"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestTranscripts plays the written conversations, on a channel with buttons
// and on one without.
func TestTranscripts(t *testing.T) {
	t.Parallel()
	t.Run("buttons", func(t *testing.T) {
		t.Parallel()
		transcript.Play(t, "testdata/buttons/*.chat", func(t *testing.T) transcript.World {
			return transcript.NewHouse(t, transcript.Telegram())
		})
	})
	// These have sends that fail and messages that are edited, as only a House
	// can show them in a fixed order.
	t.Run("invitations", func(t *testing.T) {
		t.Parallel()
		transcript.Play(t, "testdata/invitations/*.chat", func(t *testing.T) transcript.World {
			return transcript.NewHouse(t, transcript.Telegram())
		})
	})
	// So have these, and codes that are scanned.
	t.Run("day", func(t *testing.T) {
		t.Parallel()
		transcript.Play(t, "testdata/day/*.chat", func(t *testing.T) transcript.World {
			return transcript.NewHouse(t, transcript.Telegram())
		})
	})
	// These are without buttons, too, and for a House alone: letters have short
	// codes that follow from the IDs of messages, which each network gives its own
	// way, and WhatsApp knows which strangers can be written to.
	t.Run("house", func(t *testing.T) {
		t.Parallel()
		transcript.Play(t, "testdata/house/*.chat", func(t *testing.T) transcript.World {
			return transcript.NewHouse(t, transcript.Plain())
		})
	})
	// These have two channels, which only a House has.
	t.Run("channels", func(t *testing.T) {
		t.Parallel()
		transcript.Play(t, "testdata/channels/*.chat", func(t *testing.T) transcript.World {
			return transcript.NewHouse(t, transcript.Telegram())
		})
	})
	t.Run("plain", func(t *testing.T) {
		t.Parallel()
		transcript.Play(t, "testdata/plain/*.chat", func(t *testing.T) transcript.World {
			return transcript.NewHouse(t, transcript.Plain())
		})
	})
}
