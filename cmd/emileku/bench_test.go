package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/channel/whatsapp/wafake/exercise"
	"github.com/diskopukm/emileku/cmd/emileku/bench"
	"github.com/diskopukm/emileku/storage/sqlite"
)

// TestBenchCrash is a short run of the crash bench, so that the bench itself
// does not rot. The figures come from the command.
func TestBenchCrash(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err = bench.Crash(t.Context(), bench.CrashOptions{
		People: 6, Waves: 1, Database: databaseFile, Out: &out,
		Command: func(dir, url, token string, k bench.Kill) *exec.Cmd {
			cmd := exec.Command(self, "bench", "child", "--kill-log", k.Log, "--kill-op", k.Op, "--kill-after", strconv.Itoa(k.After))
			cmd.Env = append(childEnv(dir, url, token), exercise.AsProgram+"=1")
			return cmd
		},
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, line := range []string{"6 of 6 people", "promises kept: all"} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("no %q in the report:\n%s", line, out.String())
		}
	}
}

// TestBenchSteps: people get through, whatever kind they register.
func TestBenchSteps(t *testing.T) {
	t.Parallel()
	store, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "steps.db"), Relaxed: true})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	c := stepsCmd{For: time.Millisecond, AtOnce: []int{12}}
	if err := c.table(t.Context(), store, &out); err != nil {
		t.Error(err)
	}
	if err := store.Close(); err != nil {
		t.Error(err)
	}
	if f := strings.Fields(out.String()[strings.Index(out.String(), "\n"):]); len(f) < 3 || f[0] != "12" || f[2] != "12" {
		t.Errorf("12 people at once, of whom 12 finish; the table says:\n%s", out.String())
	}
}

// TestBenchDelivery is a short run of the delivery bench.
func TestBenchDelivery(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	c := deliveryCmd{Guests: 60, For: 10 * time.Second, Kills: 4}
	o := c.options(func(dir, url, token string, k bench.Kill) *exec.Cmd {
		cmd := exec.Command(self, "bench", "child", "--kill-log", k.Log, "--kill-op", k.Op, "--kill-after", strconv.Itoa(k.After))
		cmd.Env = append(childEnv(dir, url, token), "QUIET_HOURS=off", exercise.AsProgram+"=1")
		return cmd
	})
	o.Out = &out
	if err := bench.Delivery(t.Context(), o); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, line := range []string{"lost        0", "doubled     0", "the broadcast is finished"} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("no %q in the report:\n%s", line, out.String())
		}
	}
	t.Log(out.String())
}
