package whatsapp

import (
	"net/url"
	"regexp"
	"strings"
)

// A wa.me link opens the chat with a text filled in, which the person sends
// with one tap: it carries the payload, and what comes in with it is to the
// core what "/start PAYLOAD" is on Telegram.
const (
	greeting     = "Halo E-MILE KU"
	beforeAnchor = ", kode "
)

var payloadForm = regexp.MustCompile(`(?i)^\s*halo,? e-?mile ?ku\s*[,.]?\s*(?:kode\s*:?\s*([A-Za-z0-9_-]{1,64})\b)?`)

// DeepLink implements channel.Linker. It returns "" while the bot's number is
// not known: before an account is linked, unless it is configured.
func (c *Channel) DeepLink(payload string) string {
	number := c.number.Load()
	if number == nil {
		return ""
	}
	text := greeting
	if payload != "" {
		text += beforeAnchor + payload
	}
	return "https://wa.me/" + strings.TrimPrefix(*number, "+") + "?text=" + strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
}

// payloadOf reads the text of such a link; people may add to it. A mere
// greeting that happens to name us carries no payload and is none.
func payloadOf(text string) (string, bool) {
	m := payloadForm.FindStringSubmatch(text)
	if m == nil {
		return "", false
	}
	if m[1] != "" {
		return m[1], true
	}
	return "", strings.TrimSpace(text[len(m[0]):]) == ""
}
