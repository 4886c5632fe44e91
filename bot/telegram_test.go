package bot_test

import (
	"testing"

	"github.com/diskopukm/emileku/bot/transcript"
)

// TestTranscriptsOnTelegram plays the same conversations through the real
// adapter and the real outbox against a Bot API server.
func TestTranscriptsOnTelegram(t *testing.T) {
	t.Parallel()
	transcript.Play(t, "testdata/buttons/*.chat", func(t *testing.T) transcript.World { return transcript.NewWire(t) })
}
