package transcript

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math/rand/v2"
	"net/url"
	"strconv"
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

// picture sends the photo of that number, the same each time.
func (h *House) picture(in *channel.Inbound, arg string) error {
	word, caption, _ := strings.Cut(arg, " ")
	word, album, _ := strings.Cut(word, "+")
	n, err := strconv.Atoi(word)
	if err != nil {
		return fmt.Errorf("a photo is: (gambar 3 /dok Tari)")
	}
	// Photo 103 is photo 3, saved anew by another phone.
	img, noise, quality := image.NewRGBA(image.Rect(0, 0, 160, 120)), rand.New(rand.NewPCG(uint64(n%100), 1)), 90-n/100*40
	for y := 0; y < 120; y += 15 {
		for x := 0; x < 160; x += 16 {
			c := color.RGBA{uint8(noise.IntN(256)), uint8(noise.IntN(256)), uint8(noise.IntN(256)), 255}
			draw.Draw(img, image.Rect(x, y, x+16, y+15), image.NewUniform(c), image.Point{}, draw.Src)
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: quality}); err != nil {
		return err
	}
	media := &channel.Media{Ref: "gambar" + word, MIME: "image/jpeg", Size: int64(out.Len())}
	h.fake.PutMedia(media.Ref, out.Bytes())
	if rest, ok := strings.CutPrefix(caption, "balas "); ok {
		in.Kind, in.Text, in.ReplyTo = channel.Text, rest, &channel.Quote{MessageID: "gambar" + word, Media: media}
		in.Addressed = strings.HasPrefix(rest, "/")
		return nil
	}
	in.Kind, in.Text, in.Media, in.Album = channel.Photo, caption, media, album
	in.Addressed = in.Group && strings.HasPrefix(caption, "/")
	return nil
}
