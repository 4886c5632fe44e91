// Package replylink makes and reads the signed links by which guests answer an
// invitation on a page, or end all mails. A link is good for one person and one
// event: it holds the participation's random code and the event's code, both
// signed, and nothing that tells who the person is.
package replylink

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// The pages' paths; a token follows.
const (
	ReplyPath = "/u/"
	StopPath  = "/b/"
)

// MinKey is the shortest key, in bytes.
const MinKey = 16

// maxToken bounds what is looked at at all.
const maxToken = 200

// ErrBad is what Open says of everything that Signer did not make, or that was
// signed with another key.
var ErrBad = errors.New("no link of ours")

// alphabet survives being typed, and mail programs that make links of text.
var alphabet = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// signatureSize is 128 bits: they cannot be tried out.
const signatureSize = 16

// Signer makes and reads links. A nil Signer makes none.
type Signer struct {
	base string
	key  []byte
}

// New makes a Signer. base is where the pages are reached from outside, such as
// "https://undangan.contoh.go.id" or with a path below it.
func New(base string, key []byte) (*Signer, error) {
	if len(key) < MinKey {
		return nil, fmt.Errorf("a key of %d bytes, at least %d are needed", len(key), MinKey)
	}
	base, err := CheckBase(base)
	if err != nil {
		return nil, err
	}
	return &Signer{base: base, key: key}, nil
}

// CheckBase reads an address at which pages can be reached and gives it
// without a slash at the end.
func CheckBase(base string) (string, error) {
	u, err := url.Parse(base)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return "", errors.New("no address such as https://undangan.contoh.go.id")
	case u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return "", errors.New("an address has neither user nor ? nor #, such as https://undangan.contoh.go.id")
	}
	return strings.TrimRight(u.String(), "/"), nil
}

// Base is the address of the pages; "" for a nil Signer.
func (s *Signer) Base() string {
	if s == nil {
		return ""
	}
	return s.base
}

// Reply is the link to a guest's page; "" where there are no pages.
func (s *Signer) Reply(eventID, code string) string { return s.link(ReplyPath, eventID, code) }

// Stop is the link by which a guest ends all mails; "" where there are no pages.
func (s *Signer) Stop(eventID, code string) string { return s.link(StopPath, eventID, code) }

func (s *Signer) link(path, eventID, code string) string {
	if s == nil {
		return ""
	}
	return s.base + path + s.Token(eventID, code)
}

// Token is "<event>.<code>.<signature>".
func (s *Signer) Token(eventID, code string) string {
	return eventID + "." + code + "." + alphabet.EncodeToString(s.sign(eventID, code))
}

func (s *Signer) sign(eventID, code string) []byte {
	mac := hmac.New(sha256.New, s.key)
	fmt.Fprintf(mac, "emileku reply 1\n%d\n%s\n%s", len(eventID), eventID, code)
	return mac.Sum(nil)[:signatureSize]
}

// Open reads a token; ErrBad for everything else.
func (s *Signer) Open(token string) (eventID, code string, err error) {
	if s == nil || len(token) > maxToken {
		return "", "", ErrBad
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 || parts[0] == "" || parts[1] == "" {
		return "", "", ErrBad
	}
	got, err := alphabet.DecodeString(parts[2])
	// The encoding is compared, too: the last letter holds bits to spare, by
	// which one signature could be written in several ways.
	if err != nil || !hmac.Equal(got, s.sign(parts[0], parts[1])) || alphabet.EncodeToString(got) != parts[2] {
		return "", "", ErrBad
	}
	return parts[0], parts[1], nil
}
