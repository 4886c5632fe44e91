package wafake

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/whatsmeow/proto/waCert"
	"go.mau.fi/whatsmeow/proto/waWa6"
	"go.mau.fi/whatsmeow/socket"
	"go.mau.fi/whatsmeow/util/keys"
	"google.golang.org/protobuf/proto"
)

// noiseIdentity is the server's static key and the certificates that vouch for it.
type noiseIdentity struct {
	static *keys.KeyPair
	chain  []byte
}

// newNoiseIdentity makes a key and has it signed: root, intermediate, leaf.
func newNoiseIdentity(root *keys.KeyPair, now time.Time) (*noiseIdentity, error) {
	intermediate, static := keys.NewKeyPair(), keys.NewKeyPair()
	const intermediateSerial = 1
	inter, err := certificate(root, intermediate.Pub, intermediateSerial, 0, now)
	if err != nil {
		return nil, err
	}
	leaf, err := certificate(intermediate, static.Pub, intermediateSerial+1, intermediateSerial, now)
	if err != nil {
		return nil, err
	}
	chain, err := proto.Marshal(&waCert.CertChain{Intermediate: inter, Leaf: leaf})
	if err != nil {
		return nil, fmt.Errorf("wafake: certificate chain: %w", err)
	}
	return &noiseIdentity{static, chain}, nil
}

func certificate(
	issuer *keys.KeyPair, key *[32]byte, serial, issuerSerial uint32, now time.Time,
) (*waCert.CertChain_NoiseCertificate, error) {
	details, err := proto.Marshal(&waCert.CertChain_NoiseCertificate_Details{
		Serial: proto.Uint32(serial), IssuerSerial: proto.Uint32(issuerSerial), Key: key[:],
		NotBefore: proto.Uint64(uint64(now.Add(-24 * time.Hour).Unix())),
		NotAfter:  proto.Uint64(uint64(now.Add(30 * 24 * time.Hour).Unix())),
	})
	if err != nil {
		return nil, fmt.Errorf("wafake: certificate: %w", err)
	}
	signature := ecc.CalculateSignature(ecc.NewDjbECPrivateKey(*issuer.Priv), details)
	return &waCert.CertChain_NoiseCertificate{Details: details, Signature: signature[:]}, nil
}

// handshakeState is the responder's side of Noise_XX_25519_AESGCM_SHA256 as
// WhatsApp speaks it: the empty payload of the first message is not mixed into
// the hash, and the name, padded to 32 bytes, is the first hash, chaining key
// and cipher key alike.
type handshakeState struct {
	hash, chaining []byte
	aead           cipher.AEAD
	counter        uint64
}

func newHandshakeState(prologue []byte) (*handshakeState, error) {
	start := []byte(socket.NoiseStartPattern)
	aead, err := newGCM(start)
	if err != nil {
		return nil, err
	}
	h := &handshakeState{hash: start, chaining: start, aead: aead}
	h.mixHash(prologue)
	return h, nil
}

func newGCM(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("wafake: cipher: %w", err)
	}
	return cipher.NewGCM(block)
}

func nonce(counter uint64) []byte {
	out := make([]byte, 12)
	binary.BigEndian.PutUint64(out[4:], counter)
	return out
}

func (h *handshakeState) mixHash(data []byte) {
	sum := sha256.New()
	sum.Write(h.hash)
	sum.Write(data)
	h.hash = sum.Sum(nil)
}

func (h *handshakeState) split(secret []byte) (first, second []byte, err error) {
	out, err := hkdf.Key(sha256.New, secret, h.chaining, "", 64)
	if err != nil {
		return nil, nil, fmt.Errorf("wafake: derive keys: %w", err)
	}
	return out[:32], out[32:], nil
}

func (h *handshakeState) mixDH(priv, pub []byte) error {
	secret, err := x25519(priv, pub)
	if err != nil {
		return err
	}
	first, second, err := h.split(secret)
	if err != nil {
		return err
	}
	h.chaining, h.counter = first, 0
	h.aead, err = newGCM(second)
	return err
}

func x25519(priv, pub []byte) ([]byte, error) {
	private, err := ecdh.X25519().NewPrivateKey(priv)
	if err != nil {
		return nil, fmt.Errorf("wafake: private key: %w", err)
	}
	public, err := ecdh.X25519().NewPublicKey(pub)
	if err != nil {
		return nil, fmt.Errorf("wafake: public key: %w", err)
	}
	secret, err := private.ECDH(public)
	if err != nil {
		return nil, fmt.Errorf("wafake: key agreement: %w", err)
	}
	return secret, nil
}

func (h *handshakeState) seal(plain []byte) []byte {
	out := h.aead.Seal(nil, nonce(h.counter), plain, h.hash)
	h.counter++
	h.mixHash(out)
	return out
}

func (h *handshakeState) open(sealed []byte) ([]byte, error) {
	out, err := h.aead.Open(nil, nonce(h.counter), sealed, h.hash)
	if err != nil {
		return nil, fmt.Errorf("wafake: open handshake: %w", err)
	}
	h.counter++
	h.mixHash(sealed)
	return out, nil
}

// transport is one direction of an established connection.
type transport struct {
	aead    cipher.AEAD
	counter uint64
}

func (t *transport) seal(plain []byte) []byte {
	out := t.aead.Seal(nil, nonce(t.counter), plain, nil)
	t.counter++
	return out
}

func (t *transport) open(sealed []byte) ([]byte, error) {
	out, err := t.aead.Open(nil, nonce(t.counter), sealed, nil)
	t.counter++
	return out, err
}

// hello is what a client said of itself in the handshake.
type hello struct {
	static  [32]byte
	payload *waWa6.ClientPayload
}

// respond does the server's part of the handshake over two functions that move
// whole frames.
func (id *noiseIdentity) respond(
	prologue []byte, read func() ([]byte, error), write func([]byte) error,
) (in, out *transport, said *hello, err error) {
	h, err := newHandshakeState(prologue)
	if err != nil {
		return nil, nil, nil, err
	}
	frame, err := read()
	if err != nil {
		return nil, nil, nil, err
	}
	var first waWa6.HandshakeMessage
	if err := proto.Unmarshal(frame, &first); err != nil {
		return nil, nil, nil, fmt.Errorf("wafake: client hello: %w", err)
	}
	theirs := first.GetClientHello().GetEphemeral()
	if len(theirs) != 32 {
		return nil, nil, nil, errors.New("wafake: client hello without ephemeral key")
	}
	ephemeral := keys.NewKeyPair()
	h.mixHash(theirs)
	h.mixHash(ephemeral.Pub[:])
	if err := h.mixDH(ephemeral.Priv[:], theirs); err != nil {
		return nil, nil, nil, err
	}
	static := h.seal(id.static.Pub[:])
	if err := h.mixDH(id.static.Priv[:], theirs); err != nil {
		return nil, nil, nil, err
	}
	answer, err := proto.Marshal(&waWa6.HandshakeMessage{ServerHello: &waWa6.HandshakeMessage_ServerHello{
		Ephemeral: ephemeral.Pub[:], Static: static, Payload: h.seal(id.chain),
	}})
	if err != nil {
		return nil, nil, nil, fmt.Errorf("wafake: server hello: %w", err)
	}
	if err := write(answer); err != nil {
		return nil, nil, nil, err
	}
	return id.finish(h, ephemeral, read)
}

// finish reads the client's last message and derives the transport keys.
func (id *noiseIdentity) finish(
	h *handshakeState, ephemeral *keys.KeyPair, read func() ([]byte, error),
) (in, out *transport, said *hello, err error) {
	frame, err := read()
	if err != nil {
		return nil, nil, nil, err
	}
	var last waWa6.HandshakeMessage
	if err := proto.Unmarshal(frame, &last); err != nil {
		return nil, nil, nil, fmt.Errorf("wafake: client finish: %w", err)
	}
	static, err := h.open(last.GetClientFinish().GetStatic())
	if err != nil {
		return nil, nil, nil, err
	}
	if len(static) != 32 {
		return nil, nil, nil, errors.New("wafake: client finish without static key")
	}
	if err := h.mixDH(ephemeral.Priv[:], static); err != nil {
		return nil, nil, nil, err
	}
	raw, err := h.open(last.GetClientFinish().GetPayload())
	if err != nil {
		return nil, nil, nil, err
	}
	said = &hello{static: [32]byte(static), payload: &waWa6.ClientPayload{}}
	if err := proto.Unmarshal(raw, said.payload); err != nil {
		return nil, nil, nil, fmt.Errorf("wafake: client payload: %w", err)
	}
	theirKey, ourKey, err := h.split(nil)
	if err != nil {
		return nil, nil, nil, err
	}
	in, out = &transport{}, &transport{}
	if in.aead, err = newGCM(theirKey); err != nil {
		return nil, nil, nil, err
	}
	out.aead, err = newGCM(ourKey)
	return in, out, said, err
}
