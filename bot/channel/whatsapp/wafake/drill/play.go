package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/diskopukm/emileku/bot/channel/whatsapp/wafake/exercise"
)

// plays are the exercises that run by themselves, by the first argument.
var plays = map[string]func(ctx context.Context, args []string, out io.Writer) error{
	"crowd": crowd, "strangers": strangers, "rates": rates,
}

// mainPackage is the program.
const mainPackage = "github.com/diskopukm/emileku/cmd/emileku"

// program builds the test binary of the program: the only one that can trust
// another WhatsApp. It needs the source and the go command.
func program(ctx context.Context, dir string) (string, error) {
	path := filepath.Join(dir, "emileku.test")
	build := exec.CommandContext(ctx, "go", "test", "-c", "-o", path, mainPackage)
	if text, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s (run the drill within the source tree): %w\n%s", mainPackage, err, text)
	}
	return path, nil
}

// with runs an exercise in a folder of its own.
func with(ctx context.Context, out io.Writer, mongo string, play func(exercise.Options) error) (err error) {
	dir, err := os.MkdirTemp("", "emileku-drill-")
	if err != nil {
		return fmt.Errorf("drill: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	fmt.Fprintln(out, "Building the program …")
	path, err := program(ctx, dir)
	if err != nil {
		return err
	}
	data := filepath.Join(dir, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		return fmt.Errorf("drill: %w", err)
	}
	o := exercise.Options{Program: path, Dir: data, Out: out}
	if mongo != "" {
		o.Env = []string{"MONGODB_URI=" + mongo, "STORE_KEY=" + strings.Repeat("k", 40)}
	}
	return play(o)
}

// crowd lets many register at once while connections break off and the program
// is killed.
func crowd(ctx context.Context, args []string, out io.Writer) error {
	f := flag.NewFlagSet("crowd", flag.ExitOnError)
	people := f.Int("people", 20, "how many register at once")
	kills := f.Int("kills", 20, "how often the program is killed")
	flaky := f.Float64("flaky", 2, "percent of the program's messages that a lost connection takes, and of answers to them")
	seed := f.Uint64("seed", 815, "of the chances")
	mongo := f.String("mongodb-uri", "", "an empty database of MongoDB instead of the embedded one")
	_ = f.Parse(args)
	return with(ctx, out, *mongo, func(o exercise.Options) error {
		res, err := exercise.Crowd{Options: o, People: *people, Kills: *kills, Flaky: *flaky / 100, Seed: *seed}.Run(ctx)
		if err != nil {
			return fmt.Errorf("the drill was not passed: %w", err)
		}
		fmt.Fprintf(out, "\n%d people registered in %v, with %d kills: %d messages were seen, each once.\n", *people, res.Took, *kills, res.Messages)
		fmt.Fprintf(out, "Lost with a connection, or their answers: %d. Came again under the same ID: %d.\n", res.Lost, res.Again)
		fmt.Fprintf(out, "Sent again since a phone could not read them: %d. Never decrypted: %d. The stop took %v.\n", res.Asked, res.Sealed, res.Stop)
		return nil
	})
}

// strangers invites guests who have never written, until WhatsApp forbids it.
func strangers(ctx context.Context, args []string, out io.Writer) error {
	f := flag.NewFlagSet("strangers", flag.ExitOnError)
	guests := f.Int("guests", 1000, "how many are invited; more than 100")
	after := f.Int("after", 12, "first contacts that pass before error 463; at most 14")
	picture := f.String("picture", "whatsapp.png", "where the chart of /kesehatan is written")
	mongo := f.String("mongodb-uri", "", "an empty database of MongoDB instead of the embedded one")
	_ = f.Parse(args)
	chart, err := filepath.Abs(*picture)
	if err != nil {
		return fmt.Errorf("drill: %w", err)
	}
	return with(ctx, out, *mongo, func(o exercise.Options) error {
		res, err := exercise.Strangers{Options: o, Guests: *guests, After: *after, Picture: chart}.Run(ctx)
		if err != nil {
			return fmt.Errorf("the drill was not passed: %w", err)
		}
		fmt.Fprintf(out, "\n%d guests in %v: WhatsApp %d, e-mail %d, call list %d; %d numbers not on WhatsApp; answers of 463: %d.\n",
			*guests, res.Took, res.WhatsApp, res.Email, res.Calls, res.Absent, res.Refused)
		return nil
	})
}
