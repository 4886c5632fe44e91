package main

import (
	"archive/zip"
	"bytes"
	"cmp"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/diskopukm/emileku/bot/clock"
	"github.com/diskopukm/emileku/storage"
)

var hash = regexp.MustCompile(`(\d+) documents in \d+ collections, SHA-256 ([0-9a-f]{64})`)

// filled is a DATA_DIR that holds the practice world.
func filled(t *testing.T) string {
	t.Helper()
	d := database{DataDir: t.TempDir()}
	err := d.withStore(t.Context(), true, func(s storage.Store) error {
		p, err := assemble(bases{store: s, clock: clock.Real{}, log: zerolog.Nop()})
		if err != nil {
			return err
		}
		return sampleData(t.Context(), p, p.clock.Now(), 45)
	})
	if err != nil {
		t.Fatal(err)
	}
	return d.DataDir
}

func hashed(t *testing.T, dir string, args ...string) (count, sum string) {
	t.Helper()
	code, text := runs(t, []string{"DATA_DIR=" + dir}, args...)
	m := hash.FindStringSubmatch(text)
	if code != 0 || m == nil {
		t.Fatalf("%v: exit %d: %s", args, code, text)
	}
	return m[1], m[2]
}

// What is restored is what was backed up, and a second backup says so.
func TestBackupRestore(t *testing.T) {
	t.Parallel()
	from, to := filled(t), t.TempDir()
	file := filepath.Join(t.TempDir(), "emileku.zip")
	count, sum := hashed(t, from, "backup", file)
	if count == "0" {
		t.Fatal("the practice world is empty")
	}
	if c, s := hashed(t, to, "restore", file); c != count || s != sum {
		t.Errorf("restored %s documents, %s; backed up %s, %s", c, s, count, sum)
	}
	if c, s := hashed(t, to, "export", filepath.Join(t.TempDir(), "again.zip")); c != count || s != sum {
		t.Errorf("the copy holds %s documents, %s; the original %s, %s", c, s, count, sum)
	}

	// A database that holds something is replaced only when told so.
	if code, text := runs(t, []string{"DATA_DIR=" + to}, "restore", file); code != 1 || !strings.Contains(text, "replace") {
		t.Errorf("restore over data: exit %d: %s", code, text)
	}
	if _, s := hashed(t, to, "restore", "--replace", file); s != sum {
		t.Errorf("replaced by %s", s)
	}
}

func TestRestoreDamaged(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "emileku.zip")
	hashed(t, filled(t), "backup", file)
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	raw[insideLargest(t, raw)] ^= 0xff
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, text := runs(t, []string{"DATA_DIR=" + t.TempDir()}, "restore", file); code != 1 {
		t.Errorf("exit %d: %s", code, text)
	}
}

// insideLargest is an offset amid the data of an archive's largest file: what
// stands between the files (times, attributes) is not what was backed up.
func insideLargest(t *testing.T, raw []byte) int64 {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	largest := slices.MaxFunc(z.File, func(a, b *zip.File) int { return cmp.Compare(a.CompressedSize64, b.CompressedSize64) })
	at, err := largest.DataOffset()
	if err != nil {
		t.Fatal(err)
	}
	return at + int64(largest.CompressedSize64/2)
}

func TestImportEverything(t *testing.T) {
	t.Parallel()
	from, to := filled(t), t.TempDir()
	count, sum := hashed(t, from, "backup", filepath.Join(t.TempDir(), "emileku.zip"))
	if c, s := hashed(t, to, "import", "everything", from); c != count || s != sum {
		t.Errorf("moved %s documents, %s; there were %s, %s", c, s, count, sum)
	}
	if c, s := hashed(t, to, "backup", filepath.Join(t.TempDir(), "moved.zip")); c != count || s != sum {
		t.Errorf("the target holds %s documents, %s; there were %s, %s", c, s, count, sum)
	}
	for _, c := range []struct{ dir, from, part string }{
		{from, from, "another DATA_DIR"},
		{to, t.TempDir(), "holds no embedded database"},
		{to, filepath.Join(from, "nowhere"), "no such file"},
		{to, from, "replace"},
	} {
		if code, text := runs(t, []string{"DATA_DIR=" + c.dir}, "import", "everything", c.from); code != 1 || !strings.Contains(text, c.part) {
			t.Errorf("from %s: exit %d, want %q: %s", c.from, code, c.part, text)
		}
	}
}
