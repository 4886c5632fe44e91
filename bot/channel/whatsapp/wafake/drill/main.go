// Command drill is a WhatsApp of one's own for practice: it starts the local
// server with some simulated people, prints how to reach it, and then does what
// is typed: lets people write, links a bot to the office's phone, and breaks
// things on command. It is not part of the shipped program, which has no way to
// trust another WhatsApp.
//
//	go run ./bot/channel/whatsapp/wafake/drill
//	go run ./bot/channel/whatsapp/wafake/drill < commands.txt
//
// Three exercises run by themselves, with the real program in a process of its
// own (crowd and strangers) or the channel in this one (rates); -h after the
// name says what can be chosen:
//
//	go run ./bot/channel/whatsapp/wafake/drill crowd      20 people register while the program is killed
//	go run ./bot/channel/whatsapp/wafake/drill strangers  1,000 invitations, and error 463
//	go run ./bot/channel/whatsapp/wafake/drill rates      messages and store operations a second
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/diskopukm/emileku/bot/channel/whatsapp/wafake"
)

func main() {
	office := flag.String("office", "628118300001", "phone number that the bot is linked to")
	people := flag.Int("people", len(names), "simulated people at the start")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if play := plays[flag.Arg(0)]; play != nil {
		if err := play(ctx, flag.Args()[1:], os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if err := run(ctx, os.Stdin, os.Stdout, *office, *people); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run serves until ctx ends; the end of the commands does not end it.
func run(ctx context.Context, in io.Reader, out io.Writer, office string, people int) error {
	srv, err := wafake.New(wafake.Options{})
	if err != nil {
		return err
	}
	defer srv.Close()
	c := newConsole(ctx, srv, out, office)
	defer c.wait()
	for i := range people {
		c.join(phoneOf(i), nameOf(i))
	}
	c.printf("WhatsApp for drills at %s (end with Ctrl-C; nothing is kept)\n", srv.Endpoint().Address)
	c.printf("For a client in another process:\n%s\n", srv.Endpoint())
	c.printf("The office's phone is +%s. Link a bot with: scan CODE, or: code ABCD-EFGH\n", c.account.Phone())
	c.people(nil)
	c.printf("Type help for what can be typed.\n")
	go c.read(in) // stays at a terminal until the process ends
	<-ctx.Done()
	return nil
}

// names are those of the first people; more are called by their number.
var names = []string{"Siti Aminah", "Budi Santoso", "Asep Hidayat", "Rina Marlina", "Dedi Kurnia"}

func nameOf(i int) string {
	if i < len(names) {
		return names[i]
	}
	return fmt.Sprintf("Warga %d", i+1)
}

func phoneOf(i int) string { return fmt.Sprintf("62812%08d", 10000001+i) }
