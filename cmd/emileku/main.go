// Command emileku is the E-MILE KU bot: see README.md.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// commands are the subcommands; each has a file of its own.
type commands struct {
	Run         runCmd         `cmd:"" help:"Run the bot (production)."`
	Demo        demoCmd        `cmd:"" help:"Run the practice page: the whole bot, without any account."`
	Doctor      doctorCmd      `cmd:"" help:"Check configuration, database, channels, clock and files, and say how to mend what is wrong."`
	Healthcheck healthcheckCmd `cmd:"" help:"Ask a running bot whether it is ready (for container health checks)."`
	Whatsapp    whatsappCmd    `cmd:"" help:"Link the office's WhatsApp number, see how the link is, end it."`
	Backup      backupCmd      `cmd:"" help:"Write everything into one file."`
	Restore     restoreCmd     `cmd:"" help:"Read a backup into an empty database."`
	Export      exportCmd      `cmd:"" help:"Write everything into a file for another engine (same form as backup)."`
	Import      importCmd      `cmd:"" help:"Bring in everything from another database, or a list of guests."`
	Replies     repliesCmd     `cmd:"" help:"Say how well a file of labelled replies to an invitation is read."`
	Bench       benchCmd       `cmd:"" help:"Measure the bot on this machine."`
	Version     versionCmd     `cmd:"" help:"Print the version."`
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "emileku:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c commands
	parser, err := kong.New(&c,
		kong.Name("emileku"),
		kong.Description("The chat bot that runs E-MILE KU, the event of the cooperatives and small-business office of Kabupaten Bogor."),
		kong.UsageOnError(),
		kong.Resolvers(secretFiles(os.LookupEnv, os.ReadFile)),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	if err != nil {
		return err
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return err
	}
	return parsed.Run()
}
