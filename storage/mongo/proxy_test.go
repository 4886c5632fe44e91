package mongo_test

import (
	"io"
	"net"
	"sync"
	"testing"
)

// proxy is a line to the server that can be cut, or go silent.
type proxy struct {
	listener net.Listener
	to       string

	mu    sync.Mutex
	down  bool
	mute  chan struct{} // not nil: bytes wait until it is closed
	conns map[net.Conn]bool
	wg    sync.WaitGroup
}

func newProxy(t *testing.T, to string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, to: to, conns: map[net.Conn]bool{}}
	p.wg.Go(p.accept)
	t.Cleanup(func() {
		_ = l.Close()
		p.cut()
		p.wg.Wait()
	})
	return p
}

func (p *proxy) addr() string { return p.listener.Addr().String() }

func (p *proxy) accept() {
	for {
		near, err := p.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", p.to)
		if err != nil {
			_ = near.Close()
			continue
		}
		if !p.keep(near, far) {
			_ = near.Close()
			_ = far.Close()
			continue
		}
		p.wg.Go(func() { p.carry(far, near) })
		p.wg.Go(func() { p.carry(near, far) })
	}
}

// keep takes note of a pair of connections, unless the line is cut.
func (p *proxy) keep(pair ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down {
		return false
	}
	for _, c := range pair {
		p.conns[c] = true
	}
	return true
}

func (p *proxy) carry(to, from net.Conn) {
	_, _ = io.Copy(to, listening{from, p})
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range []net.Conn{to, from} {
		_ = c.Close()
		delete(p.conns, c)
	}
}

// listening is a connection whose bytes wait while the line is silent.
type listening struct {
	io.Reader
	p *proxy
}

func (l listening) Read(b []byte) (int, error) {
	n, err := l.Reader.Read(b)
	l.p.mu.Lock()
	mute := l.p.mute
	l.p.mu.Unlock()
	if mute != nil {
		<-mute
	}
	return n, err
}

// silence keeps all bytes back until the function it returns is called.
func (p *proxy) silence() (speak func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	mute := make(chan struct{})
	p.mute = mute
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.mute = nil
		close(mute)
	}
}

// cut closes all connections and turns new ones away.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = true
	for c := range p.conns {
		_ = c.Close()
	}
}

func (p *proxy) mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = false
}
