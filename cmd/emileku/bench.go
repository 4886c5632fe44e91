package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"time"

	"github.com/diskopukm/emileku/cmd/emileku/bench"
)

type benchCmd struct {
	Steps     stepsCmd      `cmd:"" help:"Registration steps per second, handling times, memory at rest."`
	Crash     crashCmd      `cmd:"" help:"Kill the bot at random points while people register, and check that nothing is lost or doubled."`
	Broadcast broadcastCmd  `cmd:"" help:"Send invitations over Telegram's limits while people type: time, refusals, waits."`
	Delivery  deliveryCmd   `cmd:"" help:"Kill the bot at random points during a broadcast, and count what is lost, doubled or uncertain."`
	Child     crashChildCmd `cmd:"" hidden:"" help:"The process that the crash bench kills."`
}

type crashCmd struct {
	People int           `default:"50" help:"People who register at once."`
	For    time.Duration `default:"2m" help:"How long new waves of people begin."`
	Waves  int           `help:"At most so many waves; 0: as many as there is time for."`
}

// Run implements the subcommand.
func (c *crashCmd) Run(ctx context.Context) error {
	if c.People < 1 || c.People > 10_000 || c.For < 0 || c.For > 24*time.Hour {
		return errors.New("bench crash: give 1 to 10000 people and at most 24 h")
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return bench.Crash(ctx, bench.CrashOptions{
		People: c.People, For: c.For, Waves: c.Waves, Database: databaseFile, Out: os.Stdout,
		Command: func(dir, url, token string, k bench.Kill) *exec.Cmd {
			cmd := exec.Command(self, "bench", "child", "--kill-log", k.Log, "--kill-op", k.Op, "--kill-after", strconv.Itoa(k.After))
			cmd.Env = childEnv(dir, url, token)
			return cmd
		},
	})
}

// childEnv is the configuration of a bot under a bench; nothing of the
// surrounding one is taken over, so that no real account is ever touched.
func childEnv(dir, url, token string) []string {
	return []string{
		"TELEGRAM_TOKEN=" + token, "TELEGRAM_API_URL=" + url, "DATA_DIR=" + dir, "HTTP_ADDR=127.0.0.1:0",
		"LOG_FORMAT=json", "LOG_LEVEL=info", "PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + os.TempDir(),
	}
}

// crashChildCmd is production with a hand on the switch.
type crashChildCmd struct {
	settings
	KillOp    string
	KillAfter int
	KillLog   string `required:""`
}

// Run implements the subcommand.
func (c *crashChildCmd) Run(ctx context.Context) error {
	hook, err := bench.Kill{Op: c.KillOp, After: c.KillAfter, Log: c.KillLog}.Hook()
	if err != nil {
		return err
	}
	return c.settings.serve(ctx, os.Stdout, os.Stderr, hook)
}
