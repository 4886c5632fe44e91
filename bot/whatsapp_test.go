package bot_test

import (
	"testing"

	"github.com/diskopukm/emileku/bot/transcript"
)

// TestTranscriptsOnWhatsApp plays the conversations without buttons through the
// real client and the real outbox against a local WhatsApp server.
func TestTranscriptsOnWhatsApp(t *testing.T) {
	t.Parallel()
	for name, pattern := range map[string]string{"guests": "testdata/plain/*.chat", "staff": "dialog/testdata/plain/*.chat"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transcript.Play(t, pattern, func(t *testing.T) transcript.World { return transcript.NewPhones(t) })
		})
	}
}
