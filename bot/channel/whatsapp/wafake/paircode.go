package wafake

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/keys"
)

// codePairing is a linking by a code of eight characters that the client shows
// and a person types into the phone.
type codePairing struct {
	account   *Account
	ref       []byte
	wrapped   []byte // the client's ephemeral key, under the code
	ephemeral *keys.KeyPair
	theirs    []byte
}

// companionHello begins a linking by code.
func (s *Server) companionHello(c *conn, n *waBinary.Node, reg waBinary.Node) {
	u := s.lookup(attrJID(&reg, "jid"))
	wrapped := content(reg.GetChildByTag("link_code_pairing_wrapped_companion_ephemeral_pub"))
	if c.pairing == nil || u == nil || u.account == nil || len(wrapped) != 80 {
		s.answerError(c, n, 400, "bad-request")
		return
	}
	ref := []byte("ref-" + rand.Text())
	c.pairing.code = &codePairing{account: u.account, ref: ref, wrapped: wrapped}
	s.answer(c, n, waBinary.Node{Tag: "link_code_companion_reg", Content: []waBinary.Node{
		{Tag: "link_code_pairing_ref", Content: ref},
	}})
}

// EnterCode is a person who types the client's pairing code into the phone. A
// wrong code shows only when the client answers: the phone cannot open its
// bundle then, and LinkFailed tells.
func (a *Account) EnterCode(code string) error {
	code = strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(code), "-", ""))
	a.srv.mu.Lock()
	defer a.srv.mu.Unlock()
	var p *pairing
	for c := range a.srv.conns {
		if c.pairing != nil && c.pairing.code != nil && c.pairing.code.account == a && c.pairing.device == nil {
			p = c.pairing
		}
	}
	if p == nil {
		return errors.New("wafake: no client waits for a code of this phone")
	}
	theirs, err := codeCrypt(code, p.code.wrapped[:32], p.code.wrapped[32:48], p.code.wrapped[48:])
	if err != nil {
		return err
	}
	p.code.theirs, p.code.ephemeral = theirs, keys.NewKeyPair()
	salt, iv := random(32), random(16)
	sealed, err := codeCrypt(code, salt, iv, p.code.ephemeral.Pub[:])
	if err != nil {
		return err
	}
	p.conn.send(waBinary.Node{
		Tag: "notification",
		Attrs: waBinary.Attrs{
			"from": types.ServerJID, "type": "link_code_companion_reg", "id": a.srv.newStanzaID(), "t": a.srv.stamp(),
		},
		Content: []waBinary.Node{{Tag: "link_code_companion_reg", Attrs: waBinary.Attrs{"stage": "primary_hello"},
			Content: []waBinary.Node{
				{Tag: "link_code_pairing_wrapped_primary_ephemeral_pub", Content: slices.Concat(salt, iv, sealed)},
				{Tag: "primary_identity_pub", Content: a.end.identity.Pub[:]},
				{Tag: "link_code_pairing_ref", Content: p.code.ref},
			}}},
	})
	return nil
}

// codeCrypt seals or opens an ephemeral key under a code.
func codeCrypt(code string, salt, iv, key []byte) ([]byte, error) {
	derived, err := pbkdf2.Key(sha256.New, code, salt, 2<<16, 32)
	if err != nil {
		return nil, fmt.Errorf("wafake: derive key from code: %w", err)
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, fmt.Errorf("wafake: cipher: %w", err)
	}
	out := make([]byte, len(key))
	cipher.NewCTR(block, iv).XORKeyStream(out, key)
	return out, nil
}

// companionFinish is the client's bundle: opened, it proves that both know the
// code, and gives the secret of the linking.
func (s *Server) companionFinish(c *conn, n *waBinary.Node, reg waBinary.Node) {
	p := c.pairing
	if p == nil || p.code == nil || p.code.ephemeral == nil {
		s.answerError(c, n, 400, "bad-request")
		return
	}
	secret, err := p.code.open(p.code.account, content(reg.GetChildByTag("link_code_pairing_wrapped_key_bundle")), p.identity)
	if err != nil {
		p.code.account.linkError = err
		p.code.ephemeral = nil
		s.answerError(c, n, 401, "not-authorized")
		return
	}
	s.answer(c, n)
	if err := p.code.account.agree(p, secret); err != nil {
		s.fail(err)
	}
}

// LinkError is why the last attempt to link a device failed on the phone's side
// or on the client's; nil if it did not.
func (a *Account) LinkError() error {
	a.srv.mu.Lock()
	defer a.srv.mu.Unlock()
	return a.linkError
}

// LinkFailed waits until an attempt to link a device fails, and gives the reason.
func (a *Account) LinkFailed(ctx context.Context) (reason, err error) {
	err = a.srv.wait(ctx, "a failed linking", func() bool {
		reason = a.linkError
		return reason != nil
	})
	return reason, err
}

func (p *codePairing) open(a *Account, bundle []byte, device [32]byte) ([]byte, error) {
	if len(bundle) < 32+12 {
		return nil, errors.New("wafake: the bundle of the linking is too short")
	}
	shared, err := x25519(p.ephemeral.Priv[:], p.theirs)
	if err != nil {
		return nil, err
	}
	key, err := hkdf.Key(sha256.New, shared, bundle[:32], "link_code_pairing_key_bundle_encryption_key", 32)
	if err != nil {
		return nil, fmt.Errorf("wafake: derive bundle key: %w", err)
	}
	gcm, err := newGCM(key)
	if err != nil {
		return nil, err
	}
	plain, err := gcm.Open(nil, bundle[32:44], bundle[44:], nil)
	if err != nil {
		return nil, errors.New("wafake: the code was wrong")
	}
	if len(plain) != 96 || [32]byte(plain[:32]) != device || [32]byte(plain[32:64]) != *a.end.identity.Pub {
		return nil, errors.New("wafake: the bundle of the linking names other keys")
	}
	identity, err := x25519(a.end.identity.Priv[:], device[:])
	if err != nil {
		return nil, err
	}
	return hkdf.Key(sha256.New, slices.Concat(shared, identity, plain[64:]), nil, "adv_secret", 32)
}

func random(n int) []byte {
	out := make([]byte, n)
	_, _ = rand.Read(out) // never fails
	return out
}
