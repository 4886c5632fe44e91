package bot_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/transcript"
)

// setting is the world of the matrix and of the conversations made from it.
var setting = []string{
	"acara 2027-01-14 08:00 | E-MILE KU 2027 | Lapangan Tegar Beriman", "grup",
	"peran lihat lihat", "peran meja meja", "peran anggota anggota", "peran ketua ketua",
	"tamu H. Dedi Supriadi | koperasi | KSU Maju | 081234567890",
}

// unsteady are the commands whose answer is another one in each run.
var unsteady = []string{"kesehatan"}

// TestRoles plays every command by every role as conversations that can be
// read, refusals included: testdata/roles/KIND/ROLE.chat. Their questions are
// the matrix's; with -update they are written anew.
func TestRoles(t *testing.T) {
	t.Parallel()
	for kind, caps := range map[string]func() channel.Capabilities{"buttons": transcript.Telegram, "plain": transcript.Plain} {
		dir := filepath.Join("testdata", "roles", kind)
		for role, list := range cells() {
			keepScript(t, filepath.Join(dir, role+".chat"), script(kind, role, list))
		}
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			transcript.Play(t, filepath.Join(dir, "*.chat"), func(t *testing.T) transcript.World {
				return transcript.NewHouse(t, caps())
			})
		})
	}
}

// script is what a role says: every command in private, and where there are
// buttons in the team's group, too.
func script(kind, role string, list []cell) []string {
	out := []string{fmt.Sprintf("# Every command by %q, as the matrix has it.", role)}
	for _, d := range setting {
		out = append(out, "! "+d)
	}
	rooms := []string{"", "@grup"}
	if kind == "plain" {
		rooms = rooms[:1]
	}
	for _, room := range rooms {
		for _, c := range list {
			if !slices.Contains(unsteady, c.command()) && (room == "" || c.line() != "STOP") {
				out = append(out, role+room+"> "+c.line())
			}
		}
	}
	return out
}

// keepScript holds the questions of a conversation to those that it should
// have.
func keepScript(t *testing.T, file string, want []string) {
	t.Helper()
	var got []string
	raw, err := os.ReadFile(file)
	if err == nil {
		for _, l := range strings.Split(strings.TrimRight(string(raw), "\n"), "\n") {
			if !strings.HasPrefix(l, "<") && !strings.HasPrefix(l, "  ") {
				got = append(got, l)
			}
		}
	}
	switch {
	case slices.Equal(got, want):
	case flag.Lookup("update").Value.String() != "true":
		t.Errorf("%s does not ask what the matrix says; run with -update and read it", file)
	default:
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(strings.Join(want, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
