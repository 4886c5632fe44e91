package outbox

import "regexp"

// longNumber is anything that may be a phone number.
var longNumber = regexp.MustCompile(`\d{8,}`)

// mask makes a row ID, a chat or an error fit for the log: the middle of
// everything that may be a phone number is left out.
func mask(s string) string {
	return longNumber.ReplaceAllStringFunc(s, func(n string) string {
		return n[:4] + "…" + n[len(n)-2:]
	})
}
