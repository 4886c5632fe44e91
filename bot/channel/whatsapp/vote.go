package whatsapp

import (
	"bytes"
	"crypto/sha256"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/diskopukm/emileku/bot/channel"
)

// vote turns a vote in a poll of ours into the press of a button. A vote that
// cannot be read (WhatsApp's change to LIDs has left some that way), or whose
// poll is forgotten, is a press of nothing: the person is asked to write.
func (r *receiver) vote(in *channel.Inbound, e *events.Message, u *waE2E.PollUpdateMessage) bool {
	poll := u.GetPollCreationMessageKey().GetID()
	in.Kind, in.MessageID, in.Text = channel.Press, poll, ""
	v, err := r.cli.DecryptPollVote(r.ctx, e)
	if err != nil {
		r.c.log.Info().Err(err).Msg("whatsapp: a vote cannot be read")
		return true
	}
	if len(v.GetSelectedOptions()) == 0 {
		return false // a vote taken back
	}
	options, _ := r.c.polls.get(poll)
	for _, o := range options {
		sum := sha256.Sum256([]byte(cut(o.Label, maxPollOption)))
		if bytes.Equal(sum[:], v.GetSelectedOptions()[0]) {
			in.Text = o.Value
		}
	}
	return true
}
