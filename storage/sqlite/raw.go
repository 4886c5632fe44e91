package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
	"github.com/diskopukm/emileku/storage/devicestate"
)

// raw reads through q: the readers, or a snapshot.
type raw struct {
	s *Store
	q querier
}

func (raw) Collections() []string { return document.Collections() }

func (r raw) Each(ctx context.Context, collection string, fn func(id string, doc json.RawMessage) error) error {
	var err error
	switch _, known := document.New(collection); {
	case !known:
		return fmt.Errorf("sqlite: %w: no collection %q", document.ErrMalformed, collection)
	case collection == document.Media:
		err = r.eachFile(ctx, fn)
	case collection == document.WhatsApp:
		err = r.eachDevice(ctx, fn)
	default:
		err = r.eachRow(ctx, collection, fn)
	}
	return wrap(ctx, "read "+collection, err)
}

func (r raw) eachRow(ctx context.Context, collection string, fn func(id string, doc json.RawMessage) error) error {
	rows, err := r.q.query(ctx, "SELECT id, doc FROM "+collection+" ORDER BY id", nil)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var doc []byte
		if err := rows.Scan(&id, &doc); err != nil {
			return err
		}
		if err := fn(id, doc); err != nil {
			return err
		}
	}
	return rows.Err()
}

// eachFile takes one file into memory at a time.
func (r raw) eachFile(ctx context.Context, fn func(id string, doc json.RawMessage) error) error {
	for id := ""; ; {
		err := row(ctx, r.q, "SELECT id FROM media WHERE id > ? ORDER BY id LIMIT 1", []any{id}, &id)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		b, data, err := getFile(ctx, r.q, id)
		if errors.Is(err, storage.ErrNotFound) {
			continue // deleted meanwhile
		}
		if err != nil {
			return err
		}
		doc, err := document.Encode(&document.File{Blob: b, Data: data})
		if err != nil {
			return err
		}
		if err := fn(id, doc); err != nil {
			return err
		}
	}
}

func (r raw) Put(ctx context.Context, collection, id string, doc json.RawMessage) error {
	return r.PutAll(ctx, collection, []string{id}, []json.RawMessage{doc})
}

// PutAll implements document.Batch: all documents are written, or none.
func (r raw) PutAll(ctx context.Context, collection string, ids []string, docs []json.RawMessage) error {
	typed := make([]any, len(ids))
	for i := range ids {
		var err error
		if typed[i], err = document.Decode(collection, ids[i], docs[i]); err != nil {
			return fmt.Errorf("sqlite: put: %w", err)
		}
	}
	return r.s.write(ctx, "raw.put", func(t *tx) error {
		put := func() error {
			for i, d := range typed {
				if err := putDocument(ctx, t, d); err != nil {
					return fmt.Errorf("%s %s: %w", collection, ids[i], err)
				}
			}
			return nil
		}
		if collection == document.Participations {
			return insertingParticipations(ctx, t, put)
		}
		return put()
	})
}

func putDocument(ctx context.Context, t *tx, doc any) error {
	switch d := doc.(type) {
	case *document.InboxMessage:
		return inboxTable().put(ctx, t, d)
	case *storage.Chat:
		return chatTable().put(ctx, t, d)
	case *storage.Message:
		return outboxTable().put(ctx, t, d)
	case *event.Registration:
		return registrationTable().put(ctx, t, d)
	case *event.Person:
		if err := personTable().put(ctx, t, d); err != nil {
			return err
		}
		return keepAccounts(ctx, t, d)
	case *event.Participation:
		return participationTable().put(ctx, t, d)
	case *storage.Broadcast:
		return broadcastTable().put(ctx, t, d)
	case *storage.Question:
		return questionTable().put(ctx, t, d)
	case *storage.Letter:
		return letterTable().put(ctx, t, d)
	case *event.Task:
		return taskTable().put(ctx, t, d)
	case *event.SurveyReply:
		return surveyTable().put(ctx, t, d)
	case *event.Note:
		return noteTable().put(ctx, t, d)
	case *storage.Report:
		return reportTable().put(ctx, t, d)
	case *event.Rundown:
		return rundownTable().put(ctx, t, d)
	case *event.Ballot:
		return ballotTable().put(ctx, t, d)
	case *event.Post:
		return postTable().put(ctx, t, d)
	case *event.Photo:
		return photoTable().put(ctx, t, d)
	case *storage.Code:
		return codeTable().put(ctx, t, d)
	case *document.Place:
		return placeTable().put(ctx, t, d)
	case *document.Counter:
		return counterTable().put(ctx, t, d)
	case *event.Event:
		return eventTable().put(ctx, t, d)
	case *document.Setting:
		return settingTable().put(ctx, t, d)
	case *storage.AuditEntry:
		return auditTable().put(ctx, t, d)
	case *devicestate.Document:
		return deviceTable().put(ctx, t, d)
	case *document.File:
		return putFile(ctx, t, d.Blob, d.Data)
	}
	return fmt.Errorf("no table for %T", doc)
}

func (r raw) Clear(ctx context.Context) error {
	return r.s.write(ctx, "raw.clear", func(t *tx) error {
		if err := clearDevices(ctx, t); err != nil {
			return err
		}
		for _, c := range document.Collections() {
			if _, err := t.exec(ctx, "DELETE FROM "+c); err != nil {
				return err
			}
		}
		return nil
	})
}

// Snapshot implements document.Snapshot.
func (r raw) Snapshot(ctx context.Context, read func(storage.Raw) error) error {
	conn, err := r.s.reader.db.Conn(ctx)
	if err != nil {
		return wrap(ctx, "snapshot", err)
	}
	defer conn.Close()
	// The first read fixes what all the following see.
	if _, err := conn.ExecContext(ctx, "BEGIN DEFERRED"); err != nil {
		return wrap(ctx, "snapshot", err)
	}
	defer func() { _, _ = conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK") }()
	snap := connQuerier{conn}
	var n int
	if err := row(ctx, snap, "SELECT count(*) FROM sqlite_schema", nil, &n); err != nil {
		return wrap(ctx, "snapshot", err)
	}
	return read(raw{s: r.s, q: snap})
}

type connQuerier struct{ conn *sql.Conn }

func (c connQuerier) query(ctx context.Context, query string, args []any) (*sql.Rows, error) {
	return c.conn.QueryContext(ctx, query, args...)
}

var (
	_ document.Batch    = raw{}
	_ document.Snapshot = raw{}
)
