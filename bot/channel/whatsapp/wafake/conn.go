package wafake

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/socket"
	"go.mau.fi/whatsmeow/types"
)

// conn is one websocket of a client.
type conn struct {
	srv    *Server
	ws     *websocket.Conn
	ctx    context.Context
	cancel context.CancelFunc
	in     *transport
	seal   *transport

	// Of Server.mu:
	device  *device  // whom it is logged in as
	pairing *pairing // a device that wants to be linked
	last    string   // the ID of the stanza after which the connection ends
	heard   chan struct{}

	mu     sync.Mutex
	queue  []outgoing
	pushed int  // all that was ever queued
	busy   bool // the writer has an item in hand
	signal chan struct{}
}

// outgoing is a stanza to write, or the end of the connection.
type outgoing struct {
	node  waBinary.Node
	delay time.Duration
	end   bool
}

// serveChat is the endpoint that the client dials: handshake, then stanzas
// until either side ends it.
func (s *Server) serveChat(w http.ResponseWriter, r *http.Request) {
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true}) // the origin is web.whatsapp.com
	if err != nil {
		return
	}
	ws.SetReadLimit(socket.FrameMaxSize)
	ctx, cancel := context.WithCancel(s.ctx)
	c := &conn{srv: s, ws: ws, ctx: ctx, cancel: cancel, signal: make(chan struct{}, 1), heard: make(chan struct{})}
	defer func() {
		cancel()
		_ = ws.CloseNow()
	}()
	if !s.enter(c) {
		return
	}
	defer s.leave(c)
	said, err := c.handshake()
	if err != nil {
		return // the client did not like us, or left
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.write()
	}()
	s.mu.Lock()
	s.greet(c, said)
	s.mu.Unlock()
	c.read()
	cancel()
	<-done
}

// enter counts a connection; the server's Close waits for it.
func (s *Server) enter(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.work.Add(1)
	s.conns[c] = true
	return true
}

func (s *Server) leave(c *conn) {
	s.mu.Lock()
	delete(s.conns, c)
	if d := c.device; d != nil && d.conn == c {
		d.conn, d.active = nil, false
		clear(d.owed)
	}
	if c.pairing != nil {
		s.forgetPairing(c.pairing)
	}
	s.bump()
	s.mu.Unlock()
	s.work.Done()
}

func (c *conn) handshake() (*hello, error) {
	_, first, err := c.ws.Read(c.ctx)
	if err != nil {
		return nil, err
	}
	header := socket.WAConnHeader
	if !bytes.HasPrefix(first, header) {
		return nil, fmt.Errorf("wafake: the client began with % x", first[:min(len(first), 4)])
	}
	first = first[len(header):]
	read := func() ([]byte, error) {
		if first != nil {
			message := first
			first = nil
			return frameOf(message)
		}
		return c.readFrame()
	}
	in, out, said, err := c.srv.noise.respond(header, read, c.writeFrame)
	if err != nil {
		return nil, err
	}
	c.in, c.seal = in, out
	return said, nil
}

// frameOf takes the three bytes of length off a websocket message. The client
// writes one whole frame in each.
func frameOf(message []byte) ([]byte, error) {
	if len(message) < socket.FrameLengthSize {
		return nil, fmt.Errorf("wafake: a frame of %d bytes", len(message))
	}
	length := int(message[0])<<16 | int(message[1])<<8 | int(message[2])
	if len(message) != socket.FrameLengthSize+length {
		return nil, fmt.Errorf("wafake: a frame of %d bytes says %d", len(message), length)
	}
	return message[socket.FrameLengthSize:], nil
}

func (c *conn) readFrame() ([]byte, error) {
	_, message, err := c.ws.Read(c.ctx)
	if err != nil {
		return nil, err
	}
	return frameOf(message)
}

func (c *conn) writeFrame(data []byte) error {
	frame := make([]byte, 0, socket.FrameLengthSize+len(data))
	frame = append(frame, byte(len(data)>>16), byte(len(data)>>8), byte(len(data)))
	return c.ws.Write(c.ctx, websocket.MessageBinary, append(frame, data...))
}

// read handles stanzas until the connection ends.
func (c *conn) read() {
	for {
		sealed, err := c.readFrame()
		if err != nil {
			return
		}
		plain, err := c.in.open(sealed)
		if err != nil {
			return
		}
		raw, err := waBinary.Unpack(plain)
		if err != nil {
			return
		}
		node, err := waBinary.Unmarshal(raw)
		if err != nil {
			return
		}
		c.srv.mu.Lock()
		if c.srv.opts.Trace != nil {
			c.srv.opts.Trace("<", *node)
		}
		c.srv.handle(c, node)
		c.srv.bump()
		c.srv.mu.Unlock()
	}
}

// send queues a stanza.
func (c *conn) send(node waBinary.Node) { c.push(outgoing{node: node}) }

// end closes the connection once the client has handled all that was queued. A
// client that sees the end of the connection may drop what it has read and not
// handled yet, such as the reason of the end; so it is given one more stanza,
// and the connection ends when that one is acknowledged. mu is held.
func (c *conn) end() {
	if c.last != "" {
		return
	}
	c.last = c.srv.newStanzaID()
	c.send(waBinary.Node{Tag: "notification", Attrs: waBinary.Attrs{
		"from": types.ServerJID, "type": "server", "id": c.last, "t": c.srv.stamp(),
	}})
	c.push(outgoing{end: true})
}

// patience is how long end waits for a client that does not acknowledge.
const patience = 3 * time.Second

func (c *conn) awaitLast() {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.heard:
	case <-c.ctx.Done():
	}
}

// cut ends the connection at once, as a lost network does.
func (c *conn) cut() { c.cancel() }

func (c *conn) push(o outgoing) {
	c.mu.Lock()
	c.queue = append(c.queue, o)
	c.pushed++
	c.mu.Unlock()
	select {
	case c.signal <- struct{}{}:
	default:
	}
}

// idle reports whether all is written.
func (c *conn) idle() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.queue) == 0 && !c.busy
}

func (c *conn) pop() (outgoing, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy = len(c.queue) > 0
	if !c.busy {
		return outgoing{}, false
	}
	o := c.queue[0]
	c.queue = c.queue[1:]
	return o, true
}

// write is the connection's only writer: the cipher's counter is its own.
func (c *conn) write() {
	for {
		o, ok := c.pop()
		if !ok {
			c.srv.mu.Lock()
			c.srv.bump()
			c.srv.mu.Unlock()
			select {
			case <-c.signal:
				continue
			case <-c.ctx.Done():
				return
			}
		}
		if o.delay > 0 {
			timer := time.NewTimer(o.delay)
			select {
			case <-timer.C:
			case <-c.ctx.Done():
				timer.Stop()
				return
			}
		}
		if o.end {
			c.awaitLast()
			_ = c.ws.Close(websocket.StatusNormalClosure, "")
			c.cancel()
			return
		}
		if c.srv.opts.Trace != nil {
			c.srv.opts.Trace(">", o.node)
		}
		raw, err := waBinary.Marshal(o.node)
		if err != nil {
			c.srv.mu.Lock()
			c.srv.fail(fmt.Errorf("wafake: encode %s: %w", o.node.Tag, err))
			c.srv.mu.Unlock()
			continue
		}
		if c.writeFrame(c.seal.seal(raw)) != nil {
			c.cancel()
			return
		}
	}
}

// handle takes one stanza of a client. mu is held.
func (s *Server) handle(c *conn, n *waBinary.Node) {
	switch n.Tag {
	case "iq":
		s.handleIQ(c, n)
		return
	case "ib", "presence", "chatstate", "call":
		s.handlePresence(c, n)
		return
	case "ack":
		if c.last != "" && attrString(n, "id") == c.last {
			c.last = "done"
			close(c.heard)
		}
	}
	if c.device == nil {
		return // not logged in
	}
	switch n.Tag {
	case "message":
		s.handleMessage(c, n)
	case "receipt":
		s.handleReceipt(c, n)
	case "ack":
		s.handleAck(c.device, n)
	default:
		s.fail(fmt.Errorf("wafake: the client sent <%s>, which is not known here", n.Tag))
	}
}

// Helpers for nodes. An attribute that is a JID must be a types.JID, else the
// client's getter fails.

func attrJID(n *waBinary.Node, key string) types.JID {
	jid, _ := n.Attrs[key].(types.JID)
	return jid
}

func attrString(n *waBinary.Node, key string) string {
	switch v := n.Attrs[key].(type) {
	case string:
		return v
	case types.JID:
		return v.String()
	}
	return ""
}

// content reads a node's content, which arrives as a string where it packed
// into a token.
func content(n waBinary.Node) []byte {
	switch v := n.Content.(type) {
	case []byte:
		return v
	case string:
		return []byte(v)
	}
	return nil
}

func (s *Server) stamp() int64 { return s.opts.Now().Unix() }
