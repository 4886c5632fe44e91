package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"
	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
	"golang.org/x/sync/errgroup"

	"github.com/diskopukm/emileku/bot/channel"
)

// answersAtOnce bounds how many presses are answered side by side.
const answersAtOnce = 8

// pollGrace is how much longer than asked for a getUpdates may take.
const pollGrace = 15 * time.Second

// Run implements channel.Channel. It ends with an error when Telegram refuses
// the token. A second process that polls with the same token is reported and
// waited out. A webhook left by an earlier program is removed, as no update
// would ever come otherwise.
//
// Updates are handed over one at a time in Telegram's order; while the sink
// takes none, those behind it wait at Telegram, which keeps them for 24 hours.
func (c *Channel) Run(ctx context.Context, sink channel.Sink) error {
	var answers errgroup.Group
	answers.SetLimit(answersAtOnce)
	defer func() { _ = answers.Wait() }() // its tasks report nothing

	pause := c.pauses()
	var me *tgbotapi.User
	for offset := 0; ctx.Err() == nil; {
		var updates []json.RawMessage
		err := func() (err error) {
			if me == nil {
				if me, err = c.identity(ctx); err != nil {
					return err
				}
				c.log.Info().Str("bot", me.UserName).Msg("telegram: receiving")
			}
			updates, err = c.poll(ctx, offset)
			return err
		}()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			if err := c.afterFault(ctx, err, pause); err != nil {
				return err
			}
			continue
		}
		before := offset
		for _, raw := range updates {
			id, ok := c.take(ctx, sink, raw, &answers)
			if !ok {
				return nil
			}
			if id > 0 {
				offset = max(offset, id+1)
			}
		}
		if len(updates) > 0 && offset == before {
			// Nothing of it could be read: do not ask for it in a tight loop.
			sleep(ctx, pause.NextBackOff())
			continue
		}
		pause.Reset()
	}
	return nil
}

func (c *Channel) pauses() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval = c.opts.RetryMin, c.opts.RetryMax
	b.Reset()
	return b
}

// poll asks for the updates from offset on, confirming those before it.
func (c *Channel) poll(ctx context.Context, offset int) ([]json.RawMessage, error) {
	var updates []json.RawMessage
	err := c.api.call(ctx, c.opts.PollTimeout+pollGrace, tgbotapi.UpdateConfig{
		Offset:         offset,
		Limit:          100,
		Timeout:        int(c.opts.PollTimeout / time.Second),
		AllowedUpdates: []string{"message", "edited_message", "callback_query", "my_chat_member"},
	}, &updates)
	return updates, err
}

// afterFault waits until it makes sense to ask again; an error means never.
func (c *Channel) afterFault(ctx context.Context, err error, pause *backoff.ExponentialBackOff) error {
	if errors.Is(err, errWrongBot) {
		return fmt.Errorf("telegram: %w", err)
	}
	wait := pause.NextBackOff()
	var call *callError
	if errors.As(err, &call) {
		switch {
		case call.credentials():
			return fmt.Errorf("telegram: the token is not accepted: %w", err)
		case call.retryAfter() > 0:
			wait = call.retryAfter()
		case call.answer != nil && call.code() == http.StatusConflict:
			return c.conflict(ctx, err, wait)
		}
	}
	c.log.Warn().Err(err).Dur("pause", wait).Msg("telegram: cannot receive, trying again")
	sleep(ctx, wait)
	return nil
}

func (c *Channel) conflict(ctx context.Context, err error, wait time.Duration) error {
	if said(err, "webhook is active") {
		c.log.Warn().Err(err).Msg("telegram: removing the webhook of an earlier program")
		err = c.api.call(ctx, c.opts.CallTimeout, tgbotapi.DeleteWebhookConfig{}, nil)
		if err == nil {
			return nil
		}
	}
	c.log.Warn().Err(err).Dur("pause", wait).
		Msg("telegram: another program receives with the same token; stop it, or messages go astray")
	sleep(ctx, wait)
	return nil
}

// take hands one update to the sink, again and again until it is taken, and
// returns its ID. Not ok: ctx ended first, the update is not confirmed.
func (c *Channel) take(ctx context.Context, sink channel.Sink, raw json.RawMessage, answers *errgroup.Group) (id int, ok bool) {
	u, err := decode(raw)
	if err != nil {
		// It would come again for ever: better lost than all behind it stuck.
		c.log.Error().Err(err).Int("update", u.UpdateID).Msg("telegram: an update that cannot be read is left out")
		return u.UpdateID, true
	}
	in, wanted := c.converter().convert(u, time.Now())
	if wanted && !c.accept(ctx, sink, in) {
		return 0, false
	}
	if query := u.CallbackQuery; query != nil {
		answers.Go(func() error {
			// Without an answer the button keeps spinning; too late is harmless.
			err := c.api.call(ctx, c.opts.CallTimeout, tgbotapi.CallbackConfig{CallbackQueryID: query.ID}, nil)
			if err != nil && ctx.Err() == nil {
				c.log.Debug().Err(err).Msg("telegram: a press could not be answered")
			}
			return nil
		})
	}
	return u.UpdateID, true
}

func (c *Channel) accept(ctx context.Context, sink channel.Sink, in channel.Inbound) bool {
	pause := c.pauses()
	for {
		err := sink.Accept(ctx, in)
		if err == nil {
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		wait := pause.NextBackOff()
		c.log.Error().Err(c.api.clean(err)).Str("id", in.ID).Dur("pause", wait).
			Msg("telegram: a message could not be stored, trying again")
		if sleep(ctx, wait); ctx.Err() != nil {
			return false
		}
	}
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
