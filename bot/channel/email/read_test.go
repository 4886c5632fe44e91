package email

import (
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"regexp"
	"strings"
	"testing"

	"github.com/diskopukm/emileku/bot/channel/email/smtptest"
)

// received is a mail as a mail program reads it; nothing of it is read by the
// library that wrote it.
type received struct {
	header mail.Header
	text   string
	html   string
	files  []attachment
	shape  string // the types of its parts, nested
}

type attachment struct {
	name, mime, id string
	params         map[string]string
	inline         bool
	data           []byte
}

func read(t *testing.T, m smtptest.Mail) received {
	t.Helper()
	msg, err := mail.ReadMessage(strings.NewReader(string(m.Data)))
	if err != nil {
		t.Fatalf("%v:\n%s", err, m.Data)
	}
	for _, line := range strings.Split(string(m.Data), "\r\n") {
		if len(line) > 998 {
			t.Errorf("a line of %d bytes, which RFC 5322 forbids", len(line))
		}
	}
	r := received{header: msg.Header}
	r.shape = r.part(t, msg.Header.Get, msg.Body)
	return r
}

func (r *received) part(t *testing.T, header func(string) string, body io.Reader) (shape string) {
	t.Helper()
	kind, params, err := mime.ParseMediaType(header("Content-Type"))
	if err != nil {
		t.Fatalf("%q: %v", header("Content-Type"), err)
	}
	if strings.HasPrefix(kind, "multipart/") {
		parts := multipart.NewReader(body, params["boundary"])
		var shapes []string
		for {
			p, err := parts.NextRawPart()
			if err == io.EOF {
				return strings.TrimPrefix(kind, "multipart/") + "(" + strings.Join(shapes, " ") + ")"
			}
			if err != nil {
				t.Fatal(err)
			}
			shapes = append(shapes, r.part(t, p.Header.Get, p))
		}
	}
	switch strings.ToLower(header("Content-Transfer-Encoding")) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	data, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	disposition, dparams, _ := mime.ParseMediaType(header("Content-Disposition"))
	switch {
	case disposition != "":
		name, err := decoder.DecodeHeader(dparams["filename"])
		if err != nil {
			t.Fatal(err)
		}
		r.files = append(r.files, attachment{
			name: name, mime: kind, params: params, inline: disposition == "inline", data: data, id: strings.Trim(header("Content-Id"), "<>"),
		})
	case kind == "text/plain":
		r.text = strings.ReplaceAll(string(data), "\r\n", "\n")
	case kind == "text/html":
		r.html = strings.ReplaceAll(string(data), "\r\n", "\n")
	default:
		t.Errorf("a part of type %s", kind)
	}
	return kind
}

var decoder mime.WordDecoder

var tag = regexp.MustCompile(`<[^>]*>`)
