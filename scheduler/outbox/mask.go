package outbox

import (
	"regexp"
	"strings"
)

// longNumber is anything that may be a phone number.
var longNumber = regexp.MustCompile(`\d{8,}`)

// address is anything that may be an e-mail address (a letter in its first
// part tells it from WhatsApp's names of chats).
var address = regexp.MustCompile(`[^\s@<>"'/:…]*[A-Za-z][^\s@<>"'/:…]*@[\w.-]+`)

// mask makes a row ID, a chat or an error fit for the log: the middle of
// everything that may be a phone number is left out, and so is all but the
// first letter and the domain of an e-mail address.
func mask(s string) string {
	s = address.ReplaceAllStringFunc(s, func(a string) string {
		r := []rune(a)
		return string(r[0]) + "…" + a[strings.IndexByte(a, '@'):]
	})
	return longNumber.ReplaceAllStringFunc(s, func(n string) string {
		return n[:4] + "…" + n[len(n)-2:]
	})
}
