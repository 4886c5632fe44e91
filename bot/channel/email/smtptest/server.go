// Package smtptest is an SMTP server on loopback for tests: with TLS by an
// authority of its own, log-in, mailboxes that can be looked into, and faults.
package smtptest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// User and Password are the log-in of a server that wants one.
const (
	User     = "emileku@contoh.go.id"
	Password = "sandi kantor#1"
)

// Options say how a server is.
type Options struct {
	TLS      bool // encrypted from the first byte
	StartTLS bool // offers STARTTLS
	Login    bool // takes no mail without a log-in
}

// Mail is a mail as it arrived.
type Mail struct {
	From string
	To   []string
	Data []byte
}

// Fault is a way for a mail to go wrong.
type Fault struct {
	At   Stage
	Code int    // 0: the connection is cut instead
	Text string // with the enhanced code in front, such as "5.1.1 no such user"
	// Arrives: the mail is kept all the same, only the answer goes wrong.
	Arrives bool
	// Wait until this is closed before answering.
	Wait <-chan struct{}
}

// Stage is where a fault happens.
type Stage string

// Stages of handing in a mail.
const (
	AtMail Stage = "MAIL"
	AtRcpt Stage = "RCPT"
	AtData Stage = "DATA" // after the text
)

// Server is the server.
type Server struct {
	Options
	Roots    *x509.CertPool // its authority
	PEM      []byte         // the same as a file
	listener net.Listener
	smtp     *smtp.Server

	mu      sync.Mutex
	mails   []Mail
	faults  map[string][]Fault // by recipient; "": whoever is next
	logins  int
	changed chan struct{}
	conns   []*smtp.Conn
	hangs   map[Stage]chan struct{}
	done    chan struct{} // closed when it serves no more
}

// Start starts a server that ends with the test.
func Start(t *testing.T, o Options) *Server {
	t.Helper()
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// Open starts a server that ends with Close: for what is no test.
func Open(o Options) (*Server, error) {
	s := &Server{
		Options: o, Roots: x509.NewCertPool(), faults: map[string][]Fault{}, changed: make(chan struct{}),
		hangs: map[Stage]chan struct{}{}, done: make(chan struct{}),
	}
	certificate, err := s.certificate()
	if err != nil {
		return nil, fmt.Errorf("smtptest: certificate: %w", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("smtptest: %w", err)
	}
	s.listener = l
	s.smtp = smtp.NewServer(s)
	s.smtp.Domain = "localhost"
	s.smtp.AllowInsecureAuth = true
	s.smtp.ErrorLog = log.New(io.Discard, "", 0)
	config := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	serving := l
	if o.TLS {
		serving = tls.NewListener(l, config)
	}
	if o.StartTLS {
		s.smtp.TLSConfig = config
	}
	go func() {
		defer close(s.done)
		_ = s.smtp.Serve(serving)
	}()
	return s, nil
}

// Close ends the server.
func (s *Server) Close() {
	_ = s.smtp.Close()
	_ = s.listener.Close() // where serving had not begun yet
	<-s.done
}

// URL is the server's address as the bot is given it.
func (s *Server) URL() string {
	scheme, query := "smtp", "?starttls=off"
	switch {
	case s.TLS:
		scheme, query = "smtps", ""
	case s.StartTLS:
		query = "?starttls=required"
	}
	user := ""
	if s.Login {
		user = url.UserPassword(User, Password).String() + "@"
	}
	return scheme + "://" + user + s.listener.Addr().String() + query
}

// Port is where it listens.
func (s *Server) Port() int {
	_, port, _ := net.SplitHostPort(s.listener.Addr().String())
	n, _ := strconv.Atoi(port)
	return n
}

// FailNext makes the next mails to a recipient ("": to anybody) go wrong, one
// by one.
func (s *Server) FailNext(to string, faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[to] = append(s.faults[to], faults...)
}

// Mails are those that arrived for a recipient ("": for anybody), in order.
func (s *Server) Mails(to string) []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.mails), func(m Mail) bool { return to != "" && !slices.Contains(m.To, to) })
}

// Changed is closed when another mail arrives.
func (s *Server) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// Logins counts the log-ins so far.
func (s *Server) Logins() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.logins
}

// CutAll ends all connections from this side.
func (s *Server) CutAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		_ = c.Conn().Close()
	}
	s.conns = nil
}

// Hanging is closed when the server begins to wait in a fault of that stage.
func (s *Server) Hanging(at Stage) <-chan struct{} { return s.hanging(at) }

func (s *Server) hanging(at Stage) chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hangs[at] == nil {
		s.hangs[at] = make(chan struct{})
	}
	return s.hangs[at]
}

// fault takes the next fault of a stage.
func (s *Server) fault(to string, at Stage) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range []string{to, ""} {
		if list := s.faults[key]; len(list) > 0 && list[0].At == at {
			s.faults[key] = list[1:]
			return list[0], true
		}
	}
	return Fault{}, false
}

func (s *Server) keep(m Mail) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails = append(s.mails, m)
	close(s.changed)
	s.changed = make(chan struct{})
}

// NewSession implements smtp.Backend.
func (s *Server) NewSession(c *smtp.Conn) (smtp.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns = append(s.conns, c)
	return &session{server: s, conn: c}, nil
}

// session is one connection.
type session struct {
	server *Server
	conn   *smtp.Conn
	known  bool
	mail   Mail
}

// AuthMechanisms implements smtp.AuthSession.
func (s *session) AuthMechanisms() []string {
	if !s.server.Login {
		return nil
	}
	return []string{sasl.Plain}
}

// Auth implements smtp.AuthSession.
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != User || password != Password {
			return smtp.ErrAuthFailed
		}
		s.server.mu.Lock()
		defer s.server.mu.Unlock()
		s.known = true
		s.server.logins++
		return nil
	}), nil
}

// Mail implements smtp.Session.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.server.Login && !s.known {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
	}
	s.mail = Mail{From: from}
	f, ok := s.server.fault("", AtMail)
	if !ok {
		return nil
	}
	return s.fail(f)
}

// Rcpt implements smtp.Session.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if f, ok := s.server.fault(to, AtRcpt); ok {
		return s.fail(f)
	}
	s.mail.To = append(s.mail.To, to)
	return nil
}

// Data implements smtp.Session.
func (s *session) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.mail.Data = bytes.Clone(data)
	f, ok := s.server.fault(s.mail.To[0], AtData)
	if !ok || f.Arrives {
		s.server.keep(s.mail)
	}
	if !ok {
		return nil
	}
	return s.fail(f)
}

// fail answers as the fault says.
func (s *session) fail(f Fault) error {
	if f.Wait != nil {
		close(s.server.hanging(f.At))
		<-f.Wait
	}
	if f.Code == 0 {
		_ = s.conn.Conn().Close()
		return io.ErrUnexpectedEOF
	}
	return &smtp.SMTPError{Code: f.Code, EnhancedCode: smtp.NoEnhancedCode, Message: f.Text}
}

// Reset implements smtp.Session.
func (s *session) Reset() { s.mail = Mail{} }

// Logout implements smtp.Session.
func (s *session) Logout() error { return nil }

// certificate makes an authority, and a certificate of it for 127.0.0.1.
func (s *Server) certificate() (tls.Certificate, error) {
	from, until := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	caKey, caErr := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	key, keyErr := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err := errors.Join(caErr, keyErr); err != nil {
		return tls.Certificate{}, err
	}
	caTemplate := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, NotBefore: from, NotAfter: until,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	ca, err := sign(caTemplate, caTemplate, caKey, caKey)
	if err != nil {
		return tls.Certificate{}, err
	}
	leaf, err := sign(&x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "localhost"}, NotBefore: from, NotAfter: until,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, ca, key, caKey)
	if err != nil {
		return tls.Certificate{}, err
	}
	s.Roots.AddCert(ca)
	s.PEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Raw})
	return tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key}, nil
}

func sign(template, parent *x509.Certificate, key, by *ecdsa.PrivateKey) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, by)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}
