package storagetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/storage"
)

// life is what the state machine drawn at storage.State says of one row.
type life struct {
	t   *rapid.T
	s   storage.Store
	row storage.Message // as it must be stored; no ID: not added yet
}

// rowLife drives rows through any order of operations and compares each
// outcome, and what is stored, with the model.
func rowLife(t *testing.T, h Harness) {
	if h.Rows < 1000 {
		t.Skip("too many writes for a slow server")
	}
	s := h.Open(t)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		l := &life{t: rt, s: s}
		id := fmt.Sprint("row", n)
		rt.Repeat(map[string]func(*rapid.T){
			"add": func(*rapid.T) { l.add(id) },
			"claim": func(rt *rapid.T) {
				l.claim(id, token(rt), rapid.SampledFrom([]string{"", "wa1", "wa2"}).Draw(rt, "messageID"))
			},
			"finish": func(rt *rapid.T) { l.finish(id, token(rt), outcome(rt)) },
			"drop":   func(*rapid.T) { l.drop(id) },
			"receipt": func(rt *rapid.T) {
				l.receipt(rapid.SampledFrom([]channel.ReceiptState{channel.Delivered, channel.Read}).Draw(rt, "receipt"))
			},
			"": func(*rapid.T) { l.compare(id) },
		})
	})
}

func token(t *rapid.T) string { return rapid.SampledFrom([]string{"a", "b"}).Draw(t, "token") }

func outcome(t *rapid.T) storage.State {
	return rapid.SampledFrom([]storage.State{storage.Sent, storage.Queued, storage.Failed, storage.Uncertain}).Draw(t, "outcome")
}

func (l *life) expect(what string, err, want error) {
	if !errors.Is(err, want) {
		l.t.Fatalf("%s of a row that is %q: %v, want %v", what, l.row.State, err, want)
	}
}

func (l *life) ctx() context.Context { return l.t.Context() }

func (l *life) add(id string) {
	m := plainMessage(id, at(0))
	m.Chat.ID = id // so that message IDs are this row's own
	fresh, err := l.s.Outbox().Add(l.ctx(), m)
	l.expect("add", err, nil)
	if fresh != (l.row.ID == "") {
		l.t.Fatalf("fresh is %v, the row is %q", fresh, l.row.State)
	}
	if fresh {
		l.row = m
		l.row.State = storage.Queued
	}
}

func (l *life) claim(id, token, messageID string) {
	until := at(time.Minute)
	_, err := l.s.Outbox().Claim(l.ctx(), id, token, until, messageID)
	switch {
	case l.row.ID == "":
		l.expect("claim", err, storage.ErrNotFound)
	case l.row.State != storage.Queued:
		l.expect("claim", err, storage.ErrConflict)
	default:
		l.expect("claim", err, nil)
		l.row.State, l.row.LeaseToken, l.row.LeaseUntil = storage.Claimed, token, &until
		l.row.Attempts++
		if l.row.MessageID == "" {
			l.row.MessageID = messageID
		}
	}
}

func (l *life) finish(id, token string, to storage.State) {
	m := l.row
	m.ID, m.State, m.LastError, m.DueAt = id, to, "as "+string(to), at(time.Hour)
	if to == storage.Sent {
		m.SentAt, m.MessageID = ptr(at(time.Second)), "net-"+id
	}
	err := l.s.Outbox().Finish(l.ctx(), &m, token)
	if l.row.State != storage.Claimed || l.row.LeaseToken != token {
		l.expect("finish", err, storage.ErrLeaseLost)
		return
	}
	l.expect("finish", err, nil)
	m.LeaseToken, m.LeaseUntil = "", nil
	l.row = m
}

func (l *life) drop(id string) {
	err := l.s.Outbox().Drop(l.ctx(), id, storage.Suppressed, "stop")
	switch {
	case l.row.ID == "":
		l.expect("drop", err, storage.ErrNotFound)
	case l.row.State != storage.Queued:
		l.expect("drop", err, storage.ErrConflict)
	default:
		l.expect("drop", err, nil)
		l.row.State, l.row.LastError = storage.Suppressed, "stop"
	}
}

func (l *life) receipt(to channel.ReceiptState) {
	r := channel.Receipt{Chat: l.row.Chat, MessageID: l.row.MessageID, State: to, At: at(2 * time.Minute)}
	fresh, err := l.s.Outbox().Receipt(l.ctx(), r)
	l.expect("receipt", err, nil)
	want := false
	switch {
	case to == channel.Delivered && l.row.State == storage.Sent:
		want, l.row.State, l.row.DeliveredAt = true, storage.Delivered, &r.At
	case to == channel.Read && (l.row.State == storage.Sent || l.row.State == storage.Delivered):
		want, l.row.State, l.row.ReadAt = true, storage.Read, &r.At
	}
	if fresh != want {
		l.t.Fatalf("receipt %s: fresh %v, want %v", to, fresh, want)
	}
}

func (l *life) compare(id string) {
	got, err := l.s.Outbox().Get(l.ctx(), id)
	if l.row.ID == "" {
		l.expect("get", err, storage.ErrNotFound)
		return
	}
	l.expect("get", err, nil)
	g, w := raw(got), raw(&l.row)
	if string(g) != string(w) {
		l.t.Fatalf("stored  %s\nmust be %s", g, w)
	}
}
