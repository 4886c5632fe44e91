package transcript

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/channeltest"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
)

// whatsapp gives the bot WhatsApp beside the network of the script, from now
// on: "! whatsapp", or "! whatsapp 2 | 081234567890" where WhatsApp answers 463
// after two strangers and that number has no account.
func (h *House) whatsapp(arg string) error {
	f := strings.Split(arg, "|")
	o := channeltest.WhatsAppOptions{Announce: true, Lock: 72 * time.Hour, Now: h.clock.Now}
	if n := strings.TrimSpace(f[0]); n != "" {
		var err error
		if o.Limit, err = strconv.Atoi(n); err != nil {
			return fmt.Errorf("WhatsApp is: whatsapp 2 | 081234567890")
		}
	}
	for _, number := range f[1:] {
		n, err := understand.Phone(strings.TrimSpace(number))
		if err != nil {
			return err
		}
		o.Absent = append(o.Absent, n.E164)
	}
	h.stop()
	h.wa = channeltest.NewWhatsApp(o)
	h.open()
	return nil
}

// networks are those of a House, in the order in which they deliver: that of
// the script comes first.
func (h *House) networks(ch channel.Channel) []channel.Channel {
	out := []channel.Channel{ch}
	if h.wa != nil {
		out = append(out, h.wa)
	}
	if h.beside != nil {
		out = append(out, h.beside)
	}
	return out
}

// seenOnWhatsApp lists what strangers got since it was asked last.
func (h *House) seenOnWhatsApp() (out []Message) {
	if h.wa == nil {
		return nil
	}
	all := h.wa.Sent()
	for _, s := range all[h.waSent:] {
		out = append(out, Message{To: "WhatsApp", Text: s.Plain()})
	}
	h.waSent = len(all)
	return out
}

// hand gives a message to a network.
func (h *House) hand(ctx context.Context, ch channel.Channel, m *storage.Message) (string, error) {
	id, err := ch.Send(ctx, m.Chat, ch.NewMessageID(), m.Body)
	var refused *channel.SendError
	if ch == channel.Channel(h.wa) && errors.As(err, &refused) && refused.Restriction != nil {
		if _, err := h.app.Restrict(ctx, channel.WhatsApp, *refused.Restriction); err != nil {
			return "", err
		}
	}
	return id, err
}
