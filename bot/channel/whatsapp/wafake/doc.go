// Package wafake is a local WhatsApp server, for tests and the drill: the real
// go.mau.fi/whatsmeow client logs in to it, is linked to a phone, and sends and
// receives through it, byte for byte as with the real one.
package wafake
