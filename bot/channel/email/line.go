package email

import (
	"context"
	"crypto/tls"
	"net"
	"slices"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

const (
	// idleFor is how long a connection is kept for the next mail: a broadcast
	// logs in a few times, not once a mail.
	idleFor = 10 * time.Second
	// mostPerLine is how many mails go over one connection: servers end it
	// after a hundred or so.
	mostPerLine = 50
	// dialWithin is how long a server may take to greet and log us in.
	dialWithin = 30 * time.Second
)

// line is one connection to the server, logged in.
type line struct {
	client *gomail.Client
	smtp   *smtp.Client
	conn   net.Conn
	sent   int
	timer  *time.Timer // while it idles
}

// follow cuts the line when ctx ends; stop ends that.
func (l *line) follow(ctx context.Context) (stop func()) {
	end := context.AfterFunc(ctx, func() { _ = l.conn.Close() })
	return func() { end() }
}

// drop ends a line politely if it can, within a moment.
func (l *line) drop() {
	_ = l.conn.SetDeadline(time.Now().Add(time.Second))
	_ = l.smtp.Quit()
	_ = l.conn.Close()
}

// dial connects and logs in.
func (c *Channel) dial(ctx context.Context) (*line, error) {
	ctx, cancel := context.WithTimeout(ctx, dialWithin)
	defer cancel()
	l := &line{}
	stop := func() {}
	connect := func(_ context.Context, network, address string) (net.Conn, error) {
		conn, err := c.connect(ctx, network, address)
		if err != nil {
			return nil, err
		}
		l.conn = conn
		stop = l.follow(ctx) // the library keeps to its context no longer than this
		return conn, nil
	}
	options := []gomail.Option{
		gomail.WithPort(c.server.Port), gomail.WithTimeout(c.options.Within), gomail.WithTLSConfig(c.tls()),
		gomail.WithTLSPolicy(c.server.policy()), gomail.WithDialContextFunc(connect),
	}
	if c.server.User != "" {
		options = append(options, gomail.WithUsername(c.server.User), gomail.WithPassword(c.server.Password),
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthPlain, gomail.SMTPAuthLogin, gomail.SMTPAuthCramMD5, gomail.SMTPAuthSCRAMSHA256))
	}
	client, err := gomail.NewClient(c.server.Host, options...)
	if err != nil {
		return nil, err
	}
	l.client = client
	l.smtp, err = client.DialToSMTPClientWithContext(ctx)
	stop()
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		if l.conn != nil {
			_ = l.conn.Close()
		}
		return nil, err
	}
	return l, nil
}

func (c *Channel) connect(ctx context.Context, network, address string) (net.Conn, error) {
	if c.server.Security == TLS {
		return (&tls.Dialer{Config: c.tls()}).DialContext(ctx, network, address)
	}
	return (&net.Dialer{}).DialContext(ctx, network, address)
}

func (c *Channel) tls() *tls.Config {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.options.TLS != nil {
		config = c.options.TLS.Clone()
	}
	config.ServerName = c.server.Host
	return config
}

// lines are the connections that wait for the next mail.
type lines struct {
	mu      sync.Mutex
	idle    []*line
	closing bool
}

// take gives a line that idles; nil if there is none.
func (p *lines) take() *line {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.idle) > 0 {
		l := p.idle[len(p.idle)-1]
		p.idle = p.idle[:len(p.idle)-1]
		if l.timer.Stop() {
			return l
		} // else it is being closed this moment
	}
	return nil
}

// give takes a line back for the next mail.
func (p *lines) give(l *line) {
	p.mu.Lock()
	if p.closing || l.sent >= mostPerLine {
		p.mu.Unlock()
		l.drop()
		return
	}
	l.timer = time.AfterFunc(idleFor, func() {
		p.mu.Lock()
		p.idle = slices.DeleteFunc(p.idle, func(o *line) bool { return o == l })
		p.mu.Unlock()
		l.drop()
	})
	p.idle = append(p.idle, l)
	p.mu.Unlock()
}

// open lets lines idle again.
func (p *lines) open() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closing = false
}

// close ends what idles, and from now on each line after its mail.
func (p *lines) close() {
	p.mu.Lock()
	p.closing = true
	p.mu.Unlock()
	for l := p.take(); l != nil; l = p.take() {
		l.drop()
	}
}
