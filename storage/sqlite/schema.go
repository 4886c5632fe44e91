package sqlite

import (
	"context"
	"fmt"
)

// migrations bring a database from the version of their index to the next.
// Each runs as one transaction together with the note that it has run. Never
// change one that was released: add another.
func migrations() []string {
	return []string{`
CREATE TABLE chats (
	id TEXT PRIMARY KEY, doc TEXT NOT NULL, version INTEGER NOT NULL,
	person_id TEXT NOT NULL, private INTEGER NOT NULL, pending INTEGER NOT NULL,
	draft_at INTEGER, nudged INTEGER NOT NULL
);
CREATE INDEX chats_person ON chats (person_id) WHERE person_id <> '';
CREATE INDEX chats_pending ON chats (id) WHERE pending > 0;
CREATE INDEX chats_draft ON chats (draft_at) WHERE draft_at IS NOT NULL;

CREATE TABLE inbox (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, doc TEXT NOT NULL, at INTEGER NOT NULL, done INTEGER NOT NULL);
CREATE INDEX inbox_open ON inbox (at) WHERE done = 0;
CREATE INDEX inbox_done ON inbox (at) WHERE done = 1;

CREATE TABLE outbox (
	id TEXT PRIMARY KEY, doc TEXT NOT NULL, channel TEXT NOT NULL, chat TEXT NOT NULL, lane INTEGER NOT NULL,
	ord INTEGER NOT NULL, state TEXT NOT NULL, due_at INTEGER NOT NULL, queued_at INTEGER NOT NULL,
	lease_token TEXT NOT NULL, lease_until INTEGER, message_id TEXT NOT NULL
);
CREATE INDEX outbox_due ON outbox (channel, lane, due_at, ord, id) WHERE state = 'queued';
CREATE INDEX outbox_chat ON outbox (chat, message_id);
CREATE INDEX outbox_claimed ON outbox (lease_until) WHERE state = 'claimed';
CREATE INDEX outbox_failed ON outbox (queued_at, id) WHERE state IN ('failed', 'uncertain');
CREATE INDEX outbox_final ON outbox (queued_at) WHERE state NOT IN ('queued', 'claimed');
CREATE INDEX outbox_counts ON outbox (channel, lane, state);

CREATE TABLE people (
	id TEXT PRIMARY KEY, doc TEXT NOT NULL, version INTEGER NOT NULL, phone TEXT NOT NULL, staff INTEGER NOT NULL
);
CREATE INDEX people_phone ON people (phone) WHERE phone <> '';
CREATE INDEX people_staff ON people (id) WHERE staff = 1;
CREATE TABLE accounts (
	key TEXT PRIMARY KEY, person_id TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE, username TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX accounts_person ON accounts (person_id);
CREATE INDEX accounts_username ON accounts (username) WHERE username <> '';

CREATE TABLE events (id TEXT PRIMARY KEY, doc TEXT NOT NULL, version INTEGER NOT NULL, start INTEGER NOT NULL);

CREATE TABLE registrations (
	seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, doc TEXT NOT NULL, version INTEGER NOT NULL,
	number TEXT NOT NULL UNIQUE, unique_key TEXT NOT NULL UNIQUE,
	event_id TEXT NOT NULL, person_id TEXT NOT NULL, phone TEXT NOT NULL, audience TEXT NOT NULL, status TEXT NOT NULL,
	kecamatan TEXT NOT NULL, untold INTEGER NOT NULL, created_at INTEGER NOT NULL, queued_at INTEGER, offer_until INTEGER,
	search TEXT NOT NULL
);
CREATE INDEX registrations_event ON registrations (event_id, number);
CREATE INDEX registrations_person ON registrations (person_id, number);
CREATE INDEX registrations_phone ON registrations (phone, number);
CREATE INDEX registrations_waiting ON registrations (event_id, audience, queued_at) WHERE status = 'waiting';
CREATE INDEX registrations_untold ON registrations (number) WHERE untold = 1;
CREATE INDEX registrations_offered ON registrations (offer_until) WHERE status = 'offered';

-- Finds the rows in whose search column a piece of three letters or more occurs.
CREATE VIRTUAL TABLE registrations_pieces USING fts5 (
	search, content = 'registrations', content_rowid = 'seq', tokenize = 'trigram', columnsize = 0
);
CREATE TRIGGER registrations_inserted AFTER INSERT ON registrations BEGIN
	INSERT INTO registrations_pieces (rowid, search) VALUES (new.seq, new.search);
END;
CREATE TRIGGER registrations_deleted AFTER DELETE ON registrations BEGIN
	INSERT INTO registrations_pieces (registrations_pieces, rowid, search) VALUES ('delete', old.seq, old.search);
END;
CREATE TRIGGER registrations_updated AFTER UPDATE OF search ON registrations WHEN old.search <> new.search BEGIN
	INSERT INTO registrations_pieces (registrations_pieces, rowid, search) VALUES ('delete', old.seq, old.search);
	INSERT INTO registrations_pieces (rowid, search) VALUES (new.seq, new.search);
END;

CREATE TABLE places (
	id TEXT PRIMARY KEY, doc TEXT NOT NULL, event_id TEXT NOT NULL, audience TEXT NOT NULL,
	k INTEGER NOT NULL, holder TEXT NOT NULL, until INTEGER,
	UNIQUE (event_id, audience, k), UNIQUE (event_id, audience, holder)
);
CREATE INDEX places_until ON places (until) WHERE until IS NOT NULL;

CREATE TABLE counters (id TEXT PRIMARY KEY, doc TEXT NOT NULL);
CREATE TABLE settings (id TEXT PRIMARY KEY, doc TEXT NOT NULL);

CREATE TABLE codes (id TEXT PRIMARY KEY, doc TEXT NOT NULL, purpose TEXT NOT NULL, used_by TEXT NOT NULL, expires_at INTEGER NOT NULL);
CREATE INDEX codes_open ON codes (purpose, expires_at) WHERE used_by = '';

CREATE TABLE audit (id TEXT PRIMARY KEY, doc TEXT NOT NULL, at INTEGER NOT NULL, search TEXT NOT NULL);
CREATE INDEX audit_at ON audit (at, id);

CREATE TABLE media (id TEXT PRIMARY KEY, doc TEXT NOT NULL, at INTEGER NOT NULL);
CREATE TABLE chunks (
	media_id TEXT NOT NULL REFERENCES media (id) ON DELETE CASCADE, n INTEGER NOT NULL, data BLOB NOT NULL,
	PRIMARY KEY (media_id, n)
);

CREATE TABLE leases (name TEXT PRIMARY KEY, holder TEXT NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
`, `
ALTER TABLE inbox ADD COLUMN chat TEXT NOT NULL DEFAULT '';
UPDATE inbox SET chat = doc ->> '$.message.chat.channel' || ':' || (doc ->> '$.message.chat.id');
CREATE INDEX inbox_chat ON inbox (chat) WHERE done = 1;

ALTER TABLE outbox ADD COLUMN event_id TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN touchpoint TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN person_id TEXT NOT NULL DEFAULT '';
UPDATE outbox SET event_id = coalesce(doc ->> '$.eventId', ''), touchpoint = coalesce(doc ->> '$.touchpoint', ''),
	person_id = coalesce(doc ->> '$.personId', '');
CREATE INDEX outbox_touchpoint ON outbox (event_id, touchpoint, channel, state) WHERE event_id <> '';
CREATE INDEX outbox_event ON outbox (event_id, state, id, touchpoint) WHERE event_id <> '';
CREATE INDEX outbox_person ON outbox (person_id) WHERE person_id <> '';

ALTER TABLE people ADD COLUMN email TEXT NOT NULL DEFAULT ''; -- new in documents, too
CREATE INDEX people_email ON people (email, id) WHERE email <> '';

CREATE TABLE participations (
	seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, doc TEXT NOT NULL, version INTEGER NOT NULL, code TEXT NOT NULL UNIQUE,
	event_id TEXT NOT NULL, person_id TEXT NOT NULL, audience TEXT NOT NULL, answer TEXT NOT NULL, call_state TEXT NOT NULL,
	invited INTEGER NOT NULL, search TEXT NOT NULL
);
-- What follows id is there to pass over rows without reading them.
CREATE INDEX participations_event ON participations (event_id, id, audience, answer, invited);
CREATE INDEX participations_person ON participations (person_id, id);
CREATE INDEX participations_call ON participations (event_id, call_state, id) WHERE call_state <> '';

-- As registrations_pieces, but that new rows are put into it by the program:
-- many at a time cost a third of what a trigger for each costs.
CREATE VIRTUAL TABLE participations_pieces USING fts5 (
	search, content = 'participations', content_rowid = 'seq', tokenize = 'trigram', columnsize = 0
);
CREATE TRIGGER participations_deleted AFTER DELETE ON participations BEGIN
	INSERT INTO participations_pieces (participations_pieces, rowid, search) VALUES ('delete', old.seq, old.search);
END;
CREATE TRIGGER participations_updated AFTER UPDATE OF search ON participations WHEN old.search <> new.search BEGIN
	INSERT INTO participations_pieces (participations_pieces, rowid, search) VALUES ('delete', old.seq, old.search);
	INSERT INTO participations_pieces (rowid, search) VALUES (new.seq, new.search);
END;

CREATE TABLE broadcasts (
	id TEXT PRIMARY KEY, doc TEXT NOT NULL, version INTEGER NOT NULL, event_id TEXT NOT NULL, created_at INTEGER NOT NULL
);
CREATE INDEX broadcasts_event ON broadcasts (event_id, created_at, id);

CREATE TABLE questions (id TEXT PRIMARY KEY, doc TEXT NOT NULL, asked_at INTEGER NOT NULL, open INTEGER NOT NULL);
CREATE INDEX questions_open ON questions (asked_at, id) WHERE open = 1;
`, `
CREATE TABLE letters (
	id TEXT PRIMARY KEY, doc TEXT NOT NULL, version INTEGER NOT NULL, unique_key TEXT NOT NULL UNIQUE,
	event_id TEXT NOT NULL, parent TEXT NOT NULL, person_id TEXT NOT NULL
);
CREATE INDEX letters_event ON letters (event_id, id, parent);
CREATE INDEX letters_parent ON letters (parent, id) WHERE parent <> '';
CREATE INDEX letters_person ON letters (person_id, id) WHERE person_id <> '';
CREATE TABLE tasks (id TEXT PRIMARY KEY, doc TEXT NOT NULL, version INTEGER NOT NULL, event_id TEXT NOT NULL);
CREATE INDEX tasks_event ON tasks (event_id, id);
CREATE TABLE surveys (id TEXT PRIMARY KEY, doc TEXT NOT NULL, version INTEGER NOT NULL, event_id TEXT NOT NULL);
CREATE INDEX surveys_event ON surveys (event_id, id);
CREATE TABLE notes (id TEXT PRIMARY KEY, doc TEXT NOT NULL, version INTEGER NOT NULL, event_id TEXT NOT NULL, at INTEGER NOT NULL);
CREATE INDEX notes_event ON notes (event_id, at, id);
CREATE TABLE reports (
	id TEXT PRIMARY KEY, doc TEXT NOT NULL, version INTEGER NOT NULL, event_id TEXT NOT NULL, status TEXT NOT NULL, at INTEGER NOT NULL
);
CREATE INDEX reports_event ON reports (event_id, at, id);
CREATE INDEX reports_open ON reports (at, id) WHERE status IN ('asked', 'made');
CREATE TABLE rundowns (id TEXT PRIMARY KEY, doc TEXT NOT NULL, version INTEGER NOT NULL);
CREATE TABLE ballots (id TEXT PRIMARY KEY, doc TEXT NOT NULL, version INTEGER NOT NULL);
CREATE TABLE posts (id TEXT PRIMARY KEY, doc TEXT NOT NULL, version INTEGER NOT NULL, event_id TEXT NOT NULL);
CREATE INDEX posts_event ON posts (event_id, id);
-- As event.NumberOrder gives it: numbers from 10000 on come after 9999.
ALTER TABLE registrations ADD COLUMN number_order TEXT NOT NULL DEFAULT '';
UPDATE registrations SET number_order = CASE WHEN number LIKE event_id || '-%'
	THEN event_id || '-' || substr('000000000' || substr(number, length(event_id) + 2), -9) ELSE number END;
DROP INDEX registrations_event;
DROP INDEX registrations_person;
DROP INDEX registrations_phone;
DROP INDEX registrations_untold;
CREATE INDEX registrations_order ON registrations (number_order);
CREATE INDEX registrations_event ON registrations (event_id, number_order);
CREATE INDEX registrations_person ON registrations (person_id, number_order);
CREATE INDEX registrations_phone ON registrations (phone, number_order);
CREATE INDEX registrations_untold ON registrations (number_order) WHERE untold = 1;
ALTER TABLE participations ADD COLUMN cold TEXT NOT NULL DEFAULT ''; -- new in documents, too
CREATE INDEX participations_cold ON participations (event_id, cold, id) WHERE cold <> '';
ALTER TABLE participations ADD COLUMN arrived INTEGER NOT NULL DEFAULT 0; -- new in documents, too
CREATE INDEX participations_arrived ON participations (event_id, id) WHERE arrived = 1;
CREATE TABLE photos (id TEXT PRIMARY KEY, doc TEXT NOT NULL, version INTEGER NOT NULL, event_id TEXT NOT NULL, n INTEGER NOT NULL);
CREATE INDEX photos_event ON photos (event_id, n, id);
CREATE TABLE whatsapp (id TEXT PRIMARY KEY, doc TEXT NOT NULL); -- see AdoptDevices
`}
}

// Migrate implements storage.Store.
func (s *Store) Migrate(ctx context.Context) error { return s.migrate(ctx, migrations()) }

func (s *Store) migrate(ctx context.Context, steps []string) error {
	for {
		var from, left int
		err := s.write(ctx, "migrate", func(t *tx) error {
			const table = "CREATE TABLE IF NOT EXISTS schema_version (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL)"
			if _, err := t.w.conn.ExecContext(ctx, table); err != nil {
				return err
			}
			if err := row(ctx, t, "SELECT coalesce(max(version), 0) FROM schema_version", nil, &from); err != nil {
				return err
			}
			if from > len(steps) {
				return fmt.Errorf("the database is of version %d, this program knows up to %d: use the program that migrated it, or a newer one", from, len(steps))
			}
			if left = len(steps) - from; left == 0 {
				return nil
			}
			// Not through the cache of statements: a migration has several,
			// and runs once.
			if _, err := t.w.conn.ExecContext(ctx, steps[from]); err != nil {
				return fmt.Errorf("to version %d: %w", from+1, err)
			}
			_, err := t.exec(ctx, "INSERT INTO schema_version (one, version) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET version = excluded.version", from+1)
			return err
		})
		if err != nil || left == 0 {
			return err
		}
		s.log.Info().Int("version", from+1).Msg("database migrated")
	}
}

// SchemaVersion is the version that Migrate brings a database to.
func SchemaVersion() int { return len(migrations()) }
