package transcript

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/scan"
)

// scan lets somebody point their phone at the latest picture that the bot sent
// to a person (or to "grup"): its camera follows the link of the code, or they
// send a photo of it.
func (h *House) scan(in *channel.Inbound, how, whose string) error {
	chat := h.net.group()
	if whose != groupID {
		chat, _ = h.net.address(whose)
	}
	sent := h.fake.Sent()
	for i := len(sent) - 1; i >= 0; i-- {
		f := sent[i].Message.File
		if sent[i].Chat != chat || f == nil || f.MIME != "image/png" {
			continue
		}
		if how == "jepret" {
			in.Kind, in.Text, in.Media = channel.Photo, "", &channel.Media{Ref: "jepret", MIME: "image/jpeg"}
			h.fake.PutMedia("jepret", f.Data)
			return nil
		}
		text, err := scan.Read(f.Data)
		if err != nil {
			return err
		}
		link, err := url.Parse(text)
		if err != nil {
			return err
		}
		payload := link.Query().Get("start")
		if payload == "" {
			payload = text[strings.LastIndex(text, "/")+1:]
		}
		in.Text = "/start " + payload
		return nil
	}
	return fmt.Errorf("%s got no picture", whose)
}
