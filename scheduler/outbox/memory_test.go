package outbox

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memory is the part of storage.Store that the sender uses, kept in memory so
// that it can live in a synctest bubble. storage/storagetest is what holds the
// real adapters to the same promises.
type memory struct {
	storage.Store // nil: any other call is a mistake of the test

	mu     sync.Mutex
	rows   map[string]*storage.Message
	queued map[string][]*storage.Message // by channel and lane, in the order of Due
	people map[string]*event.Person
	blobs  map[string][]byte

	// fault, where set, is asked before every operation.
	fault func(op string) error
	calls map[string]int
	// claimed is called with a row that has just been claimed.
	onClaim func(m storage.Message)
}

func newMemory() *memory {
	return &memory{
		rows: make(map[string]*storage.Message), queued: make(map[string][]*storage.Message),
		people: make(map[string]*event.Person), blobs: make(map[string][]byte), calls: make(map[string]int),
	}
}

func (s *memory) Outbox() storage.Outbox { return memoryOutbox{s: s} }
func (s *memory) People() storage.People { return memoryPeople{s: s} }
func (s *memory) Media() storage.Media   { return memoryMedia{s: s} }

// enter takes the lock; the caller unlocks it where err is nil.
func (s *memory) enter(ctx context.Context, op string) error {
	s.mu.Lock()
	s.calls[op]++
	err := ctx.Err()
	if err == nil && s.fault != nil {
		err = s.fault(op)
	}
	if err != nil {
		s.mu.Unlock()
	}
	return err
}

func (s *memory) count(op string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[op]
}

func lineKey(ch channel.Name, lane storage.Lane) string { return fmt.Sprint(ch, lane) }

func compareRows(a, b *storage.Message) int {
	return cmp.Or(a.DueAt.Compare(b.DueAt), cmp.Compare(a.Order, b.Order), cmp.Compare(a.ID, b.ID))
}

func (s *memory) enqueue(m *storage.Message) {
	key := lineKey(m.Chat.Channel, m.Lane)
	i, _ := slices.BinarySearchFunc(s.queued[key], m, compareRows)
	s.queued[key] = slices.Insert(s.queued[key], i, m)
}

func (s *memory) dequeue(m *storage.Message) {
	key := lineKey(m.Chat.Channel, m.Lane)
	i, found := slices.BinarySearchFunc(s.queued[key], m, compareRows)
	if !found {
		panic("not queued: " + m.ID)
	}
	line := s.queued[key] // i is small: rows go from the front
	copy(line[1:i+1], line[:i])
	line[0] = nil
	s.queued[key] = line[1:]
}

// row returns a copy of a row.
func (s *memory) row(id string) storage.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *s.rows[id]
}

// states counts rows by state.
func (s *memory) states() map[storage.State]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := make(map[storage.State]int)
	for _, m := range s.rows {
		n[m.State]++
	}
	return n
}

type memoryOutbox struct {
	storage.Outbox
	s *memory
}

func (o memoryOutbox) AddAll(ctx context.Context, ms []storage.Message) (fresh int, err error) {
	if err := o.s.enter(ctx, "add"); err != nil {
		return 0, err
	}
	defer o.s.mu.Unlock()
	for _, m := range ms {
		if o.s.rows[m.ID] != nil {
			continue
		}
		m.State = storage.Queued
		o.s.rows[m.ID] = &m
		o.s.enqueue(&m)
		fresh++
	}
	return fresh, nil
}

func (o memoryOutbox) Get(ctx context.Context, id string) (*storage.Message, error) {
	if err := o.s.enter(ctx, "get"); err != nil {
		return nil, err
	}
	defer o.s.mu.Unlock()
	m := o.s.rows[id]
	if m == nil {
		return nil, storage.ErrNotFound
	}
	c := *m
	return &c, nil
}

func (o memoryOutbox) Due(ctx context.Context, ch channel.Name, lane storage.Lane, now time.Time, limit int) ([]*storage.Message, error) {
	if err := o.s.enter(ctx, "due"); err != nil {
		return nil, err
	}
	defer o.s.mu.Unlock()
	var due []*storage.Message
	for _, m := range o.s.queued[lineKey(ch, lane)] {
		if len(due) == limit || m.DueAt.After(now) {
			break
		}
		c := *m
		due = append(due, &c)
	}
	return due, nil
}

func (o memoryOutbox) Claim(ctx context.Context, id, token string, until time.Time, messageID string) (*storage.Message, error) {
	if err := o.s.enter(ctx, "claim"); err != nil {
		return nil, err
	}
	defer o.s.mu.Unlock()
	m := o.s.rows[id]
	if m == nil || m.State != storage.Queued {
		return nil, storage.ErrConflict
	}
	o.s.dequeue(m)
	m.State, m.LeaseToken, m.LeaseUntil = storage.Claimed, token, &until
	m.Attempts++
	if m.MessageID == "" {
		m.MessageID = messageID
	}
	if o.s.onClaim != nil {
		o.s.onClaim(*m)
	}
	if o.s.fault != nil { // the claim happened, the caller may not hear of it
		if err := o.s.fault("claimed"); err != nil {
			return nil, err
		}
	}
	c := *m
	return &c, nil
}

func (o memoryOutbox) Finish(ctx context.Context, m *storage.Message, token string) error {
	if err := o.s.enter(ctx, "finish"); err != nil {
		return err
	}
	defer o.s.mu.Unlock()
	kept := o.s.rows[m.ID]
	if kept == nil || kept.State != storage.Claimed || kept.LeaseToken != token {
		return storage.ErrLeaseLost
	}
	kept.State, kept.DueAt, kept.LastError, kept.MessageID = m.State, m.DueAt, m.LastError, m.MessageID
	kept.SentAt, kept.DeliveredAt, kept.ReadAt = m.SentAt, m.DeliveredAt, m.ReadAt
	kept.LeaseToken, kept.LeaseUntil = "", nil
	if kept.State == storage.Queued {
		o.s.enqueue(kept)
	}
	return nil
}

func (o memoryOutbox) Abandoned(ctx context.Context, now time.Time, limit int) ([]*storage.Message, error) {
	if err := o.s.enter(ctx, "abandoned"); err != nil {
		return nil, err
	}
	defer o.s.mu.Unlock()
	var found []*storage.Message
	for _, m := range o.s.rows {
		if m.State == storage.Claimed && m.LeaseUntil.Before(now) {
			c := *m
			found = append(found, &c)
		}
	}
	slices.SortFunc(found, compareRows)
	return found[:min(limit, len(found))], nil
}

func (o memoryOutbox) Drop(ctx context.Context, id string, to storage.State, reason string) error {
	if err := o.s.enter(ctx, "drop"); err != nil {
		return err
	}
	defer o.s.mu.Unlock()
	m := o.s.rows[id]
	if m == nil || m.State != storage.Queued {
		return storage.ErrConflict
	}
	o.s.dequeue(m)
	m.State, m.LastError = to, reason
	return nil
}

func (o memoryOutbox) Receipt(ctx context.Context, r channel.Receipt) (bool, error) {
	if err := o.s.enter(ctx, "receipt"); err != nil {
		return false, err
	}
	defer o.s.mu.Unlock()
	for _, m := range o.s.rows {
		if m.MessageID == r.MessageID && m.Chat.Channel == r.Chat.Channel && m.State == storage.Sent {
			m.State = storage.State(r.State)
			return true, nil
		}
	}
	return false, nil
}

func (o memoryOutbox) Redirect(ctx context.Context, from, to channel.Chat) (n int, err error) {
	if err := o.s.enter(ctx, "redirect"); err != nil {
		return 0, err
	}
	defer o.s.mu.Unlock()
	for _, m := range o.s.rows {
		if m.State == storage.Queued && m.Chat == from {
			m.Chat = to
			n++
		}
	}
	return n, nil
}

func (o memoryOutbox) Counts(ctx context.Context) ([]storage.OutboxCount, error) {
	if err := o.s.enter(ctx, "counts"); err != nil {
		return nil, err
	}
	defer o.s.mu.Unlock()
	n := make(map[storage.OutboxCount]int)
	for _, m := range o.s.rows {
		n[storage.OutboxCount{Channel: m.Chat.Channel, Lane: m.Lane, State: m.State}]++
	}
	var counts []storage.OutboxCount
	for c, k := range n {
		c.N = k
		counts = append(counts, c)
	}
	return counts, nil
}

func (o memoryOutbox) Oldest(ctx context.Context, now time.Time) (*time.Time, error) {
	if err := o.s.enter(ctx, "oldest"); err != nil {
		return nil, err
	}
	defer o.s.mu.Unlock()
	var oldest *time.Time
	for _, line := range o.s.queued {
		if len(line) > 0 && !line[0].DueAt.After(now) && (oldest == nil || line[0].DueAt.Before(*oldest)) {
			at := line[0].DueAt
			oldest = &at
		}
	}
	return oldest, nil
}

type memoryPeople struct {
	storage.People
	s *memory
}

func (o memoryPeople) Get(ctx context.Context, id string) (*event.Person, error) {
	if err := o.s.enter(ctx, "person"); err != nil {
		return nil, err
	}
	defer o.s.mu.Unlock()
	if p := o.s.people[id]; p != nil {
		c := *p
		return &c, nil
	}
	return nil, storage.ErrNotFound
}

type memoryMedia struct {
	storage.Media
	s *memory
}

func (o memoryMedia) Get(ctx context.Context, id string) (storage.Blob, []byte, error) {
	if err := o.s.enter(ctx, "media"); err != nil {
		return storage.Blob{}, nil, err
	}
	defer o.s.mu.Unlock()
	data, ok := o.s.blobs[id]
	if !ok {
		return storage.Blob{}, nil, storage.ErrNotFound
	}
	return storage.Blob{ID: id, Size: int64(len(data))}, data, nil
}
