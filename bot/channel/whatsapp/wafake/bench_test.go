package wafake_test

import (
	"fmt"
	"testing"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"

	"github.com/diskopukm/emileku/bot/channel/whatsapp/wafake"
)

// BenchmarkSend is a text from the real client to one person, acknowledged.
func BenchmarkSend(b *testing.B) {
	srv := serve(b, wafake.Options{})
	siti := srv.AddPerson("6281210000001", "Siti")
	c, account := linked(b, srv)
	siti.Send(account, "halo")
	c.message()
	for b.Loop() {
		if _, err := c.SendMessage(b.Context(), siti.LID(), &waE2E.Message{Conversation: proto.String("Terima kasih")}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReceive is a text from one person, decrypted by the real client and
// acknowledged.
func BenchmarkReceive(b *testing.B) {
	srv := serve(b, wafake.Options{})
	siti := srv.AddPerson("6281210000001", "Siti")
	c, account := linked(b, srv)
	for b.Loop() {
		siti.Send(account, "daftar")
		c.message()
	}
}

// BenchmarkCold is the first text to somebody: keys are fetched, a session begins.
func BenchmarkCold(b *testing.B) {
	srv := serve(b, wafake.Options{})
	c, _ := linked(b, srv)
	n := 0
	for b.Loop() {
		n++
		p := srv.AddPerson(fmt.Sprintf("62812%08d", n), "Warga")
		if _, err := c.SendMessage(b.Context(), p.PN(), &waE2E.Message{Conversation: proto.String("Undangan")}); err != nil {
			b.Fatal(err)
		}
	}
}
