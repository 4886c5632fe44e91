package whatsapp

import (
	"context"
	"fmt"
	"slices"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"

	"github.com/diskopukm/emileku/bot/channel"
)

// forgetful is a DeviceStore that can delete what it keeps of a person, given
// by all forms of their JID.
type forgetful interface {
	// ForgetPerson deletes names, settings of the chat, secrets of messages and
	// texts that are kept to be sent again.
	ForgetPerson(ctx context.Context, device types.JID, person ...types.JID) error
	// ForgetTokens deletes their privacy tokens, which show WhatsApp that they
	// have written to us.
	ForgetTokens(ctx context.Context, device types.JID, person ...types.JID) error
}

// Forget implements channel.Forgetter. The keys of the person's phones and the
// pair of number and LID stay: without them nobody could understand the person
// any more, should they write again. Their privacy token goes with the next
// message to them, for that is the last word, and without the token WhatsApp
// could refuse it as one to a stranger.
func (c *Channel) Forget(ctx context.Context, chat channel.Chat) error {
	jid, err := parseChat(chat)
	if err != nil || jid.Server == types.GroupServer {
		return nil //nolint:nilerr // nothing is kept of what is no person here
	}
	device, err := c.device(ctx)
	if err != nil || device.ID == nil {
		return err
	}
	keeper, ok := c.opts.Devices.(forgetful)
	if !ok {
		return nil
	}
	person, err := forms(ctx, device, jid)
	if err != nil {
		return err
	}
	for _, p := range person { // the library remembers names, too
		if _, _, err := device.Contacts.PutPushName(ctx, p, ""); err != nil {
			return fmt.Errorf("whatsapp: forget a name: %w", err)
		}
		if _, _, err := device.Contacts.PutBusinessName(ctx, p, ""); err != nil {
			return fmt.Errorf("whatsapp: forget a name: %w", err)
		}
		c.recent.drop(func(q quoted) bool { return q.sender == p })
		c.leaving.put(p.String(), p)
	}
	return keeper.ForgetPerson(ctx, *device.ID, person...)
}

// lastWord deletes the token of somebody who is forgotten, after a message to
// them.
func (c *Channel) lastWord(ctx context.Context, device *store.Device, to types.JID) {
	if _, ok := c.leaving.get(to.String()); !ok {
		return
	}
	keeper, ok := c.opts.Devices.(forgetful)
	person, err := forms(ctx, device, to)
	if ok && err == nil {
		err = keeper.ForgetTokens(ctx, *device.ID, person...)
	}
	if err != nil {
		c.log.Error().Err(err).Msg("whatsapp: the token of a person who is forgotten is not deleted; the next message to them tries again")
		return
	}
	c.leaving.drop(func(p types.JID) bool { return slices.Contains(person, p) })
}

// device is the linked device: that of the line, where there is one.
func (c *Channel) device(ctx context.Context) (*store.Device, error) {
	if cli := c.current(); cli != nil {
		return cli.Store, nil
	}
	device, err := c.opts.Devices.GetFirstDevice(ctx)
	if err != nil {
		return nil, fmt.Errorf("whatsapp: read the device: %w", err)
	}
	return device, nil
}

// forms are a person's JID and, where it is known, the other form of it: LID or
// phone number.
func forms(ctx context.Context, device *store.Device, jid types.JID) ([]types.JID, error) {
	out := []types.JID{jid}
	var other types.JID
	var err error
	switch jid.Server {
	case types.HiddenUserServer:
		other, err = device.LIDs.GetPNForLID(ctx, jid)
	case types.DefaultUserServer:
		other, err = device.LIDs.GetLIDForPN(ctx, jid)
	}
	if err != nil {
		return nil, fmt.Errorf("whatsapp: look an account up: %w", err)
	}
	if !other.IsEmpty() {
		out = append(out, other.ToNonAD())
	}
	return out, nil
}
