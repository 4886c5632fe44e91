package outbox

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/diskopukm/emileku/storage"
)

// abandonedReason is the LastError of a row whose sender went away.
const abandonedReason = "the program ended while this message was being sent"

// rescue settles rows that were being sent by a process that is gone: those
// whose lease has ended, or with all every claimed one that is not in hand
// here. It ends early when ctx does; the next rescue goes on.
func (s *Sender) rescue(ctx context.Context, all bool) {
	before := time.Now()
	if all {
		before = before.AddDate(1, 0, 0)
	}
	rescued := 0
	for {
		var rows []*storage.Message
		err := s.faults.retry(ctx, "look for abandoned messages", func() (err error) {
			rows, err = s.store.Outbox().Abandoned(ctx, before, rescueBatch)
			return err
		})
		if err != nil {
			if ctx.Err() == nil {
				s.log.Error().Str("error", mask(err.Error())).Msg("cannot look for abandoned messages")
			}
			return
		}
		settled := 0
		for _, m := range rows {
			if ctx.Err() != nil {
				return
			}
			if !s.hand.holds(m.LeaseToken) && s.rescueRow(m) {
				settled++
			}
		}
		rescued += settled
		if len(rows) < rescueBatch || settled == 0 {
			break
		}
	}
	if rescued > 0 {
		s.log.Info().Int("rows", rescued).Msg("rescued messages that were being sent when the program ended")
		s.Wake()
	}
}

// rescueRow settles one abandoned row; false if it is left as it is.
func (s *Sender) rescueRow(m *storage.Message) bool {
	c := &claimed{row: m, token: m.LeaseToken}
	m.LastError = abandonedReason
	m.State = storage.Queued
	if strings.HasPrefix(m.LeaseToken, putOffMark) {
		m.LastError = ""
	} else if !repeatable(m, s.channels[m.Chat.Channel]) {
		m.State = storage.Uncertain
		s.onUncertain(s.writeCtx, m)
	}
	switch err := s.finish(c); {
	case errors.Is(err, storage.ErrLeaseLost), errors.Is(err, storage.ErrNotFound):
		return false // its sender was alive after all and has settled it
	case err != nil:
		s.log.Error().Str("error", mask(err.Error())).Msg("cannot rescue a message")
		return false
	}
	if m.State == storage.Uncertain {
		s.metrics.Sent(m.Chat.Channel, m.Lane, storage.Uncertain)
	} else {
		s.metrics.Retried(m.Chat.Channel, m.Lane, "rescued")
	}
	return true
}
