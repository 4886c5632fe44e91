package whatsapp

import (
	"bytes"
	"crypto/sha256"
	stdimage "image"
	"image/jpeg"
	_ "image/png" // pictures of ours

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"golang.org/x/image/draw"
	"google.golang.org/protobuf/proto"

	"github.com/diskopukm/emileku/bot/channel"
)

// image is a picture; text is its caption.
func image(f *channel.File, up whatsmeow.UploadResponse, text string, quote *waE2E.ContextInfo) *waE2E.ImageMessage {
	m := &waE2E.ImageMessage{
		URL: proto.String(up.URL), DirectPath: proto.String(up.DirectPath), MediaKey: up.MediaKey,
		FileEncSHA256: up.FileEncSHA256, FileSHA256: up.FileSHA256, FileLength: proto.Uint64(up.FileLength),
		Mimetype: proto.String(f.MIME), ContextInfo: quote,
	}
	if text != "" {
		m.Caption = proto.String(text)
	}
	if thumb, size := thumbnail(f.Data); thumb != nil {
		m.JPEGThumbnail = thumb
		m.Width, m.Height = proto.Uint32(uint32(size.X)), proto.Uint32(uint32(size.Y))
	}
	return m
}

// document is a file; text is its caption, for which WhatsApp has a wrapper.
func document(f *channel.File, up whatsmeow.UploadResponse, text string, quote *waE2E.ContextInfo) *waE2E.Message {
	m := &waE2E.DocumentMessage{
		URL: proto.String(up.URL), DirectPath: proto.String(up.DirectPath), MediaKey: up.MediaKey,
		FileEncSHA256: up.FileEncSHA256, FileSHA256: up.FileSHA256, FileLength: proto.Uint64(up.FileLength),
		Mimetype: proto.String(f.MIME), FileName: proto.String(f.Name), Title: proto.String(f.Name), ContextInfo: quote,
	}
	if text == "" {
		return &waE2E.Message{DocumentMessage: m}
	}
	m.Caption = proto.String(text)
	return &waE2E.Message{DocumentWithCaptionMessage: &waE2E.FutureProofMessage{Message: &waE2E.Message{DocumentMessage: m}}}
}

// thumbSide is the longer side of the picture that shows before the real one
// is loaded.
const thumbSide = 96

// thumbnail makes a picture small; nil for what is no picture that we know.
func thumbnail(data []byte) ([]byte, stdimage.Point) {
	src, _, err := stdimage.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, stdimage.Point{}
	}
	size := src.Bounds().Size()
	longer := max(size.X, size.Y, 1)
	w, h := max(1, size.X*thumbSide/longer), max(1, size.Y*thumbSide/longer)
	dst := stdimage.NewRGBA(stdimage.Rect(0, 0, w, h))
	draw.ApproxBiLinear.Scale(dst, dst.Bounds(), src, src.Bounds(), draw.Src, nil)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, dst, &jpeg.Options{Quality: 60}); err != nil {
		return nil, stdimage.Point{}
	}
	return b.Bytes(), size
}

// Limits of WhatsApp's polls, in characters.
const (
	maxPollName   = 255
	maxPollOption = 100
)

// poll is a question with answers to tap. Its secret, with which votes are
// read, follows from its ID, so that a poll that is sent again is the same.
func poll(p *channel.Poll, id string) *waE2E.Message {
	secret := sha256.Sum256([]byte("emileku poll secret " + id))
	m := &waE2E.PollCreationMessage{Name: proto.String(cut(p.Question, maxPollName)), SelectableOptionsCount: proto.Uint32(1)}
	for _, o := range p.Options {
		m.Options = append(m.Options, &waE2E.PollCreationMessage_Option{OptionName: proto.String(cut(o.Label, maxPollOption))})
	}
	return &waE2E.Message{
		PollCreationMessageV3: m, MessageContextInfo: &waE2E.MessageContextInfo{MessageSecret: secret[:]},
	}
}

func cut(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most-1]) + "…"
}
