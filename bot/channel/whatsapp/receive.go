package whatsapp

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/diskopukm/emileku/bot/channel"
)

// receiver handles the events of one client.
type receiver struct {
	c    *Channel
	cli  *whatsmeow.Client
	sink channel.Sink
	ctx  context.Context //nolint:containedctx // the library's handlers are given none
	news chan any        // what happens to the line

	handling sync.RWMutex
	stopped  bool
}

// stop waits for what is being handled, and lets nothing in any more.
func (r *receiver) stop() {
	r.handling.Lock()
	defer r.handling.Unlock()
	r.stopped = true
}

// handle is the library's event handler. False: not done, so not acknowledged;
// WhatsApp delivers it again on the next connection.
func (r *receiver) handle(event any) bool {
	r.handling.RLock()
	defer r.handling.RUnlock()
	if r.stopped || r.ctx.Err() != nil {
		return false
	}
	switch e := event.(type) {
	case *events.Message:
		return r.message(e)
	case *events.Receipt:
		return r.receipt(e)
	case *events.JoinedGroup:
		return r.joined(e)
	case *events.GroupInfo:
		return r.groupChanged(e)
	case *events.NotifyAccountReachoutTimelock:
		r.timelock(e)
	case *events.UndecryptableMessage:
		r.c.log.Info().Str("message", e.Info.ID).Bool("unavailable", e.IsUnavailable).
			Msg("whatsapp: a message could not be decrypted; its sender is asked for it again")
	case *events.PushNameSetting: // our own name has come: show it
		if err := r.cli.SendPresence(r.ctx, types.PresenceAvailable); err != nil {
			r.c.log.Debug().Err(err).Msg("whatsapp: presence not sent")
		}
	case *events.Connected, *events.Disconnected, *events.KeepAliveTimeout, *events.ManualLoginReconnect,
		*events.StreamError, *events.ConnectFailure, *events.LoggedOut, *events.StreamReplaced,
		*events.ClientOutdated, *events.TemporaryBan:
		select {
		case r.news <- event:
		case <-r.ctx.Done():
		}
	}
	return true
}

// message hands a message to the sink, again and again until it is taken.
func (r *receiver) message(e *events.Message) bool {
	in, wanted, ok := r.surely(func() (channel.Inbound, bool, error) {
		in, wanted, err := r.convert(e)
		if err == nil && wanted {
			// First: the answer may be on its way before Accept returns.
			r.c.recent.put(in.MessageID, quoted{sender: e.Info.Sender.ToNonAD(), text: in.Text})
			err = r.sink.Accept(r.ctx, in)
		}
		return in, wanted, err
	}, e.Info.ID)
	if !ok {
		return false
	}
	if wanted {
		r.markRead(e, in)
	}
	return true
}

// surely tries until it works; not ok: ctx ended first.
func (r *receiver) surely(try func() (channel.Inbound, bool, error), id string) (in channel.Inbound, wanted, ok bool) {
	pause := r.c.pauses()
	for {
		in, wanted, err := try()
		if err == nil {
			return in, wanted, true
		}
		if r.ctx.Err() != nil {
			return in, wanted, false
		}
		wait := pause.NextBackOff()
		r.c.log.Error().Err(err).Str("id", id).Dur("pause", wait).Msg("whatsapp: a message could not be stored, trying again")
		if sleep(r.ctx, wait); r.ctx.Err() != nil {
			return in, wanted, false
		}
	}
}

// markRead shows the sender that their message was taken. Best effort; in a
// group only where the bot was meant.
func (r *receiver) markRead(e *events.Message, in channel.Inbound) {
	if in.Group && !in.Addressed || in.Kind == channel.Press {
		return
	}
	info, cli := e.Info, r.cli
	r.c.chores.TryGo(func() error {
		ctx, cancel := context.WithTimeout(r.ctx, r.c.opts.LineTimeout)
		defer cancel()
		err := cli.MarkRead(ctx, []types.MessageID{info.ID}, time.Now(), info.Chat, info.Sender)
		if err != nil && ctx.Err() == nil {
			r.c.log.Debug().Err(err).Msg("whatsapp: not marked as read")
		}
		return nil
	})
}

// receipt tells the sink how far our messages got.
func (r *receiver) receipt(e *events.Receipt) bool {
	state := channel.Delivered
	switch e.Type {
	case types.ReceiptTypeDelivered, types.ReceiptTypeInactive:
	case types.ReceiptTypeRead, types.ReceiptTypePlayed:
		state = channel.Read
	default:
		return true
	}
	if e.IsFromMe {
		return true
	}
	chat, err := r.c.canonical(r.ctx, r.cli, e.Chat.ToNonAD())
	if err == nil {
		for _, id := range e.MessageIDs {
			err = r.sink.Receipt(r.ctx, channel.Receipt{
				Chat: chatOf(chat), MessageID: id, State: state, At: e.Timestamp.UTC(),
			})
			if err != nil {
				break
			}
		}
	}
	if err != nil && r.ctx.Err() == nil {
		r.c.log.Warn().Err(err).Msg("whatsapp: a receipt was not stored; it comes again")
	}
	return err == nil
}

func (r *receiver) joined(e *events.JoinedGroup) bool {
	r.c.titles.put(e.JID.String(), e.Name)
	in := channel.Inbound{Kind: channel.Joined, ChatTitle: e.Name}
	if e.Sender != nil {
		in.Sender = channel.Sender{ID: e.Sender.ToNonAD().String()}
	}
	return r.membership(e.JID, in)
}

// groupChanged follows a group's name, and our own leaving.
func (r *receiver) groupChanged(e *events.GroupInfo) bool {
	if e.Name != nil {
		r.c.titles.put(e.JID.String(), e.Name.Name)
	}
	for _, who := range e.Leave {
		if r.own(who) {
			title, _ := r.c.titles.get(e.JID.String())
			return r.membership(e.JID, channel.Inbound{Kind: channel.Left, ChatTitle: title})
		}
	}
	return true
}

func (r *receiver) membership(group types.JID, in channel.Inbound) bool {
	now := time.Now()
	in.ID = fmt.Sprintf("%s:g:%s:%d", channel.WhatsApp, group, now.UnixMilli())
	in.Chat, in.Group, in.SentAt = chatOf(group), true, now.UTC()
	_, _, ok := r.surely(func() (channel.Inbound, bool, error) { return in, true, r.sink.Accept(r.ctx, in) }, in.ID)
	return ok
}

// timelock is WhatsApp's word that we may not write to strangers.
func (r *receiver) timelock(e *events.NotifyAccountReachoutTimelock) {
	until := e.TimeEnforcementEnds.Time
	r.c.log.Warn().Bool("active", e.IsActive).Str("type", e.EnforcementType).Time("until", until).
		Msg("whatsapp: writing to people who have not written to us is restricted")
	if e.IsActive && r.c.opts.OnRestriction != nil {
		r.c.opts.OnRestriction(r.ctx, channel.Restriction{ColdOnly: true, Until: until, Reason: "reach-out timelock " + e.EnforcementType})
	}
}

// own reports whether a JID is ours.
func (r *receiver) own(jid types.JID) bool { return own(r.cli, jid) }

func own(cli *whatsmeow.Client, jid types.JID) bool {
	if jid.User == "" {
		return false
	}
	return jid.User == cli.Store.GetJID().User && jid.Server != types.HiddenUserServer ||
		jid.User == cli.Store.GetLID().User && jid.Server == types.HiddenUserServer
}

func chatOf(jid types.JID) channel.Chat {
	return channel.Chat{Channel: channel.WhatsApp, ID: jid.ToNonAD().String()}
}

// canonical is the LID of a phone JID where it is known; others stay as they
// are. So a person's chat has one key, whichever address a message came under.
func (c *Channel) canonical(ctx context.Context, cli *whatsmeow.Client, jid types.JID) (types.JID, error) {
	if jid.Server != types.DefaultUserServer {
		return jid, nil
	}
	lid, err := cli.Store.LIDs.GetLIDForPN(ctx, jid)
	if err != nil {
		return jid, fmt.Errorf("whatsapp: look an account up: %w", err)
	}
	if lid.IsEmpty() {
		return jid, nil
	}
	return lid.ToNonAD(), nil
}
