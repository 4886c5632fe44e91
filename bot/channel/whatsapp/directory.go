package whatsapp

import (
	"context"
	"slices"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"

	"github.com/diskopukm/emileku/bot/channel"
)

// lookupAtOnce is how many numbers are asked for in one question.
const lookupAtOnce = 50

// Lookup implements channel.Directory.
func (c *Channel) Lookup(ctx context.Context, phones []string) (map[string]channel.Chat, error) {
	out := map[string]channel.Chat{}
	if len(phones) == 0 {
		return out, nil
	}
	if err := c.ready(ctx); err != nil {
		return nil, err
	}
	cli := c.current()
	if cli == nil {
		return nil, &channel.SendError{RetryAfter: pauseUnlinked, Everyone: true, Err: errUnlinked}
	}
	for batch := range slices.Chunk(phones, lookupAtOnce) {
		found, err := c.lookup(ctx, cli, batch)
		if err != nil {
			return nil, channel.AsSendError(err)
		}
		for phone, chat := range found {
			out[phone] = chat
		}
	}
	return out, nil
}

func (c *Channel) lookup(ctx context.Context, cli *whatsmeow.Client, phones []string) (map[string]channel.Chat, error) {
	ctx, cancel := context.WithTimeout(ctx, c.opts.SendTimeout)
	defer cancel()
	answers, err := cli.IsOnWhatsApp(ctx, phones)
	if err != nil {
		se := classify(err)
		se.Uncertain, se.Permanent = false, false // nothing was sent to anybody
		return nil, se
	}
	out := map[string]channel.Chat{}
	for _, a := range answers {
		number := a.PhoneNumber
		if number.IsEmpty() && a.JID.Server == types.DefaultUserServer {
			number = a.JID
		}
		phone := a.Query
		if !slices.Contains(phones, phone) {
			phone = phoneOf(number)
		}
		if !a.IsIn || !slices.Contains(phones, phone) {
			continue
		}
		jid, err := c.canonical(ctx, cli, a.JID.ToNonAD())
		if err != nil {
			return nil, err
		}
		out[phone] = chatOf(jid)
	}
	return out, nil
}
