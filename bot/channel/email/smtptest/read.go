package smtptest

import (
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"
)

// Read is a mail as a mail program reads it. Nothing of it is read by the
// library that wrote it.
type Read struct {
	Header mail.Header
	Text   string
	HTML   string
	Files  []File
	Shape  string // the types of its parts, nested
}

// File is an attachment, or a picture that shows in the text under its ID.
type File struct {
	Name, MIME, ID string
	Params         map[string]string
	Inline         bool
	Data           []byte
}

// Parse reads a mail.
func Parse(t *testing.T, m Mail) Read {
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
	r := Read{Header: msg.Header}
	r.Shape = r.part(t, msg.Header.Get, msg.Body)
	return r
}

func (r *Read) part(t *testing.T, header func(string) string, body io.Reader) (shape string) {
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
		r.Files = append(r.Files, File{
			Name: name, MIME: kind, Params: params, Inline: disposition == "inline", Data: data, ID: strings.Trim(header("Content-Id"), "<>"),
		})
	case kind == "text/plain":
		r.Text = strings.ReplaceAll(string(data), "\r\n", "\n")
	case kind == "text/html":
		r.HTML = strings.ReplaceAll(string(data), "\r\n", "\n")
	default:
		t.Errorf("a part of type %s", kind)
	}
	return kind
}

var decoder mime.WordDecoder

// DecodeHeader reads a header with encoded words.
func DecodeHeader(s string) (string, error) { return decoder.DecodeHeader(s) }
