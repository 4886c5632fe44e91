package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
)

func openAt(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func migrated(t *testing.T) *Store {
	t.Helper()
	s := openAt(t, filepath.Join(t.TempDir(), "x.db"))
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFilesAreThoseOfTheirOwnerAlone(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data", "deep")
	path := filepath.Join(dir, "x.db")
	s := openAt(t, path)
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{dir: 0o700, path: 0o600, path + "-wal": 0o600, path + "-shm": 0o600} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s: mode %v, want %v", name, info.Mode().Perm(), want)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	openAt(t, path)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("a file that was open to others stays so: %v %v", info.Mode(), err)
	}
}

func TestConnectionsAreSetUp(t *testing.T) {
	t.Parallel()
	s := migrated(t)
	ctx := t.Context()
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000"} {
		var got string
		if err := s.writer.conn.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("writer: %s is %q, want %q (%v)", pragma, got, want, err)
		}
	}
	if _, err := s.reader.db.ExecContext(ctx, "DELETE FROM chats"); err == nil {
		t.Error("a reader can write")
	}
}

func TestAFileThatIsNoDatabaseIsLeftAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "surat.db")
	text := strings.Repeat("Dengan hormat, bersama ini kami sampaikan. ", 200)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), Options{Path: path})
	if err == nil || errors.Is(err, storage.ErrUnavailable) || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v", err)
	}
	if after, _ := os.ReadFile(path); string(after) != text {
		t.Error("the file was changed")
	}
	if _, err := Open(t.Context(), Options{}); err == nil {
		t.Error("no path is accepted")
	}
	if _, err := Open(t.Context(), Options{Path: filepath.Join(path, "x.db")}); err == nil {
		t.Error("a path below a file is accepted")
	}
}

func TestMigrateRefusesANewerDatabase(t *testing.T) {
	t.Parallel()
	s := migrated(t)
	newer := append(migrations(), "CREATE TABLE later (id TEXT)")
	if err := s.migrate(t.Context(), newer); err != nil {
		t.Fatal(err)
	}
	err := s.Migrate(t.Context())
	if err == nil || !strings.Contains(err.Error(), fmt.Sprint("version ", len(newer))) || !strings.Contains(err.Error(), fmt.Sprint("up to ", SchemaVersion())) {
		t.Errorf("error %v", err)
	}
}

func TestMigrateGoesOnWhereItWasInterrupted(t *testing.T) {
	t.Parallel()
	s := migrated(t)
	ctx := t.Context()
	if err := s.Settings().Put(ctx, "k", 1); err != nil {
		t.Fatal(err)
	}
	add := "ALTER TABLE settings ADD COLUMN note TEXT; UPDATE settings SET note = 'x';"
	broken := append(migrations(), add, "CREATE TABLE half (id TEXT); INSERT INTO nowhere VALUES (1)")
	if err := s.migrate(ctx, broken); err == nil {
		t.Fatal("a broken step went through")
	}
	var n int
	if err := s.reader.row(ctx, "SELECT version FROM schema_version", nil, &n); err != nil || n != SchemaVersion()+1 {
		t.Fatalf("version %d, %v", n, err)
	}
	if err := s.reader.row(ctx, "SELECT count(*) FROM sqlite_schema WHERE name = 'half'", nil, &n); err != nil || n != 0 {
		t.Fatalf("half a step was kept: %d, %v", n, err)
	}
	whole := append(migrations(), add, "CREATE TABLE half (id TEXT)")
	for range 2 {
		if err := s.migrate(ctx, whole); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.reader.row(ctx, "SELECT version FROM schema_version", nil, &n); err != nil || n != SchemaVersion()+2 {
		t.Fatalf("version %d, %v", n, err)
	}
	if err := s.Settings().Get(ctx, "k", &n); err != nil || n != 1 {
		t.Fatalf("setting %d, %v", n, err)
	}
}

// TestTwoProcessesMigrateAtOnce starts several on one fresh file.
func TestTwoProcessesMigrateAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	done := make(chan error)
	for range 4 {
		go func() {
			s, err := Open(context.Background(), Options{Path: path})
			if err == nil {
				err = errors.Join(s.Migrate(context.Background()), s.Close())
			}
			done <- err
		}()
	}
	for range 4 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// TestWriterMends breaks the writing connection under the store.
func TestWriterMends(t *testing.T) {
	t.Parallel()
	s := migrated(t)
	ctx := t.Context()
	if err := s.writer.conn.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Settings().Put(ctx, "k", 1); !errors.Is(err, storage.ErrUnavailable) {
		t.Fatalf("error %v", err)
	}
	if err := s.Settings().Put(ctx, "k", 2); err != nil {
		t.Fatal(err)
	}
}

// TestWriteCutShort ends the context within a write: nothing of it is kept and
// the next write is not disturbed.
func TestWriteCutShort(t *testing.T) {
	t.Parallel()
	var cancel context.CancelFunc
	s, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "x.db"), BeforeWrite: func(op string) {
		if op == "settings.put commit" && cancel != nil {
			cancel()
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	var ctx context.Context
	ctx, cancel = context.WithCancel(t.Context())
	// A commit that has begun is not cut short, so its outcome is known.
	if err := s.Settings().Put(ctx, "k", 1); err != nil {
		t.Fatal(err)
	}
	cancel = nil

	ctx, stop := context.WithCancel(t.Context())
	err = s.write(ctx, "test", func(w *tx) error {
		if err := settingTable().put(ctx, w, &document.Setting{ID: "half", Value: json.RawMessage("1")}); err != nil {
			return err
		}
		stop()
		return settingTable().put(ctx, w, &document.Setting{ID: "rest", Value: json.RawMessage("1")})
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
	var n int
	if err := s.Settings().Get(t.Context(), "half", &n); !errors.Is(err, storage.ErrNotFound) {
		t.Fatalf("half of a write was kept: %v", err)
	}
	if err := s.Settings().Put(t.Context(), "k", 3); err != nil {
		t.Fatal(err)
	}
}

// TestWaitingForTurnEnds has a write wait while another one takes long.
func TestWaitingForTurnEnds(t *testing.T) {
	t.Parallel()
	s := migrated(t)
	inside, leave := make(chan struct{}), make(chan struct{})
	done := make(chan error)
	go func() {
		done <- s.write(context.Background(), "slow", func(*tx) error { close(inside); <-leave; return nil })
	}()
	<-inside
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(time.Millisecond, cancel)
	if err := s.Settings().Put(ctx, "k", 1); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	// Readers wait for nobody.
	if _, err := s.People().Count(t.Context()); err != nil {
		t.Error(err)
	}
	close(leave)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestHotQueriesUseIndexes asks SQLite how it would answer what is asked with
// every message or every tick.
func TestHotQueriesUseIndexes(t *testing.T) {
	t.Parallel()
	s := migrated(t)
	for query, index := range map[string]string{
		"SELECT doc FROM outbox WHERE state = 'queued' AND channel = ? AND lane = ? AND due_at <= ? ORDER BY due_at, ord, id LIMIT ?":            "outbox_due",
		"SELECT doc FROM outbox WHERE state = 'claimed' AND lease_until < ? ORDER BY lease_until LIMIT ?":                                        "outbox_claimed",
		"SELECT doc FROM outbox WHERE chat = ? AND message_id = ?":                                                                               "outbox_chat",
		"SELECT channel, lane, state, count(*) FROM outbox GROUP BY channel, lane, state":                                                        "outbox_counts",
		"SELECT doc FROM outbox WHERE state IN ('failed', 'uncertain') ORDER BY queued_at DESC, id DESC LIMIT ?":                                 "outbox_failed",
		"SELECT doc FROM inbox WHERE done = 0 ORDER BY at, rowid LIMIT ?":                                                                        "inbox_open",
		"SELECT doc FROM chats WHERE pending > 0 ORDER BY id LIMIT ?":                                                                            "chats_pending",
		"SELECT doc FROM registrations WHERE number_order > ? AND event_id = ? ORDER BY number_order LIMIT ?":                                    "registrations_event",
		"SELECT doc FROM registrations WHERE number_order > ? AND untold = 1 ORDER BY number_order LIMIT ?":                                      "registrations_untold",
		"SELECT doc FROM participations WHERE code = ?":                                                                                          "code=?",
		"SELECT doc FROM participations WHERE id > ? AND event_id = ? AND audience = ? AND answer IN (?, ?) AND invited = ? ORDER BY id LIMIT ?": "participations_event (event_id=? AND id>?)",
		"SELECT doc FROM participations WHERE id > ? AND +event_id = ? AND person_id = ? ORDER BY id LIMIT ?":                                    "participations_person",
		"SELECT doc FROM participations WHERE id > ? AND event_id = ? AND call_state = ? AND call_state <> '' ORDER BY id LIMIT ?":               "participations_call",
		"SELECT doc FROM participations WHERE id > ? AND event_id = ? AND arrived = 1 ORDER BY id LIMIT ?":                                       "participations_arrived",
		"SELECT doc FROM participations WHERE code >= ? AND code < ? AND +event_id = ? ORDER BY code LIMIT ?":                                    "code>? AND code<?",
		"SELECT doc FROM photos WHERE event_id = ? ORDER BY n, id":                                                                               "photos_event",
		"SELECT doc FROM questions WHERE open = 1 ORDER BY asked_at, id LIMIT ?":                                                                 "questions_open",
		"SELECT doc FROM broadcasts WHERE event_id = ? ORDER BY created_at DESC, id DESC":                                                        "broadcasts_event",
		"SELECT doc FROM tasks WHERE event_id = ? ORDER BY id":                                                                                   "tasks_event",
		"SELECT doc FROM surveys WHERE event_id = ? AND id > ? ORDER BY id LIMIT ?":                                                              "surveys_event",
		"SELECT doc FROM reports WHERE status IN ('asked', 'made') ORDER BY at, id LIMIT ?":                                                      "reports_open",
		"SELECT doc FROM posts WHERE event_id = ? ORDER BY id":                                                                                   "posts_event",
		"SELECT doc FROM people WHERE email = ? AND email <> '' ORDER BY id":                                                                     "people_email",
		"DELETE FROM inbox WHERE done = 1 AND chat = ?":                                                                                          "inbox_chat",
		"DELETE FROM outbox WHERE person_id = ? AND person_id <> '' AND state NOT IN ('queued', 'claimed')":                                      "outbox_person",
		"SELECT doc FROM outbox INDEXED BY outbox_event WHERE " + ofTouchpoints + " AND state = ? AND id > ? ORDER BY id LIMIT ?":                "state=? AND id>?",
	} {
		rows, err := s.reader.db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, make([]any, strings.Count(query, "?"))...)
		if err != nil {
			t.Fatal(err)
		}
		var plan strings.Builder
		for rows.Next() {
			var a, b, c sql.RawBytes
			var detail string
			if err := rows.Scan(&a, &b, &c, &detail); err != nil {
				t.Fatal(err)
			}
			plan.WriteString(detail + "; ")
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(plan.String(), index) || strings.Contains(plan.String(), "TEMP B-TREE") {
			t.Errorf("%s\n\t%s", query, plan.String())
		}
	}
}

// TestTallyReadsTheIndexAlone, and of that the rows meant: it is asked every
// few seconds while a broadcast goes out.
func TestTallyReadsTheIndexAlone(t *testing.T) {
	t.Parallel()
	s := migrated(t)
	var a, b, c sql.RawBytes
	var detail string
	rows, err := s.reader.db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN SELECT channel, state, count(*) FROM outbox WHERE "+ofTouchpoints+" GROUP BY channel, state", "e", "h", "i")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if !rows.Next() || rows.Scan(&a, &b, &c, &detail) != nil || !strings.Contains(detail, "COVERING INDEX outbox_touchpoint (event_id=? AND touchpoint>? AND touchpoint<?)") {
		t.Error(detail)
	}
	if err := rows.Err(); err != nil {
		t.Error(err)
	}
}

// TestMigrateFillsNewColumns brings a database of version 1 up, with rows in
// it, and asks what version 2 can be asked.
func TestMigrateFillsNewColumns(t *testing.T) {
	t.Parallel()
	s := openAt(t, filepath.Join(t.TempDir(), "x.db"))
	ctx := t.Context()
	if err := s.migrate(ctx, migrations()[:1]); err != nil {
		t.Fatal(err)
	}
	for _, add := range []string{
		`INSERT INTO inbox (id, doc, at, done) VALUES
			('a', '{"id":"a","message":{"id":"a","chat":{"channel":"telegram","id":"-10:0"}}}', 1, 1),
			('b', '{"id":"b","message":{"id":"b","chat":{"channel":"telegram","id":"2"}}}', 1, 1)`,
		`INSERT INTO outbox (id, doc, channel, chat, lane, ord, state, due_at, queued_at, lease_token, message_id) VALUES
			('a', '{"id":"a","chat":{"channel":"web","id":"1"},"personId":"p","eventId":"E","touchpoint":"h40","state":"queued"}', 'web', 'web:1', 2, 0, 'queued', 1, 1, '', ''),
			('b', '{"id":"b","chat":{"channel":"web","id":"1"},"personId":"p","state":"sent"}', 'web', 'web:1', 0, 0, 'sent', 1, 1, '', ''),
			('c', '{"id":"c","chat":{"channel":"web","id":"1"},"state":"sent"}', 'web', 'web:1', 0, 0, 'sent', 1, 1, '', '')`,
		`INSERT INTO people (id, doc, version, phone, staff) VALUES ('p', '{"id":"p","version":1,"accounts":null}', 1, '', 0)`,
		`INSERT INTO registrations (id, doc, version, number, unique_key, event_id, person_id, phone, audience, status, kecamatan, untold, created_at, search) VALUES
			('a', '{"id":"a","number":"EMK-2027-10000"}', 1, 'EMK-2027-10000', 'a', 'EMK-2027', '', '', '', '', '', 0, 1, ''),
			('b', '{"id":"b","number":"EMK-2027-9999"}', 1, 'EMK-2027-9999', 'b', 'EMK-2027', '', '', '', '', '', 0, 1, ''),
			('c', '{"id":"c","number":"EMK-2027-0001"}', 1, 'EMK-2027-0001', 'c', 'EMK-2027', '', '', '', '', '', 0, 1, '')`,
	} {
		if _, err := s.writer.conn.ExecContext(ctx, add); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	regs, _, err := s.Registrations().List(ctx, storage.RegistrationQuery{EventID: "EMK-2027", After: "EMK-2027-0001"})
	if err != nil || len(regs) != 2 || regs[0].ID != "b" || regs[1].ID != "a" {
		t.Errorf("registrations in order %v, %v", regs, err)
	}
	counts, err := s.Outbox().Tally(ctx, "E", "h")
	if err != nil || len(counts) != 1 || counts[0] != (storage.OutboxCount{Channel: "web", State: storage.Queued, N: 1}) {
		t.Errorf("tally %v, %v", counts, err)
	}
	if n, err := s.Outbox().Erase(ctx, "p"); n != 1 || err != nil { // a is queued
		t.Errorf("erased %d rows, %v", n, err)
	}
	if n, err := s.Inbox().Erase(ctx, channel.Chat{Channel: "telegram", ID: "-10:0"}); n != 1 || err != nil {
		t.Errorf("erased %d messages, %v", n, err)
	}
	p, err := s.People().Get(ctx, "p")
	if err != nil {
		t.Fatal(err)
	}
	p.Email = "a@b.id"
	if err := s.People().Save(ctx, p); err != nil {
		t.Fatal(err)
	}
	if found, err := s.People().ByEmail(ctx, "A@b.id"); len(found) != 1 || err != nil {
		t.Errorf("found %v, %v", found, err)
	}
}
