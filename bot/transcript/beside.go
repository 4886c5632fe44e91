package transcript

import (
	"fmt"
	"regexp"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/channeltest"
)

// besideRoom marks who writes on the second channel of a House.
const besideRoom = "wa"

// openBeside starts the program again with a second channel.
func (h *House) openBeside(name string) error {
	if name != string(channel.WhatsApp) || h.fake.Name() == channel.WhatsApp {
		return fmt.Errorf("the second channel is: saluran whatsapp")
	}
	h.stop()
	h.beside = channeltest.NewFake(channeltest.FakeOptions{
		Name: channel.WhatsApp, Capabilities: Plain(), ChooseIDs: true, Identity: "+6285100000001",
	})
	h.open()
	return nil
}

// startLink is a link to the bot, as fakes make them.
var startLink = regexp.MustCompile(`https://fake\.invalid/\S+\?start=([A-Za-z0-9_-]+)`)

// sayBeside delivers what a person writes on the second channel.
func (h *House) sayBeside(in channel.Inbound, who string) error {
	if h.beside == nil {
		return fmt.Errorf("there is no second channel: ! saluran whatsapp")
	}
	in.Chat.Channel = h.beside.Name()
	in.Sender.Username, in.Sender.Phone = "", phoneOf(who)
	if in.Text == "(tautan)" {
		in.Text = ""
		for _, s := range h.fake.SentTo(channel.Chat{Channel: h.fake.Name(), ID: who}) {
			if m := startLink.FindStringSubmatch(s.Plain()); m != nil {
				in.Text = "/start " + m[1]
			}
		}
		if in.Text == "" {
			return fmt.Errorf("%s was sent no link", who)
		}
		return h.beside.Receive(h.t.Context(), in)
	}
	if err := h.special(&in, who); err != nil {
		return err
	}
	return h.beside.Receive(h.t.Context(), in)
}

// seenBeside gives what the bot wrote on the second channel since the last look.
func (h *House) seenBeside(who, room string) []Message {
	if h.beside == nil {
		return nil
	}
	var out []Message
	all := h.beside.Sent()
	for _, s := range all[h.sentBeside:] {
		m := Message{Text: s.Plain(), To: s.Chat.ID + "@" + besideRoom}
		if s.Chat.ID == who && room == besideRoom {
			m.To = ""
		}
		if f := s.Message.File; f != nil {
			m.File = "berkas " + f.Name
			if f.Photo {
				m.File = "gambar " + f.Name
			}
		}
		out = append(out, m)
	}
	h.sentBeside = len(all)
	return out
}
