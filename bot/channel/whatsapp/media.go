package whatsapp

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"go.mau.fi/whatsmeow"

	"github.com/diskopukm/emileku/bot/channel"
)

// mediaRef is all that is needed to download a file and to read it: it is the
// Ref of channel.Media, and so kept with the message.
type mediaRef struct {
	Kind   string `json:"t"` // image or document
	Path   string `json:"p"`
	Key    []byte `json:"k"`
	Hash   []byte `json:"h"`
	Cipher []byte `json:"e"` // hash of the encrypted file
}

var mediaKinds = map[string]whatsmeow.MediaType{"image": whatsmeow.MediaImage, "document": whatsmeow.MediaDocument}

func mediaOf(kind string, m whatsmeow.DownloadableMessage, name, mime string, size uint64) *channel.Media {
	raw, err := json.Marshal(mediaRef{kind, m.GetDirectPath(), m.GetMediaKey(), m.GetFileSHA256(), m.GetFileEncSHA256()})
	if err != nil {
		panic(err) // bytes and strings always can be written
	}
	return &channel.Media{
		Ref: base64.RawURLEncoding.EncodeToString(raw), Name: name, MIME: mime, Size: int64(min(size, 1<<40)),
	}
}

func parseRef(ref string) (mediaRef, error) {
	var out mediaRef
	raw, err := base64.RawURLEncoding.DecodeString(ref)
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil || mediaKinds[out.Kind] == "" || out.Path == "" || len(out.Key) == 0 || len(out.Cipher) == 0 {
		return out, errors.New("whatsapp: this is no file of WhatsApp")
	}
	return out, nil
}

// Fetch implements channel.Channel. WhatsApp keeps a file for some weeks.
func (c *Channel) Fetch(ctx context.Context, m channel.Media, limit int64) ([]byte, error) {
	tooLarge := func(size int64) error {
		return fmt.Errorf("whatsapp: file of %d bytes, limit %d: %w", size, limit, channel.ErrTooLarge)
	}
	if m.Size > limit {
		return nil, tooLarge(m.Size)
	}
	ref, err := parseRef(m.Ref)
	if err != nil {
		return nil, err
	}
	if err := c.ready(ctx); err != nil {
		return nil, fmt.Errorf("whatsapp: fetch: %w", err)
	}
	cli := c.current()
	if cli == nil {
		return nil, errUnlinked
	}
	ctx, cancel := context.WithTimeout(ctx, 2*c.opts.SendTimeout)
	defer cancel()
	ctx = context.WithValue(ctx, limitKey{}, limit+mediaOverhead)
	data, err := cli.DownloadMediaWithPath(ctx, ref.Path, ref.Cipher, ref.Hash, ref.Key, mediaKinds[ref.Kind], ref.Kind, false)
	switch {
	case errors.Is(err, channel.ErrTooLarge):
		return nil, tooLarge(limit + 1)
	case err != nil:
		return nil, fmt.Errorf("whatsapp: fetch: %w", err)
	case int64(len(data)) > limit:
		return nil, tooLarge(int64(len(data)))
	}
	return data, nil
}

// mediaOverhead is by how much a file grows when it is encrypted: padding and
// a check sum.
const mediaOverhead = 16 + 10

// limitKey is the context's key of how many bytes a download may bring.
type limitKey struct{}

// limitedClient is base with a transport that obeys limitKey: what a message
// says of its file's size is its sender's word only.
func limitedClient(base *http.Client) *http.Client {
	out := &http.Client{}
	if base != nil {
		*out = *base
	}
	next := out.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	out.Transport = limited{next}
	return out
}

type limited struct{ next http.RoundTripper }

func (t limited) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(req)
	if limit, ok := req.Context().Value(limitKey{}).(int64); ok && err == nil {
		resp.Body = &limitedBody{ReadCloser: resp.Body, left: limit}
	}
	return resp, err
}

type limitedBody struct {
	io.ReadCloser
	left int64
}

func (b *limitedBody) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, channel.ErrTooLarge
	}
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n, channel.ErrTooLarge
	}
	return n, err
}
