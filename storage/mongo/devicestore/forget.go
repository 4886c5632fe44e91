package devicestore

import (
	"context"
	"strings"

	"go.mau.fi/whatsmeow/types"

	"github.com/diskopukm/emileku/storage/devicestate"
)

// ForgetPerson deletes what a device keeps of a person, given by all forms of
// their JID: names, settings of the chat, secrets of messages, texts kept to be
// sent again. The keys of their phones stay: without them they could not be
// understood any more, should they write again. Doing it again is harmless.
func (c *Container) ForgetPerson(ctx context.Context, device types.JID, person ...types.JID) error {
	jid := device.String()
	var gone []string
	for _, p := range person {
		gone = append(gone,
			devicestate.ID(jid, devicestate.KindContact, p.String()),
			devicestate.ID(jid, devicestate.KindChat, p.String()))
		outgoing, err := c.docs.Scan(ctx, devicestate.Prefix(jid, devicestate.KindOutgoing, p.String()))
		if err != nil {
			return err
		}
		for _, it := range outgoing {
			gone = append(gone, it.ID)
		}
	}
	secrets, err := c.docs.Scan(ctx, devicestate.Prefix(jid, devicestate.KindSecret))
	if err != nil {
		return err
	}
	for _, it := range secrets {
		for _, p := range person {
			if strings.Contains(it.ID, devicestate.ID("", p.String())+"/") { // as the chat, or the sender in a group
				gone = append(gone, it.ID)
				break
			}
		}
	}
	if err := c.delete(ctx, gone); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.stores[jid]; s != nil {
		s.contacts.drop(person...)
	}
	return nil
}

// ForgetTokens deletes the privacy tokens of a person: what is written to them
// from now on is written to a stranger, until they write again.
func (c *Container) ForgetTokens(ctx context.Context, device types.JID, person ...types.JID) error {
	var gone []string
	for _, p := range person {
		gone = append(gone, devicestate.ID(device.String(), devicestate.KindPrivacyToken, p.String()))
	}
	return c.delete(ctx, gone)
}

func (c *Container) delete(ctx context.Context, ids []string) error {
	for _, id := range ids {
		if err := c.docs.Delete(ctx, id); err != nil {
			return err
		}
	}
	return nil
}
