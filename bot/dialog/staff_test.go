package dialog_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/diskopukm/emileku/bot/transcript"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestStaff plays the team's conversations, on a channel with buttons and on
// one without.
func TestStaff(t *testing.T) {
	t.Parallel()
	t.Run("buttons", func(t *testing.T) {
		t.Parallel()
		transcript.Play(t, "testdata/buttons/*.chat", func(t *testing.T) transcript.World {
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
