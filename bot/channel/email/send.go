package email

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"net/textproto"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	gomail "github.com/wneessen/go-mail"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/markup"
)

// How long all mails wait where the server has something against us and not
// against one person.
const (
	busyPause  = 30 * time.Second // 421: it wants a rest
	wrongPause = 5 * time.Minute  // our login or our sender is refused: somebody must mend that
)

// Send implements channel.Channel.
func (c *Channel) Send(ctx context.Context, to channel.Chat, messageID string, m channel.Outbound) (string, error) {
	if messageID == "" {
		messageID = c.NewMessageID()
	}
	msg, err := c.compose(to, messageID, m)
	if err != nil {
		return "", &channel.SendError{Permanent: true, Err: err}
	}
	if err := ctx.Err(); err != nil {
		return "", &channel.SendError{Err: err}
	}
	if l := c.lines.take(); l != nil {
		err := c.hand(ctx, l, msg)
		if !stale(err) {
			return messageID, verdict(err, to.ID)
		}
		// The server had ended the connection meanwhile; nothing was sent.
	}
	l, err := c.dial(ctx)
	if err != nil {
		return "", dialError(err)
	}
	return messageID, verdict(c.hand(ctx, l, msg), to.ID)
}

// hand gives one mail to the server and puts the line back, or ends it.
func (c *Channel) hand(ctx context.Context, l *line, msg *gomail.Msg) error {
	stop := l.follow(ctx)
	err := l.client.SendWithSMTPClient(l.smtp, msg)
	stop()
	if msg.IsDelivered() && err != nil { // only what came after the mail went wrong
		l.drop()
		return nil
	}
	l.sent++
	var se *gomail.SendError
	refused := errors.As(err, &se) && se.ErrorCode() != 0 && se.ErrorCode() != 421 && se.Reason != gomail.ErrSMTPDataClose
	if err == nil || refused {
		c.lines.give(l)
	} else {
		l.drop()
	}
	return err
}

// stale reports whether a line was found to be dead before anything was sent.
func stale(err error) bool {
	var se *gomail.SendError
	if !errors.As(err, &se) {
		return false
	}
	return se.Reason == gomail.ErrConnCheck || se.Reason == gomail.ErrSMTPMailFrom && (se.ErrorCode() == 0 || se.ErrorCode() == 421)
}

// dialError is what a failed connection or login means. It says nothing about
// the mail: what is wrong holds for all.
func dialError(err error) *channel.SendError {
	out := &channel.SendError{Err: fmt.Errorf("connect: %w", err)}
	var reply *textproto.Error
	if errors.As(err, &reply) && reply.Code >= 500 {
		out.RetryAfter, out.Everyone = wrongPause, true
	}
	return out
}

// verdict maps what the server answered; nil where it took the mail.
//
// A 4xx is temporary and a 5xx permanent, at RCPT and after the text. An
// unknown mailbox is Absent. What the server has against our sender is nobody
// else's fault and fails no mail: all wait. Where the answer to the text never
// came, the mail may have arrived.
func verdict(err error, address string) error {
	if err == nil {
		return nil
	}
	var se *gomail.SendError
	if !errors.As(err, &se) {
		return &channel.SendError{Err: err}
	}
	code, why := se.ErrorCode(), errors.New(cause(se, address))
	out := &channel.SendError{Err: why}
	switch {
	case code == 421:
		out.RetryAfter, out.Everyone = busyPause, true
	case code == 0 && se.Reason == gomail.ErrSMTPDataClose:
		out.Uncertain = true
	case code == 0:
		out.Permanent = se.Reason == gomail.ErrGetSender || se.Reason == gomail.ErrGetRcpts || se.Reason == gomail.ErrNoUnencoded
	case code < 500:
	case ours(se, code, why.Error()):
		out.RetryAfter, out.Everyone = wrongPause, true
	default:
		out.Permanent = true
		if absent(code, why.Error()) {
			out.Absent, out.Err = true, fmt.Errorf("no such mailbox: %w", why)
		}
	}
	return out
}

// ours reports whether a refusal is about our sender or login.
func ours(se *gomail.SendError, code int, why string) bool {
	switch {
	case code == 530 || code == 535: // not logged in
		return true
	case se.Reason == gomail.ErrSMTPMailFrom:
		return code != 552 // too large is about the mail
	}
	return se.Reason == gomail.ErrSMTPRcptTo && strings.Contains(strings.ToLower(why), "relay")
}

var (
	// noMailbox are the enhanced codes (RFC 3463) by which a server says that
	// there is no such mailbox: bad mailbox, bad host, bad syntax, moved,
	// null MX; disabled.
	noMailbox = regexp.MustCompile(`\b5\.(1\.(1|2|3|6|10)|2\.1)\b`)
	enhanced  = regexp.MustCompile(`\b5\.\d{1,3}\.\d{1,3}\b`)
	unknown   = regexp.MustCompile(`(?i)unknown|no such|not exist|doesn.t exist|not found|invalid|unavailable|no mailbox|unrouteable|undeliverable|disabled`)
)

// absent reports whether a permanent refusal means that there is no such
// mailbox.
func absent(code int, why string) bool {
	switch {
	case noMailbox.MatchString(why):
		return true
	case enhanced.MatchString(why):
		return false
	}
	return (code == 550 || code == 551 || code == 553) && unknown.MatchString(why)
}

// cause is the server's answer without the address, which is somebody's data.
func cause(se *gomail.SendError, address string) string {
	text := se.Error()
	text, _, _ = strings.Cut(text, ", affected recipient(s)")
	text, _, _ = strings.Cut(text, ", affected message ID")
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), address, "…")
}

// recipient reads a chat's address.
func recipient(to channel.Chat) (string, error) {
	if to.Channel != channel.Email {
		return "", fmt.Errorf("chat of %s", to.Channel)
	}
	a, err := mail.ParseAddress(to.ID)
	if err != nil || a.Address != to.ID {
		return "", errors.New("that is no e-mail address")
	}
	return a.Address, nil
}

// check refuses what no mail can be made of.
func check(m channel.Outbound) error {
	switch n := utf8.RuneCountInString(markup.Plain(m.Text)); {
	case m.Edit != "":
		return errors.New("a mail cannot be changed")
	case n > maxText:
		return fmt.Errorf("text of %d characters, at most %d", n, maxText)
	case strings.TrimSpace(m.Text) == "" && m.File == nil:
		return errors.New("nothing to send")
	}
	for _, f := range files(m) {
		if len(f.Data) == 0 {
			return fmt.Errorf("file %q is empty", f.Name)
		}
	}
	return nil
}
