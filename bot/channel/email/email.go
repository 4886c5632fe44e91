// Package email sends the bot's messages as mails, over an SMTP server. Nothing
// is received: guests answer by the links in a mail, and what they write back
// goes to the office's mailbox.
//
// A chat's ID is the address. A mail carries its text twice, plain and as HTML,
// from the same markup; pictures show in the text, a calendar file as one that
// mail programs offer to keep, other files are attached.
package email

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/diskopukm/emileku/bot/channel"
)

// maxText is how long a mail's text may be, in characters.
const maxText = 20_000

// Options are what a Channel is made of.
type Options struct {
	// URL names the server: see ParseURL.
	URL string
	// From is who sends, such as "Diskopukm Kabupaten Bogor <emileku@contoh.go.id>".
	From string
	// Subject stands over mails that bring none.
	Subject string
	// StopSubject is the subject of a mail by which a person wants to end all
	// mails, where there is no address for one press.
	StopSubject string
	// StopLabel names the address for one press in the HTML part.
	StopLabel string
	// TLS is for servers that the system's certificates do not vouch for; nil:
	// the system's.
	TLS *tls.Config
	// Within is how long a server may take for anything it is asked; 0: 60 s.
	Within time.Duration
	Log    zerolog.Logger
}

// Channel is the e-mail channel.
type Channel struct {
	server  Server
	from    *mail.Address
	options Options
	lines   lines
}

// New makes the channel; nothing is connected yet.
func New(o Options) (*Channel, error) {
	server, err := ParseURL(o.URL)
	if err != nil {
		return nil, err
	}
	from, err := ParseFrom(o.From)
	if err != nil {
		return nil, err
	}
	if o.Within <= 0 {
		o.Within = time.Minute
	}
	return &Channel{server: server, from: from, options: o}, nil
}

// ParseFrom reads a sender: an address, with or without a name.
func ParseFrom(s string) (*mail.Address, error) {
	from, err := mail.ParseAddress(s)
	if err != nil {
		return nil, fmt.Errorf("sender %q: %w", s, err)
	}
	return from, nil
}

// Name implements channel.Channel.
func (c *Channel) Name() channel.Name { return channel.Email }

// Capabilities implements channel.Channel: answers come by links.
func (c *Channel) Capabilities() channel.Capabilities {
	return channel.Capabilities{Links: true, Doubles: true, MaxText: maxText, MaxCaption: maxText}
}

// Run waits for the end: nothing is received. Then connections that idle are
// closed.
func (c *Channel) Run(ctx context.Context, _ channel.Sink) error {
	c.lines.open()
	<-ctx.Done()
	c.lines.close()
	return nil
}

// NewMessageID chooses a Message-ID, without its angle brackets.
func (c *Channel) NewMessageID() string {
	_, domain, _ := strings.Cut(c.from.Address, "@")
	return strings.ToLower(rand.Text()) + "@" + domain
}

// Typing does nothing: mails do not show it.
func (c *Channel) Typing(context.Context, channel.Chat) error { return nil }

// Fetch fails: nothing is received.
func (c *Channel) Fetch(context.Context, channel.Media, int64) ([]byte, error) {
	return nil, errors.New("email: nothing is received that could be fetched")
}

// Check logs in and asks whether the server takes our sender.
func (c *Channel) Check(ctx context.Context) (string, error) {
	l, err := c.dial(ctx)
	if err != nil {
		return "", fmt.Errorf("%s: %w", c.server, err)
	}
	defer l.drop()
	stop := l.follow(ctx)
	defer stop()
	if err := l.smtp.Mail(c.from.Address); err != nil {
		return "", fmt.Errorf("%s does not take mails from %s: %w", c.server, c.from.Address, err)
	}
	return c.from.Address + " (" + c.server.String() + ")", nil
}
