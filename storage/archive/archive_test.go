package archive_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive"
	"github.com/diskopukm/emileku/storage/archive/document"
	"github.com/diskopukm/emileku/storage/sqlite"
	"github.com/diskopukm/emileku/storage/storagetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func source() archive.Source {
	return archive.Source{Program: "1.2.3", At: time.Date(2027, 1, 1, 1, 2, 3, 0, time.UTC)}
}

func open(t *testing.T) storage.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "x.db"), Relaxed: true})
	ok(t, err)
	t.Cleanup(func() { ok(t, s.Close()) })
	ok(t, s.Migrate(t.Context()))
	return s
}

func filled(t *testing.T) storage.Store {
	t.Helper()
	s := open(t)
	storagetest.Fill(t, s)
	return s
}

// plain is a store that can only do what the port asks for: one document at a
// time, and no snapshot.
type plain struct{ storage.Store }

func (p plain) Raw() storage.Raw { return plainRaw{p.Store.Raw()} }

type plainRaw struct{ storage.Raw }

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func is(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error %v, want %v", err, want)
	}
}

func backup(t *testing.T, s storage.Store) []byte {
	t.Helper()
	var b bytes.Buffer
	_, err := archive.Write(t.Context(), s, &b, source())
	ok(t, err)
	return b.Bytes()
}

func restore(t *testing.T, s storage.Store, data []byte, o archive.Options) (archive.Manifest, error) {
	t.Helper()
	return archive.Read(t.Context(), s, bytes.NewReader(data), int64(len(data)), o)
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	from := filled(t)
	before := storagetest.Dump(t, from.Raw())
	data := backup(t, from)
	for name, to := range map[string]storage.Store{"batch": open(t), "one by one": plain{open(t)}} {
		written := 0
		m, err := restore(t, to, data, archive.Options{Progress: func(n int) { written = n }})
		ok(t, err)
		if got := storagetest.Dump(t, to.Raw()); got != before {
			t.Errorf("%s: documents differ", name)
		}
		if m.Total() != strings.Count(before, "\n") || written != m.Total() {
			t.Errorf("%s: %d documents in the manifest, %d written, %d there", name, m.Total(), written, strings.Count(before, "\n"))
		}
		if m.Program != "1.2.3" || !m.TakenAt.Equal(source().At) || m.Engine != from.Describe() {
			t.Errorf("%s: manifest %+v", name, m)
		}
		h, err := archive.Hash(t.Context(), to)
		ok(t, err)
		if h.SHA256 != m.SHA256 || h.Differ(m) != "" {
			t.Errorf("%s: hash %s, want %s", name, h.SHA256, m.SHA256)
		}
	}
	if again := backup(t, from); !bytes.Equal(again, data) {
		t.Error("two archives of the same differ")
	}
}

func TestEmptyDatabase(t *testing.T) {
	t.Parallel()
	to := open(t)
	m, err := restore(t, to, backup(t, open(t)), archive.Options{})
	ok(t, err)
	if m.Total() != 0 || storagetest.Dump(t, to.Raw()) != "" {
		t.Errorf("%d documents", m.Total())
	}
}

func TestTargetThatIsNotEmpty(t *testing.T) {
	t.Parallel()
	data := backup(t, filled(t))
	to := open(t)
	ok(t, to.Settings().Put(t.Context(), "old", 1))
	before := storagetest.Dump(t, to.Raw())
	_, err := restore(t, to, data, archive.Options{})
	is(t, err, archive.ErrNotEmpty)
	_, err = archive.Copy(t.Context(), filled(t), to, archive.Options{})
	is(t, err, archive.ErrNotEmpty)
	if storagetest.Dump(t, to.Raw()) != before {
		t.Fatal("the target was touched")
	}
	m, err := restore(t, to, data, archive.Options{Replace: true})
	ok(t, err)
	h, err := archive.Hash(t.Context(), to)
	ok(t, err)
	if h.Differ(m) != "" {
		t.Errorf("%s differs", h.Differ(m))
	}
}

// TestDamaged cuts an archive short at many places and flips bytes in it. What
// is refused leaves the target alone; what is not holds all documents.
func TestDamaged(t *testing.T) {
	t.Parallel()
	from := open(t)
	for i := range 200 {
		ok(t, from.Settings().Put(t.Context(), fmt.Sprintf("k%03d", i), strings.Repeat(fmt.Sprint("nilai ", i), i)))
	}
	data := backup(t, from)
	want, err := archive.Hash(t.Context(), from)
	ok(t, err)
	to := open(t)
	ok(t, to.Settings().Put(t.Context(), "old", 1))
	before := storagetest.Dump(t, to.Raw())
	refused := func(name string, bad []byte) bool {
		m, err := archive.Check(t.Context(), bytes.NewReader(bad), int64(len(bad)))
		if err == nil {
			if d := m.Differ(want); d != "" {
				t.Errorf("%s: accepted, though %s differs", name, d)
			}
			return false
		}
		if !errors.Is(err, archive.ErrDamaged) && !errors.Is(err, archive.ErrNewer) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := restore(t, to, bad, archive.Options{Replace: true}); err == nil {
			t.Errorf("%s: restored", name)
		}
		return true
	}
	for n := 0; n < len(data); n += 1 + len(data)/97 {
		if !refused(fmt.Sprint("cut at ", n), data[:n]) {
			t.Errorf("cut at %d of %d: accepted", n, len(data))
		}
	}
	r, flips := rand.New(rand.NewPCG(1, 2)), 0
	for range 400 {
		bad := bytes.Clone(data)
		at := r.IntN(len(bad))
		bad[at] ^= byte(1 + r.IntN(255))
		if refused(fmt.Sprint("flipped at ", at), bad) {
			flips++
		}
	}
	if flips < 200 {
		t.Errorf("only %d of 400 flipped bytes were noticed", flips)
	}
	if storagetest.Dump(t, to.Raw()) != before {
		t.Error("the target was touched by an archive that was refused")
	}
}

// rewrite makes an archive anew with its files changed.
func rewrite(t *testing.T, data []byte, change func(files map[string]string)) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	ok(t, err)
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		ok(t, err)
		b, err := io.ReadAll(r)
		ok(t, err)
		files[f.Name] = string(b)
	}
	change(files)
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, body := range files {
		f, err := w.Create(name)
		ok(t, err)
		_, err = io.WriteString(f, body)
		ok(t, err)
	}
	ok(t, w.Close())
	return out.Bytes()
}

func TestAltered(t *testing.T) {
	t.Parallel()
	data := backup(t, filled(t))
	manifest := func(change func(m *archive.Manifest)) func(map[string]string) {
		return func(files map[string]string) {
			var m archive.Manifest
			ok(t, json.Unmarshal([]byte(files["manifest.json"]), &m))
			change(&m)
			b, err := json.Marshal(m)
			ok(t, err)
			files["manifest.json"] = string(b)
		}
	}
	to := open(t)
	for name, tc := range map[string]struct {
		change func(map[string]string)
		want   error
	}{
		"no manifest":     {func(f map[string]string) { delete(f, "manifest.json") }, archive.ErrDamaged},
		"broken manifest": {func(f map[string]string) { f["manifest.json"] = "{" }, archive.ErrDamaged},
		"newer":           {manifest(func(m *archive.Manifest) { m.Documents = document.Version + 1 }), archive.ErrNewer},
		"other count":     {manifest(func(m *archive.Manifest) { m.Collections[0].Count++ }), archive.ErrDamaged},
		"collection gone": {func(f map[string]string) { delete(f, "chats.jsonl") }, archive.ErrDamaged},
		"file added":      {func(f map[string]string) { f["../../etc/passwd"] = "x" }, archive.ErrDamaged},
		"document gone":   {func(f map[string]string) { _, f["outbox.jsonl"], _ = strings.Cut(f["outbox.jsonl"], "\n") }, archive.ErrDamaged},
		"document twice":  {func(f map[string]string) { f["codes.jsonl"] += f["codes.jsonl"] }, archive.ErrDamaged},
		"document edited": {func(f map[string]string) {
			f["counters.jsonl"] = strings.Replace(f["counters.jsonl"], `"value":1`, `"value":7`, 1)
		}, archive.ErrDamaged},
		"last line cut": {func(f map[string]string) { f["events.jsonl"] = strings.TrimSuffix(f["events.jsonl"], "\n") }, archive.ErrDamaged},
		"no JSON":       {func(f map[string]string) { f["events.jsonl"] = "x\n" }, archive.ErrDamaged},
	} {
		_, err := restore(t, to, rewrite(t, data, tc.change), archive.Options{})
		if !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
	}
	if d := storagetest.Dump(t, to.Raw()); d != "" {
		t.Fatal("the target was touched")
	}
	// The means of this test change nothing by themselves.
	_, err := restore(t, to, rewrite(t, data, func(map[string]string) {}), archive.Options{})
	ok(t, err)
}

// TestVersion1 restores an archive that a program wrote which knew neither
// participations nor email addresses.
func TestVersion1(t *testing.T) {
	t.Parallel()
	to := open(t)
	m, err := archive.ReadFile(t.Context(), to, filepath.Join("testdata", "version1.zip"), archive.Options{})
	ok(t, err)
	if m.Documents != 1 || m.Total() == 0 || m.Total() != strings.Count(storagetest.Dump(t, to.Raw()), "\n") {
		t.Errorf("manifest %+v", m)
	}
	found, err := to.People().ByPhone(t.Context(), "+62812000111")
	ok(t, err)
	if len(found) != 2 {
		t.Errorf("%d people", len(found))
	}
	counts, err := to.Outbox().Tally(t.Context(), "EMK-2027", "h-40")
	ok(t, err)
	if len(counts) != 3 {
		t.Errorf("tally %v", counts)
	}
}

func TestCopy(t *testing.T) {
	t.Parallel()
	from := filled(t)
	for name, pair := range map[string][2]storage.Store{"snapshot and batch": {from, open(t)}, "plain": {plain{from}, plain{open(t)}}} {
		m, err := archive.Copy(t.Context(), pair[0], pair[1], archive.Options{})
		ok(t, err)
		if storagetest.Dump(t, pair[1].Raw()) != storagetest.Dump(t, from.Raw()) || m.Total() == 0 {
			t.Errorf("%s: documents differ", name)
		}
	}
}

// losing is a store that forgets every third document.
type losing struct{ storage.Store }

func (l losing) Raw() storage.Raw { return &losingRaw{plainRaw{l.Store.Raw()}, new(int)} }

type losingRaw struct {
	plainRaw
	n *int
}

func (l *losingRaw) Put(ctx context.Context, c, id string, doc json.RawMessage) error {
	if *l.n++; *l.n%3 == 0 {
		return nil
	}
	return l.plainRaw.Put(ctx, c, id, doc)
}

func TestTargetThatLoses(t *testing.T) {
	t.Parallel()
	from := filled(t)
	_, err := archive.Copy(t.Context(), from, losing{open(t)}, archive.Options{})
	is(t, err, archive.ErrMismatch)
	_, err = restore(t, losing{open(t)}, backup(t, from), archive.Options{})
	is(t, err, archive.ErrMismatch)
}

// TestWhileInUse writes between the documents of a backup: the archive is as
// of one moment.
func TestWhileInUse(t *testing.T) {
	t.Parallel()
	from := filled(t)
	before := storagetest.Dump(t, from.Raw())
	var b bytes.Buffer
	w := writerFunc(func(p []byte) (int, error) {
		if err := from.Settings().Put(t.Context(), fmt.Sprint("later", b.Len()), 1); err != nil {
			return 0, err
		}
		if _, err := from.Counters().Next(t.Context(), "later"); err != nil {
			return 0, err
		}
		return b.Write(p)
	})
	_, err := archive.Write(t.Context(), from, w, source())
	ok(t, err)
	to := open(t)
	_, err = restore(t, to, b.Bytes(), archive.Options{})
	ok(t, err)
	if storagetest.Dump(t, to.Raw()) != before {
		t.Error("the archive is not as of one moment")
	}
	if storagetest.Dump(t, from.Raw()) == before {
		t.Error("nothing was written meanwhile")
	}
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestWriteFile(t *testing.T) {
	t.Parallel()
	s := filled(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "backup.zip")
	m, err := archive.WriteFile(t.Context(), s, path, source())
	ok(t, err)
	info, err := os.Stat(path)
	ok(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	to := open(t)
	got, err := archive.ReadFile(t.Context(), to, path, archive.Options{})
	ok(t, err)
	if got.SHA256 != m.SHA256 {
		t.Errorf("hash %s, want %s", got.SHA256, m.SHA256)
	}

	// A backup that fails leaves the former one, and nothing beside it.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = archive.WriteFile(ctx, s, path, source())
	is(t, err, context.Canceled)
	_, err = archive.ReadFile(t.Context(), to, path, archive.Options{Replace: true})
	ok(t, err)
	entries, err := os.ReadDir(dir)
	ok(t, err)
	if len(entries) != 1 {
		t.Errorf("files beside the archive: %v", entries)
	}
	_, err = archive.ReadFile(t.Context(), to, filepath.Join(dir, "none.zip"), archive.Options{})
	is(t, err, os.ErrNotExist)
	_, err = archive.WriteFile(t.Context(), s, filepath.Join(dir, "none", "x.zip"), source())
	is(t, err, os.ErrNotExist)
}

func TestContextEnds(t *testing.T) {
	t.Parallel()
	data := backup(t, filled(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := archive.Read(ctx, open(t), bytes.NewReader(data), int64(len(data)), archive.Options{})
	is(t, err, context.Canceled)
	_, err = archive.Copy(ctx, filled(t), open(t), archive.Options{})
	is(t, err, context.Canceled)
}

// FuzzCheck feeds files that are no archive of ours.
func FuzzCheck(f *testing.F) {
	f.Add([]byte("PK\x05\x06\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte(""))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := archive.Check(context.Background(), bytes.NewReader(data), int64(len(data))); err == nil {
			t.Skip("a whole archive")
		}
	})
}

// TestArchiveLeavesRatchetsOut: an archive carries a linked device, but no
// session and no sender key of it; a copy carries all.
func TestArchiveLeavesRatchetsOut(t *testing.T) {
	t.Parallel()
	from, restored, copied := open(t), open(t), open(t)
	storagetest.PutRatchets(t, from)
	m, err := restore(t, restored, backup(t, from), archive.Options{})
	ok(t, err)
	if m.Total() != len(storagetest.DeviceSamples())-2 {
		t.Fatalf("%d documents were archived", m.Total())
	}
	var ids []string
	ok(t, restored.Raw().Each(t.Context(), document.WhatsApp, func(id string, _ json.RawMessage) error {
		ids = append(ids, id)
		return nil
	}))
	got := strings.Join(ids, " ")
	if strings.Contains(got, "/session/") || strings.Contains(got, "/senderkey/") || !strings.Contains(got, "/device") || !strings.Contains(got, "/prekey/") {
		t.Fatal(got)
	}
	_, err = archive.Copy(t.Context(), from, copied, archive.Options{})
	ok(t, err)
	if storagetest.Dump(t, copied.Raw()) != storagetest.Dump(t, from.Raw()) {
		t.Fatal("a copy lacks something")
	}
}
