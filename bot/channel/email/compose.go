package email

import (
	"bytes"
	"fmt"
	"mime"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/markup"
)

// maxInline is the largest picture that shows in the text; larger ones are
// attached.
const maxInline = 4 << 20

func files(m channel.Outbound) []channel.File {
	var out []channel.File
	if m.File != nil {
		out = append(out, *m.File)
	}
	return append(out, m.Attach...)
}

// compose makes the mail.
func (c *Channel) compose(to channel.Chat, messageID string, m channel.Outbound) (*gomail.Msg, error) {
	address, err := recipient(to)
	if err != nil {
		return nil, err
	}
	if err := check(m); err != nil {
		return nil, err
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(c.from)
	if err := msg.To(address); err != nil {
		return nil, err
	}
	subject := m.Subject
	if subject == "" {
		subject = c.options.Subject
	}
	subject = oneLine(markup.Plain(subject))
	msg.Subject(subject)
	msg.SetMessageIDWithValue(messageID)
	msg.SetDateWithValue(time.Now())
	// Out-of-office notes and other machines must not answer (RFC 3834).
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader(gomail.HeaderXAutoResponseSuppress, "All")
	if m.ReplyTo != "" {
		msg.SetGenHeader("In-Reply-To", "<"+m.ReplyTo+">")
	}
	c.unsubscribe(msg, m.Stop)

	var inline []picture
	var attached []channel.File
	for _, f := range files(m) {
		if image := strings.HasPrefix(f.MIME, "image/"); image && len(f.Data) <= maxInline {
			inline = append(inline, picture{File: f, ID: fmt.Sprintf("gambar%d@emileku", len(inline)+1)})
		} else {
			attached = append(attached, f)
		}
	}
	msg.SetBodyString(gomail.TypeTextPlain, plainText(m))
	msg.AddAlternativeString(gomail.TypeTextHTML, page(subject, c.options.StopLabel, m, inline))
	for _, p := range inline {
		err := msg.EmbedReader(p.Name, bytes.NewReader(p.Data), gomail.WithFileContentID(p.ID), gomail.WithFileContentType(contentType(p.File)))
		if err != nil {
			return nil, fmt.Errorf("picture %q: %w", p.Name, err)
		}
	}
	for _, f := range attached {
		if err := msg.AttachReader(f.Name, bytes.NewReader(f.Data), gomail.WithFileContentType(contentType(f))); err != nil {
			return nil, fmt.Errorf("file %q: %w", f.Name, err)
		}
	}
	return msg, nil
}

// picture shows in the text, under a Content-ID.
type picture struct {
	channel.File
	ID string
}

// unsubscribe says how to end all mails: by one press, where there is an
// address for it (RFC 8058), else by a mail.
func (c *Channel) unsubscribe(msg *gomail.Msg, stop string) {
	byMail := "mailto:" + c.from.Address + "?subject=" + url.PathEscape(c.options.StopSubject)
	if stop != "" && msg.SetListUnsubscribeOneClick(stop, byMail) == nil {
		return
	}
	if stop != "" {
		msg.SetListUnsubscribe(stop, byMail)
		return
	}
	msg.SetListUnsubscribe(byMail)
}

// method finds what a calendar file asks its reader to do with it.
var method = regexp.MustCompile(`(?m)^METHOD:([A-Z]+)\r?$`)

// contentType is that of a file. A calendar file says its method there, too:
// mail programs then show the entry and offer to keep it (RFC 6047).
func contentType(f channel.File) gomail.ContentType {
	t, _, err := mime.ParseMediaType(f.MIME)
	if err != nil {
		if t, _, err = mime.ParseMediaType(mime.TypeByExtension(path.Ext(f.Name))); err != nil {
			t = "application/octet-stream"
		}
	}
	if t != "text/calendar" {
		return gomail.ContentType(t)
	}
	t += "; charset=utf-8"
	if m := method.FindSubmatch(f.Data); m != nil {
		t += "; method=" + string(m[1])
	}
	return gomail.ContentType(t)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// linkButtons are the buttons that open something.
func linkButtons(m channel.Outbound) []channel.Button {
	return slices.DeleteFunc(slices.Concat(m.Buttons...), func(b channel.Button) bool { return b.URL == "" })
}

// plainText is the text with the links of its buttons below.
func plainText(m channel.Outbound) string {
	text := markup.Plain(m.Text)
	for i, b := range linkButtons(m) {
		if i == 0 && text != "" {
			text += "\n"
		}
		text += "\n" + b.Label + ": " + b.URL
	}
	if m.Footer != "" {
		text += "\n\n-- \n" + markup.Plain(m.Footer)
	}
	return text
}
