package wafake_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/store/sqlstore"
	"go.mau.fi/whatsmeow/types/events"
	waLog "go.mau.fi/whatsmeow/util/log"
	"google.golang.org/protobuf/proto"

	"github.com/diskopukm/emileku/bot/channel/whatsapp/wafake"
)

// The child of TestKilledClient: told by the environment.
const (
	childEndpoint = "WAFAKE_TEST_ENDPOINT"
	childStore    = "WAFAKE_TEST_STORE"
)

// echo is a bot in a process of its own: it answers each message under an ID
// derived from the message's, and acknowledges it after that.
func echo() error {
	ctx := context.Background()
	endpoint, err := wafake.ParseEndpoint(os.Getenv(childEndpoint))
	if err != nil {
		return err
	}
	if err := endpoint.TrustRoot(); err != nil {
		return err
	}
	web, err := endpoint.HTTPClient()
	if err != nil {
		return err
	}
	stores, err := sqlstore.New(ctx, "sqlite", dsn(os.Getenv(childStore)), waLog.Noop)
	if err != nil {
		return err
	}
	device, err := stores.GetFirstDevice(ctx)
	if err != nil {
		return err
	}
	cli := whatsmeow.NewClient(device, waLog.Noop)
	cli.SetWebsocketHTTPClient(web)
	cli.SynchronousAck = true
	cli.EnableDecryptedEventBuffer = true
	cli.AddEventHandlerWithSuccessStatus(func(e any) bool {
		m, ok := e.(*events.Message)
		if !ok || m.Message.GetConversation() == "" {
			return true
		}
		_, err := cli.SendMessage(ctx, m.Info.Chat, &waE2E.Message{
			Conversation: proto.String("Anda menulis: " + m.Message.GetConversation()),
		}, whatsmeow.SendRequestExtra{ID: "ECHO" + m.Info.ID})
		return err == nil
	})
	if err := cli.Connect(); err != nil {
		return err
	}
	select {} // until it is killed
}

// TestKilledClient kills the client's process while people write to it. Nothing
// they wrote stays unanswered, and they see each answer once.
func TestKilledClient(t *testing.T) {
	t.Parallel()
	srv := serve(t, wafake.Options{})
	account := srv.NewAccount(officePhone)
	path := filepath.Join(t.TempDir(), "wa.db")
	stores, err := sqlstore.New(deadline(t), "sqlite", dsn(path), waLog.Noop)
	must(t, err)
	_, err = account.NewPairedDevice(deadline(t), stores)
	must(t, err)
	must(t, stores.Close())

	start := func() *exec.Cmd {
		t.Helper()
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childEndpoint+"="+srv.Endpoint().String(), childStore+"="+path)
		cmd.Stderr = os.Stderr
		must(t, cmd.Start())
		t.Cleanup(func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		})
		must(t, account.Connected(deadline(t)))
		return cmd
	}
	people := make([]*wafake.Person, 5)
	for i := range people {
		people[i] = srv.AddPerson(fmt.Sprintf("62812%07d", i), fmt.Sprintf("Orang %d", i))
	}
	const rounds = 4
	for round := range rounds {
		cmd := start()
		for _, p := range people {
			p.Send(account, fmt.Sprintf("pesan %d", round))
		}
		if round == rounds-1 {
			break
		}
		// In the middle of the work: the first answer is there.
		must(t, people[round].WaitUntil(deadline(t), func(inbox []wafake.Message) bool { return len(inbox) > round }))
		must(t, cmd.Process.Kill())
		_ = cmd.Wait()
		must(t, account.Disconnected(deadline(t)))
	}
	for _, p := range people {
		must(t, p.WaitUntil(deadline(t), func(inbox []wafake.Message) bool { return len(inbox) >= rounds }))
		if inbox := p.Inbox(); len(inbox) != rounds {
			t.Errorf("%s has %d answers: %+v", p.Name(), len(inbox), inbox)
		}
	}
	must(t, srv.Settle(deadline(t)))
}
