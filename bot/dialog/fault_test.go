package dialog

import "testing"

// Staff read why invitations failed in words of their own; what a mail server
// says is not taken for a chat network's.
func TestFaultKind(t *testing.T) {
	t.Parallel()
	for reason, want := range map[string]string{
		`send (permanent): no such mailbox: sending SMTP RCPT TO command: 550 "5.1.1 user unknown"`:     "mailbox",
		`send (permanent): sending SMTP RCPT TO command: 550 "5.7.1 message rejected as spam"`:          "mail",
		`send (permanent): sending SMTP RCPT TO command: 550 "5.7.1 blocked by policy: unknown sender"`: "mail",
		`send (permanent): sending SMTP DATA command: 552 "5.3.4 too large"`:                            "mail",
		"send (permanent): telegram: sendMessage: 403 Forbidden: bot was blocked by the user":           "blocked",
		"send (permanent): telegram: sendMessage: 400 Bad Request: chat not found":                      "gone",
		"the network said something else": "other",
	} {
		if got := faultKind(reason); got != want {
			t.Errorf("%s: %s, want %s", reason, got, want)
		}
	}
}
