package bench

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
	"github.com/diskopukm/emileku/storage/sqlite"
)

// findings are what was found in the database at the end.
type findings struct {
	people, registrations, confirmed, waiting int
	wrong                                     int // values that are not what the person answered
	messages, copies                          int
	doubledNumbers, gaps                      int
	doubledPlaces                             int
}

// verify compares what is stored with what each person said and saw.
func (r *crashRun) verify(ctx context.Context) (f findings, err error) {
	store, err := sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(r.dir, r.o.Database)})
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	regs, err := collect[event.Registration](ctx, store, document.Registrations)
	if err != nil {
		return f, err
	}
	if err := r.verifyAnswers(ctx, store, regs, &f); err != nil {
		return f, err
	}
	if err := r.verifyNumbers(ctx, store, regs, &f); err != nil {
		return f, err
	}
	if err := r.verifyPlaces(ctx, store, regs, &f); err != nil {
		return f, err
	}
	return f, r.verifyMessages(ctx, store, &f)
}

// collect reads a whole collection.
func collect[T any](ctx context.Context, store storage.Store, name string) ([]T, error) {
	var out []T
	err := store.Raw().Each(ctx, name, func(id string, doc json.RawMessage) error {
		var v T
		if err := json.Unmarshal(doc, &v); err != nil {
			return fmt.Errorf("%s %s: %w", name, id, err)
		}
		out = append(out, v)
		return nil
	})
	return out, err
}

// verifyAnswers: everybody has exactly one registration, and it holds exactly
// what they answered.
func (r *crashRun) verifyAnswers(ctx context.Context, store storage.Store, regs []event.Registration, f *findings) error {
	of := map[string][]event.Registration{}
	for _, reg := range regs {
		of[reg.PersonID] = append(of[reg.PersonID], reg)
	}
	f.registrations = len(regs)
	for _, m := range r.crowd.members() {
		f.people++
		who, err := store.People().ByAccount(ctx, event.AccountKey("telegram", strconv.FormatInt(m.ID, 10)))
		if err != nil {
			r.crowd.breach("person %d is not known: %v", m.N, err)
			f.wrong++
			continue
		}
		mine := of[who.ID]
		if len(mine) != 1 {
			r.crowd.breach("person %d has %d registrations", m.N, len(mine))
			f.wrong++
			continue
		}
		if who.Consent == nil {
			r.crowd.breach("person %d: the consent is not kept", m.N)
		}
		r.compare(ctx, store, m, mine[0], f)
		trail, err := store.Audit().List(ctx, time.Time{}, event.Fold(mine[0].Number), 10)
		if err != nil {
			return err
		}
		if len(trail) != 1 || trail[0].Action != "registration.submit" {
			r.crowd.breach("person %d: %d entries in the audit trail about %s", m.N, len(trail), mine[0].Number)
		}
	}
	if f.registrations != f.people {
		r.crowd.breach("%d registrations of %d people", f.registrations, f.people)
	}
	return nil
}

func (r *crashRun) compare(ctx context.Context, store storage.Store, m *member, reg event.Registration, f *findings) {
	if reg.Number != m.Number {
		r.crowd.breach("person %d was told the number %s and has %s", m.N, m.Number, reg.Number)
	}
	if reg.Audience != m.Audience {
		r.crowd.breach("person %d registered as %s and stands as %s", m.N, m.Audience, reg.Audience)
	}
	for _, key := range slices.Sorted(maps.Keys(m.want)) {
		got, want := reg.Answers[key], m.want[key]
		if key == event.KeyPhoto {
			_, data, err := store.Media().Get(ctx, got)
			if err != nil || !bytes.Equal(data, m.photo) {
				f.wrong++
				r.crowd.breach("person %d: the photo is not the one that was sent (%v)", m.N, err)
			}
			continue
		}
		if got != want {
			f.wrong++
			r.crowd.breach("person %d answered %s with %q; %q is kept", m.N, key, want, got)
		}
	}
	for key, v := range reg.Answers {
		if _, asked := m.want[key]; !asked {
			f.wrong++
			r.crowd.breach("person %d never answered %s; %q is kept", m.N, key, v)
		}
	}
	switch reg.Status {
	case event.Confirmed:
		f.confirmed++
	case event.Waiting:
		f.waiting++
	default:
		r.crowd.breach("person %d: status %s", m.N, reg.Status)
	}
}

// verifyNumbers: no number twice, stored or told.
func (r *crashRun) verifyNumbers(ctx context.Context, store storage.Store, regs []event.Registration, f *findings) error {
	stored, told := map[string]int{}, map[string]int{}
	for _, reg := range regs {
		stored[reg.Number]++
	}
	for _, m := range r.crowd.members() {
		if m.Number != "" {
			told[m.Number]++
		}
	}
	for _, numbers := range []map[string]int{stored, told} {
		for number, n := range numbers {
			if n > 1 {
				f.doubledNumbers++
				r.crowd.breach("number %s was given %d times", number, n)
			}
		}
	}
	next, err := store.Counters().Next(ctx, "registration/"+r.eventID)
	if err != nil {
		return err
	}
	f.gaps = int(next) - 1 - len(stored)
	return nil
}

// verifyPlaces: each place is held by one registration that knows it, no place
// is lost while somebody waits, and all holds are for good.
func (r *crashRun) verifyPlaces(ctx context.Context, store storage.Store, regs []event.Registration, f *findings) error {
	places, err := collect[document.Place](ctx, store, document.Places)
	if err != nil {
		return err
	}
	wrong := func(format string, args ...any) {
		f.doubledPlaces++
		r.crowd.breach(format, args...)
	}
	held := map[string]document.Place{}
	for _, p := range places {
		if other, twice := held[p.Holder]; twice {
			wrong("%s holds places %d and %d of %s", p.Holder, other.K, p.K, p.Audience)
		}
		held[p.Holder] = p
		if p.Until != nil {
			wrong("place %d of %s is held until %s only", p.K, p.Audience, p.Until)
		}
	}
	taken := map[string]string{}
	seated, wait := map[event.Audience]int{}, map[event.Audience]int{}
	for _, reg := range regs {
		if reg.Status == event.Waiting {
			wait[reg.Audience]++
		}
		p, holds := held[reg.ID]
		if reg.Place != p.K {
			wrong("%s says place %d, the places say %d", reg.Number, reg.Place, p.K)
		}
		if !holds {
			continue
		}
		delete(held, reg.ID)
		seated[reg.Audience]++
		key := fmt.Sprintf("%s %d", reg.Audience, reg.Place)
		if other, twice := taken[key]; twice {
			wrong("place %s belongs to %s and %s", key, other, reg.Number)
		}
		taken[key] = reg.Number
	}
	for holder, p := range held {
		wrong("place %d of %s belongs to %s, which is no registration", p.K, p.Audience, holder)
	}
	e, err := store.Events().Get(ctx, r.eventID)
	if err != nil {
		return err
	}
	for a, n := range wait {
		if limit := e.QuotaOf(a).Limit; n > 0 && seated[a] != limit {
			wrong("%d wait for a place of %s while %d of %d are taken", n, a, seated[a], limit)
		}
	}
	return nil
}

// verifyMessages: all was handled and sent, and whatever arrived was sent by a
// row of the outbox.
func (r *crashRun) verifyMessages(ctx context.Context, store storage.Store, f *findings) error {
	open, err := store.Inbox().Open(ctx, 10)
	if err != nil {
		return err
	}
	for _, in := range open {
		r.crowd.breach("message %s was taken in and never handled", in.ID)
	}
	rows, err := collect[storage.Message](ctx, store, document.Outbox)
	if err != nil {
		return err
	}
	sent := map[string][]storage.Message{}
	for _, row := range rows {
		if row.State != storage.Sent {
			r.crowd.breach("row %s to %s is %s (%s)", row.ID, row.Chat, row.State, row.LastError)
			continue
		}
		sent[row.Chat.ID] = append(sent[row.Chat.ID], row)
	}
	for _, m := range r.crowd.members() {
		r.verifyMember(m, sent[strconv.FormatInt(m.ID, 10)], f)
	}
	return nil
}

// verifyMember: what a person saw are the rows to them, each once, but for a
// copy for each kill that found the row on its way.
func (r *crashRun) verifyMember(m *member, rows []storage.Message, f *findings) {
	slices.SortFunc(rows, func(a, b storage.Message) int {
		return cmp.Or(a.DueAt.Compare(b.DueAt), cmp.Compare(a.Order, b.Order), cmp.Compare(a.ID, b.ID))
	})
	m.mu.Lock()
	defer m.mu.Unlock()
	f.messages += len(m.copies)
	if len(m.copies) != len(rows) {
		r.crowd.breach("person %d saw %d messages, and %d were sent", m.N, len(m.copies), len(rows))
		return
	}
	for i, copies := range m.copies {
		f.copies += copies
		if row := rows[i]; copies > r.inFlight[row.ID] {
			r.crowd.breach("person %d saw %d copies of row %s, which %d kills found on its way", m.N, copies, row.ID, r.inFlight[row.ID])
		}
		if copies > rows[i].Attempts-1 {
			r.crowd.breach("person %d saw %d copies of row %s, which was tried %d times", m.N, copies, rows[i].ID, rows[i].Attempts)
		}
	}
	if !m.Done && !slices.ContainsFunc(r.crowd.breaches, func(b string) bool { return strings.HasPrefix(b, "not finished") }) {
		r.crowd.breach("person %d is not done", m.N)
	}
}

// autopsy notes which rows were on their way when the bot was killed. It opens
// a copy, so that mending the database is left to the bot.
func (r *crashRun) autopsy(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp(r.dir, "autopsy-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for _, suffix := range []string{"", "-wal"} { // the third file is only an index of the second
		raw, err := os.ReadFile(filepath.Join(r.dir, r.o.Database+suffix))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, r.o.Database+suffix), raw, 0o600)
		}
		if err != nil {
			return fmt.Errorf("autopsy: %w", err)
		}
	}
	store, err := sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(dir, r.o.Database), Relaxed: true})
	if err != nil {
		return fmt.Errorf("autopsy: %w", err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	const everyone = 10_000
	claimed, err := store.Outbox().Abandoned(ctx, time.Now().AddDate(1, 0, 0), everyone)
	if err != nil {
		return fmt.Errorf("autopsy: %w", err)
	}
	for _, m := range claimed {
		r.inFlight[m.ID]++
	}
	return nil
}
