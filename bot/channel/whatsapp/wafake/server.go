package wafake

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log"
	"maps"
	"math/big"
	"net"
	"net/http"
	"sync"
	"time"

	"go.mau.fi/whatsmeow"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/keys"
)

// Options are what a test may choose of a server.
type Options struct {
	// Now is the server's clock; time.Now where nil.
	Now func() time.Time
	// Trace is called with every stanza, "<" from a client and ">" to one.
	Trace func(direction string, node waBinary.Node)
	// FullUpload makes a new client upload 812 one-time keys, as it does the
	// first time in real life, instead of 50.
	FullUpload bool
}

// Server is one WhatsApp. Its methods may be used by several goroutines.
type Server struct {
	opts     Options
	listener net.Listener
	http     *http.Server
	certPEM  []byte
	noise    *noiseIdentity
	ctx      context.Context
	cancel   context.CancelFunc
	work     sync.WaitGroup

	mu         sync.Mutex
	closed     bool
	err        error         // the first fault of the server itself
	changed    chan struct{} // closed and made anew at every change
	phones     map[string]*user
	lids       map[string]*user
	groups     map[string]*Group
	absent     map[string]bool // numbers that are not on WhatsApp
	conns      map[*conn]bool
	pairings   map[string]*pairing // by ref
	media      map[string][]byte   // by path
	log        []Sent
	faults     Faults
	transports []*http.Transport
	nextUser   int
	unknown    []string // queries that nothing here knows
	checked    []string // numbers asked about
	nextID     int
}

// root signs every server of this process: the client's trust in a root is
// process-wide, so there can be only one.
var root = sync.OnceValue(keys.NewKeyPair)

// New starts a server on a free port of the loopback interface.
func New(o Options) (*Server, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	identity, err := newNoiseIdentity(root(), time.Now())
	if err != nil {
		return nil, err
	}
	cert, certPEM, err := newCertificate()
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("wafake: listen: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{
		opts: o, listener: listener, certPEM: certPEM, noise: identity, ctx: ctx, cancel: cancel,
		changed: make(chan struct{}), phones: map[string]*user{}, lids: map[string]*user{}, groups: map[string]*Group{},
		absent: map[string]bool{}, conns: map[*conn]bool{}, pairings: map[string]*pairing{}, media: map[string][]byte{},
	}
	s.faults.srv = s
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ws/chat", s.serveChat)
	mux.HandleFunc("POST /mms/{kind}/{token}", s.serveUpload)
	mux.HandleFunc("DELETE /mms/{kind}/{token}", s.serveDelete)
	mux.HandleFunc("GET /v/{path...}", s.serveDownload)
	s.http = &http.Server{
		Handler: mux, ReadHeaderTimeout: 10 * time.Second,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"http/1.1"}},
		// A client that goes away during a handshake is no fault here.
		ErrorLog: log.New(discard{}, "", 0),
	}
	s.work.Go(func() {
		if err := s.http.ServeTLS(listener, "", ""); !errors.Is(err, http.ErrServerClosed) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.fail(fmt.Errorf("wafake: serve: %w", err))
		}
	})
	return s, nil
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// Close ends all connections and waits until nothing of the server runs. Close
// the clients first: they would try to come back.
func (s *Server) Close() {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	s.closed = true
	for c := range s.conns {
		c.cut()
	}
	transports := s.transports
	s.bump()
	s.mu.Unlock()
	s.cancel()
	_ = s.http.Close()
	s.work.Wait()
	for _, t := range transports {
		t.CloseIdleConnections()
	}
}

// Err is the first fault of the server itself, such as a message that it could
// not encrypt; a test should see nil at its end. Settle returns it too.
func (s *Server) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// fail remembers a fault of the server's own. Call it with mu held.
func (s *Server) fail(err error) {
	if s.err == nil && !s.closed {
		s.err = err
	}
	s.bump()
}

// bump wakes all who wait for a change. Call it with mu held.
func (s *Server) bump() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// Changed gives a channel that is closed at the next change of anything.
func (s *Server) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// wait returns once what done says is true; done is called with mu held.
func (s *Server) wait(ctx context.Context, what string, done func() bool) error {
	for {
		s.mu.Lock()
		if s.err != nil {
			defer s.mu.Unlock()
			return s.err
		}
		if done() {
			s.mu.Unlock()
			return nil
		}
		changed := s.changed
		s.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wafake: waiting for %s: %w", what, ctx.Err())
		}
	}
}

// Settle waits until each connected client has acknowledged all that it was
// sent and has read all that was written, and until connections that are about
// to end have ended. Call it before Client.Disconnect: an acknowledgement on its
// way would race with it inside whatsmeow, and a frame that arrives at that
// moment would leave a goroutine behind that waits for ever to pass it on.
func (s *Server) Settle(ctx context.Context) error {
	for {
		if err := s.wait(ctx, "acknowledgements", s.quiet); err != nil {
			return err
		}
		s.mu.Lock()
		before := s.written()
		s.mu.Unlock()
		for c := range before {
			// Its pong says that the client has taken each frame before the ping.
			_ = c.ws.Ping(ctx) // fails where the connection ends; then it is looked at again
		}
		s.mu.Lock()
		done := s.quiet() && maps.Equal(before, s.written())
		s.mu.Unlock()
		if done {
			return nil
		}
	}
}

// quiet reports whether nothing is on its way to a connected client. mu is held.
func (s *Server) quiet() bool {
	for c := range s.conns {
		if c.last != "" || !c.idle() || c.device != nil && len(c.device.pending)+len(c.device.owed) > 0 {
			return false
		}
	}
	return true
}

// written are the connections, each with the number of its stanzas. mu is held.
func (s *Server) written() map[*conn]int {
	out := make(map[*conn]int, len(s.conns))
	for c := range s.conns {
		c.mu.Lock()
		out[c] = c.pushed
		c.mu.Unlock()
	}
	return out
}

// Endpoint is how a client in another process reaches a server.
type Endpoint struct {
	Address string `json:"address"` // host:port, of the loopback interface
	CertPEM string `json:"cert"`    // the certificate to trust, PEM
	Root    string `json:"root"`    // the public root key of the Noise certificates, hex
}

// Endpoint says how a client in another process reaches this server.
func (s *Server) Endpoint() Endpoint {
	return Endpoint{
		Address: s.listener.Addr().String(), CertPEM: string(s.certPEM), Root: hex.EncodeToString(root().Pub[:]),
	}
}

// String is the endpoint as one line, for an environment variable.
func (e Endpoint) String() string {
	raw, err := json.Marshal(e)
	if err != nil {
		panic(err) // three strings
	}
	return string(raw)
}

// ParseEndpoint reads what Endpoint.String wrote.
func ParseEndpoint(text string) (Endpoint, error) {
	var e Endpoint
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		return Endpoint{}, fmt.Errorf("wafake: read endpoint: %w", err)
	}
	return e, nil
}

// HTTPClient is a client that knows only this server: whatever host it is asked
// for, it dials the loopback listener. It serves as all three HTTP clients of a
// whatsmeow.Client (before login, websocket, media).
func (e Endpoint) HTTPClient() (*http.Client, error) {
	transport, err := e.transport()
	if err != nil {
		return nil, err
	}
	return &http.Client{Transport: transport}, nil
}

func (e Endpoint) transport() (*http.Transport, error) {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(e.CertPEM)) {
		return nil, errors.New("wafake: the endpoint holds no certificate")
	}
	var dialer net.Dialer
	return &http.Transport{
		// Proxy stays nil: nothing of this goes anywhere else.
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, e.Address)
		},
		TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12},
	}, nil
}

var (
	trustOnce sync.Once
	trusted   string
)

// TrustRoot makes the whatsmeow clients of this process trust the endpoint's
// root key instead of WhatsApp's. It writes a variable of whatsmeow, once:
// call it before any client of the process runs. A second, other root is an
// error.
func (e Endpoint) TrustRoot() error {
	raw, err := hex.DecodeString(e.Root)
	if err != nil || len(raw) != 32 {
		return fmt.Errorf("wafake: %q is no root key", e.Root)
	}
	trustOnce.Do(func() {
		whatsmeow.WACertPubKey = [32]byte(raw)
		trusted = e.Root
	})
	if trusted != e.Root {
		return errors.New("wafake: this process trusts another root already")
	}
	return nil
}

// TrustRoot is Endpoint.TrustRoot for clients in the server's own process.
func (s *Server) TrustRoot() {
	if err := s.Endpoint().TrustRoot(); err != nil {
		panic(err) // a client of another process's server runs in this process: a test's mistake
	}
}

// HTTPClient is Endpoint.HTTPClient; Close ends its idle connections.
func (s *Server) HTTPClient() *http.Client {
	transport, err := s.Endpoint().transport()
	if err != nil {
		panic(err) // our own certificate
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.transports = append(s.transports, transport)
	return &http.Client{Transport: transport}
}

// Use prepares a client to speak to this server, and only to it. Call it before
// Client.Connect.
func (s *Server) Use(cli *whatsmeow.Client) {
	s.TrustRoot()
	client := s.HTTPClient()
	cli.SetPreLoginHTTPClient(client)
	cli.SetWebsocketHTTPClient(client)
	cli.SetMediaHTTPClient(client)
}

// Absent says that phone numbers (digits) are not on WhatsApp. Numbers that no
// person was added for are not on WhatsApp either; this is for a person who has
// left.
func (s *Server) Absent(phones ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range phones {
		s.absent[digits(p)] = true
	}
}

// newStanzaID is an ID of the server's own stanzas. Call it with mu held.
func (s *Server) newStanzaID() string {
	s.nextID++
	return fmt.Sprintf("%d.%d-%d", 4711, 815, s.nextID)
}

// lookup finds the user of a JID of either kind. Call it with mu held.
func (s *Server) lookup(jid types.JID) *user {
	switch jid.Server {
	case types.DefaultUserServer, types.LegacyUserServer:
		return s.phones[jid.User]
	case types.HiddenUserServer:
		return s.lids[jid.User]
	}
	return nil
}

// newCertificate makes a certificate for WhatsApp's host names, for this
// process's life.
func newCertificate() (tls.Certificate, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("wafake: make certificate: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "wafake"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:    []string{"*.whatsapp.com", "*.whatsapp.net", "localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("wafake: make certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), nil
}
