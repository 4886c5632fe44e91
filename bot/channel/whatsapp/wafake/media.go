package wafake

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"go.mau.fi/whatsmeow"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/util/cbcutil"
	"go.mau.fi/whatsmeow/util/hkdfutil"
	"google.golang.org/protobuf/proto"
)

// Kind says how a file is shown.
type Kind string

// Kinds of files.
const (
	Image    Kind = "image"
	Document Kind = "document"
	Video    Kind = "video"
	Voice    Kind = "voice"
	Sticker  Kind = "sticker"
)

// Media is a file in a message.
type Media struct {
	Kind    Kind
	Name    string // documents
	MIME    string
	Caption string
	Data    []byte
}

// mediaHost is the host that clients are told to use.
const mediaHost = "mmg.whatsapp.net"

// maxMedia bounds an upload.
const maxMedia = 100 << 20

func (s *Server) answerMediaConn(c *conn, n *waBinary.Node) {
	s.answer(c, n, waBinary.Node{
		Tag:     "media_conn",
		Attrs:   waBinary.Attrs{"auth": "wafake", "ttl": 3600, "auth_ttl": 3600, "max_buckets": 12},
		Content: []waBinary.Node{{Tag: "host", Attrs: waBinary.Attrs{"hostname": mediaHost}}},
	})
}

// put stores a sealed file and gives its direct path, which has a query already:
// the client appends to it with "&".
func (s *Server) put(sealed []byte) string {
	sum := sha256.Sum256(sealed)
	path := "/v/t62/" + base64.RawURLEncoding.EncodeToString(sum[:])
	s.media[path] = sealed
	return path + "?ccb=11-4"
}

func (s *Server) serveUpload(w http.ResponseWriter, r *http.Request) {
	sealed, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxMedia))
	if err != nil {
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	sum := sha256.Sum256(sealed)
	if base64.URLEncoding.EncodeToString(sum[:]) != r.PathValue("token") {
		http.Error(w, "the token is not the hash of the file", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	path := s.put(sealed)
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]string{"url": "https://" + mediaHost + path, "direct_path": path})
}

func (s *Server) serveDownload(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	sealed, ok := s.media[r.URL.Path]
	s.mu.Unlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	_, _ = w.Write(sealed)
}

// serveDelete is how a client removes a history that it has read.
func (s *Server) serveDelete(http.ResponseWriter, *http.Request) {}

var mediaTypes = map[Kind]whatsmeow.MediaType{
	Image: whatsmeow.MediaImage, Document: whatsmeow.MediaDocument, Video: whatsmeow.MediaVideo,
	Voice: whatsmeow.MediaAudio, Sticker: whatsmeow.MediaImage,
}

// macLength is how much of the HMAC follows the ciphertext.
const macLength = 10

func mediaKeys(key []byte, kind whatsmeow.MediaType) (iv, cipher, mac []byte) {
	all := hkdfutil.SHA256(key, nil, []byte(kind), 112)
	return all[:16], all[16:48], all[48:80]
}

// sealMedia encrypts a file and stores it.
func (s *Server) sealMedia(data []byte, kind whatsmeow.MediaType) (key, sealedSum, plainSum []byte, path string, err error) {
	key = random(32)
	iv, cipherKey, macKey := mediaKeys(key, kind)
	sealed, err := cbcutil.Encrypt(cipherKey, iv, data)
	if err != nil {
		return nil, nil, nil, "", fmt.Errorf("wafake: encrypt file: %w", err)
	}
	mac := hmac.New(sha256.New, macKey)
	mac.Write(iv)
	mac.Write(sealed)
	sealed = append(sealed, mac.Sum(nil)[:macLength]...)
	sum, plain := sha256.Sum256(sealed), sha256.Sum256(data)
	return key, sum[:], plain[:], s.put(sealed), nil
}

// SendMedia sends a file.
func (p *Person) SendMedia(to Recipient, m Media) (string, error) {
	p.srv.mu.Lock()
	defer p.srv.mu.Unlock()
	kind, ok := mediaTypes[m.Kind]
	if !ok {
		return "", fmt.Errorf("wafake: a file of kind %q", m.Kind)
	}
	key, sealedSum, sum, path, err := p.srv.sealMedia(m.Data, kind)
	if err != nil {
		return "", err
	}
	url, size, stamp := proto.String("https://"+mediaHost+path), proto.Uint64(uint64(len(m.Data))), proto.Int64(p.srv.stamp())
	var caption *string
	if m.Caption != "" {
		caption = proto.String(m.Caption)
	}
	mime := proto.String(m.MIME)
	message := &waE2E.Message{}
	switch m.Kind {
	case Image:
		message.ImageMessage = &waE2E.ImageMessage{
			URL: url, DirectPath: &path, MediaKey: key, Mimetype: mime, FileEncSHA256: sealedSum, FileSHA256: sum,
			FileLength: size, MediaKeyTimestamp: stamp, Caption: caption,
		}
	case Video:
		message.VideoMessage = &waE2E.VideoMessage{
			URL: url, DirectPath: &path, MediaKey: key, Mimetype: mime, FileEncSHA256: sealedSum, FileSHA256: sum,
			FileLength: size, MediaKeyTimestamp: stamp, Caption: caption,
		}
	case Voice:
		message.AudioMessage = &waE2E.AudioMessage{
			URL: url, DirectPath: &path, MediaKey: key, Mimetype: mime, FileEncSHA256: sealedSum, FileSHA256: sum,
			FileLength: size, MediaKeyTimestamp: stamp, PTT: proto.Bool(true), Seconds: proto.Uint32(3),
		}
	case Sticker:
		message.StickerMessage = &waE2E.StickerMessage{
			URL: url, DirectPath: &path, MediaKey: key, Mimetype: mime, FileEncSHA256: sealedSum, FileSHA256: sum,
			FileLength: size, MediaKeyTimestamp: stamp,
		}
	case Document:
		document := &waE2E.DocumentMessage{
			URL: url, DirectPath: &path, MediaKey: key, Mimetype: mime, FileEncSHA256: sealedSum, FileSHA256: sum,
			FileLength: size, MediaKeyTimestamp: stamp, Caption: caption, FileName: proto.String(m.Name), Title: proto.String(m.Name),
		}
		message.DocumentMessage = document
		if caption != nil { // as phones do
			message = &waE2E.Message{DocumentWithCaptionMessage: &waE2E.FutureProofMessage{Message: message}}
		}
	}
	return p.send(to, message, ""), nil
}

// openMedia downloads the file of a message and decrypts it, as a phone does.
func (s *Server) openMedia(m *waE2E.Message) (*Media, error) {
	var out *Media
	var file interface {
		GetDirectPath() string
		GetMediaKey() []byte
		GetFileSHA256() []byte
		GetFileEncSHA256() []byte
		GetMimetype() string
	}
	switch {
	case m.GetImageMessage() != nil:
		out, file = &Media{Kind: Image, Caption: m.GetImageMessage().GetCaption()}, m.GetImageMessage()
	case m.GetDocumentMessage() != nil:
		d := m.GetDocumentMessage()
		out, file = &Media{Kind: Document, Name: d.GetFileName(), Caption: d.GetCaption()}, d
	case m.GetVideoMessage() != nil:
		out, file = &Media{Kind: Video, Caption: m.GetVideoMessage().GetCaption()}, m.GetVideoMessage()
	case m.GetAudioMessage() != nil:
		out, file = &Media{Kind: Voice}, m.GetAudioMessage()
	case m.GetStickerMessage() != nil:
		out, file = &Media{Kind: Sticker}, m.GetStickerMessage()
	default:
		return nil, nil
	}
	out.MIME = file.GetMimetype()
	path, _, _ := bytes.Cut([]byte(file.GetDirectPath()), []byte("?"))
	stored, ok := s.media[string(path)]
	if !ok {
		return out, errors.New("it was not uploaded")
	}
	sealed := slices.Clone(stored) // decrypted in place
	if sum := sha256.Sum256(sealed); !bytes.Equal(sum[:], file.GetFileEncSHA256()) || len(sealed) <= macLength {
		return out, errors.New("its hash is another")
	}
	body, sum := sealed[:len(sealed)-macLength], sealed[len(sealed)-macLength:]
	iv, cipherKey, macKey := mediaKeys(file.GetMediaKey(), mediaTypes[out.Kind])
	mac := hmac.New(sha256.New, macKey)
	mac.Write(iv)
	mac.Write(body)
	if !hmac.Equal(mac.Sum(nil)[:macLength], sum) {
		return out, errors.New("its authentication code is wrong")
	}
	plain, err := cbcutil.Decrypt(cipherKey, iv, body)
	if err != nil {
		return out, err
	}
	if sum := sha256.Sum256(plain); !bytes.Equal(sum[:], file.GetFileSHA256()) {
		return out, errors.New("the hash of its content is another")
	}
	out.Data = plain
	return out, nil
}
