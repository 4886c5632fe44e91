package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel/telegram/botapi"
	"github.com/diskopukm/emileku/bot/clock"
	"github.com/diskopukm/emileku/cmd/emileku/bench"
	"github.com/diskopukm/emileku/storage"
)

// deliveryCmd kills the real program during a broadcast.
type deliveryCmd struct {
	Guests int           `default:"5000" help:"How many get the invitation."`
	For    time.Duration `default:"10m" help:"How long the bot is killed; then it may finish."`
	Kills  int           `default:"100" help:"At most so many kills."`
}

// Run implements the subcommand.
func (c *deliveryCmd) Run(ctx context.Context) error {
	if c.Guests < 1 || c.Guests > 100_000 || c.For < 0 || c.For > 24*time.Hour || c.Kills < 0 {
		return errors.New("bench delivery: give 1 to 100000 guests and at most 24 h")
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	o := c.options(func(dir, url, token string, k bench.Kill) *exec.Cmd {
		cmd := exec.Command(self, "bench", "child", "--kill-log", k.Log, "--kill-op", k.Op, "--kill-after", strconv.Itoa(k.After))
		cmd.Env = append(childEnv(dir, url, token), "QUIET_HOURS=off") // whatever the time of day
		return cmd
	})
	o.Out = os.Stdout
	return bench.Delivery(ctx, o)
}

func (c *deliveryCmd) options(command func(dir, url, token string, k bench.Kill) *exec.Cmd) bench.DeliveryOptions {
	return bench.DeliveryOptions{
		Guests: c.Guests, For: c.For, Kills: c.Kills, Database: databaseFile, Command: command,
		IsGuest: func(id int64) bool { return id >= firstGuest && id < firstTalker },
		Prepare: func(ctx context.Context, store storage.Store, server *botapi.Server) (string, error) {
			a := app.New(store, clock.Real{})
			guests := &broadcastCmd{Guests: c.Guests}
			maker, second, err := guests.fill(ctx, a, server)
			if err != nil {
				return "", err
			}
			if err := forgetStarts(ctx, server); err != nil {
				return "", err
			}
			if _, err := guests.send(ctx, a, maker, second); err != nil {
				return "", err
			}
			e, err := a.Current(ctx)
			if err != nil {
				return "", err
			}
			return e.ID, nil
		},
	}
}

// forgetStarts takes what the guests pressed to open their chats off the
// server, as if the bot had answered it long ago.
func forgetStarts(ctx context.Context, server *botapi.Server) error {
	for offset := int64(0); ; {
		url := fmt.Sprintf("%s/bot%s/getUpdates?limit=100&offset=%d", server.URL(), server.Token(), offset)
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		var got struct {
			Result []struct {
				ID int64 `json:"update_id"`
			} `json:"result"`
		}
		err = json.NewDecoder(resp.Body).Decode(&got)
		if closed := resp.Body.Close(); err == nil {
			err = closed
		}
		if err != nil {
			return err
		}
		if len(got.Result) == 0 {
			return nil
		}
		offset = got.Result[len(got.Result)-1].ID + 1
	}
}
