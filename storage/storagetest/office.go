package storagetest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

func settingCases() map[string]func(*testing.T, Harness) {
	return map[string]func(*testing.T, Harness){"PutGet": settingPut, "PutNew": settingPutNew, "Swap": settingSwap, "SwapRace": settingSwapRace}
}

func auditCases() map[string]func(*testing.T, Harness) {
	return map[string]func(*testing.T, Harness){"List": auditList, "Redact": auditRedact}
}

func mediaCases() map[string]func(*testing.T, Harness) {
	return map[string]func(*testing.T, Harness){"Sizes": mediaSizes, "Replace": mediaReplace, "Forget": mediaForget}
}

func leaseCases() map[string]func(*testing.T, Harness) {
	return map[string]func(*testing.T, Harness){"OneHolder": leaseHolder, "Race": leaseRace}
}

type quietHours struct {
	From, To string
	Days     []int
	Since    time.Time
}

func settingPut(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	var got quietHours
	is(t, s.Settings().Get(ctx, "quiet", &got), storage.ErrNotFound)
	want := quietHours{From: hard, To: "<07.00>", Days: []int{1, 2}, Since: at(0)}
	ok(t, s.Settings().Put(ctx, "quiet", want))
	ok(t, s.Settings().Get(ctx, "quiet", &got))
	same(t, got, want)
	want.Days = nil
	ok(t, s.Settings().Put(ctx, "quiet", &want))
	got = quietHours{}
	ok(t, s.Settings().Get(ctx, "quiet", &got))
	same(t, got, want)
	for key, v := range map[string]any{"a.b": "teks", "$n": 12345678901234567, "null": nil, "list": []string{"x", ""}, "off": false} {
		ok(t, s.Settings().Put(ctx, key, v))
		var back any
		ok(t, s.Settings().Get(ctx, key, &back))
		if key == "$n" {
			var n int64
			ok(t, s.Settings().Get(ctx, key, &n))
			back = n
		}
		equal(t, key, fmt.Sprint(back), fmt.Sprint(v))
	}
	var wrong int
	if err := s.Settings().Get(ctx, "quiet", &wrong); err == nil || errors.Is(err, storage.ErrNotFound) || errors.Is(err, storage.ErrUnavailable) {
		t.Fatalf("decoding into the wrong type: %v", err)
	}
}

func settingPutNew(t *testing.T, h Harness) {
	ctx, clients := t.Context(), h.both(t)
	var fresh atomic.Int64
	var values sync.Map
	var wg sync.WaitGroup
	for w := range h.Workers {
		s := clients[w%len(clients)]
		wg.Go(func() {
			v := fmt.Sprint("key", w)
			f, err := s.Settings().PutNew(ctx, "link-key", &v)
			if err != nil {
				t.Error(err)
			}
			if f {
				fresh.Add(1)
				if v != fmt.Sprint("key", w) {
					t.Errorf("fresh, yet another's value %q", v)
				}
			}
			values.Store(v, true)
		})
	}
	wg.Wait()
	equal(t, "times fresh", fresh.Load(), 1)
	n := 0
	values.Range(func(any, any) bool { n++; return true })
	equal(t, "different values seen", n, 1)
}

func settingSwap(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	is(t, s.Settings().Swap(ctx, "leaving", []string{}, []string{"a"}), storage.ErrConflict) // nothing there
	ok(t, s.Settings().Put(ctx, "leaving", []string{}))
	ok(t, s.Settings().Swap(ctx, "leaving", []string{}, []string{hard}))
	is(t, s.Settings().Swap(ctx, "leaving", []string{}, []string{"b"}), storage.ErrConflict)
	ok(t, s.Settings().Swap(ctx, "leaving", []string{hard}, quietHours{From: "x"}))
	var got quietHours
	ok(t, s.Settings().Get(ctx, "leaving", &got))
	equal(t, "swapped", got.From, "x")
}

// settingSwapRace: of those who swap the same value at once one wins.
func settingSwapRace(t *testing.T, h Harness) {
	ctx, clients := t.Context(), h.both(t)
	ok(t, clients[0].Settings().Put(ctx, "n", 0))
	var won atomic.Int64
	var wg sync.WaitGroup
	for w := range h.Workers {
		s := clients[w%len(clients)]
		wg.Go(func() {
			switch err := s.Settings().Swap(ctx, "n", 0, w+1); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, storage.ErrConflict):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	equal(t, "swaps", won.Load(), 1)
}

func auditRedact(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	entries := []storage.AuditEntry{
		{ID: "1", PersonID: "siti", Name: "Siti", Action: "registration.change", Subject: "EMK-2027-0001", Detail: "nama: Lama → Baru"},
		{ID: "2", PersonID: "rina", Name: "Rina", Action: "registration.curate", Subject: "EMK-2027-0001", Detail: "declined data Siti"},
		{ID: "3", PersonID: "rina", Name: "Rina", Action: "rsvp.answer", Subject: "Siti Aminah", Detail: "yes telepon"},
		{ID: "4", PersonID: "rina", Name: "Rina", Action: "event.quota", Subject: "EMK-2027", Detail: "ukm 50"},
		{ID: "5", Action: "registration.lapse", Subject: "EMK-2027-0002", Detail: "keeps"},
	}
	for i, e := range entries {
		e.At = at(time.Duration(i) * time.Hour)
		ok(t, s.Audit().Add(ctx, e))
	}
	n, err := s.Audit().Redact(ctx, "siti", []string{"EMK-2027-0001"}, []string{"Siti Aminah"})
	ok(t, err)
	equal(t, "redacted", n, 3)
	again, err := s.Audit().Redact(ctx, "siti", []string{"EMK-2027-0001"}, []string{"Siti Aminah"})
	ok(t, err)
	equal(t, "redacted again", again, 0)
	if none, err := s.Audit().Redact(ctx, "", nil, nil); err != nil || none != 0 {
		t.Fatalf("nobody's: %d, %v", none, err)
	}
	said := map[string]string{}
	for _, e := range must(s.Audit().List(ctx, time.Time{}, "", 10))(t) {
		said[e.ID] = strings.Join([]string{e.PersonID, e.Name, e.Action, e.Subject, e.Detail}, ";")
	}
	for id, want := range map[string]string{
		"1": ";;registration.change;EMK-2027-0001;", "2": "rina;Rina;registration.curate;EMK-2027-0001;",
		"3": "rina;Rina;rsvp.answer;;", "4": "rina;Rina;event.quota;EMK-2027;ukm 50", "5": ";;registration.lapse;EMK-2027-0002;keeps",
	} {
		equal(t, "entry "+id, said[id], want)
	}
	equal(t, "found by name", len(must(s.Audit().List(ctx, time.Time{}, "siti", 10))(t)), 0)
}

func auditList(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	for i, e := range []storage.AuditEntry{
		{ID: "3", Action: "registration.cancel", Subject: "EMK-2027-0003", Name: "Bu Eti"},
		{ID: "1", Action: "team.add", Name: "Pak  BUDI Santoso", Detail: "cancel"},
		{ID: "2", Action: "registration.accept", Subject: "EMK-2027-0009", Name: hard, Detail: hard, Chat: "telegram:1", PersonID: "p"},
	} {
		e.At = at(time.Duration(i) * time.Hour).In(event.Jakarta)
		ok(t, s.Audit().Add(ctx, e))
		e.Action = "changed"
		ok(t, s.Audit().Add(ctx, e)) // a replay records once
	}
	list := func(before time.Time, search string, limit int) string {
		var ids []string
		for _, e := range must(s.Audit().List(ctx, before, search, limit))(t) {
			utcMillis(t, "At", e.At, e.At.Truncate(time.Millisecond))
			ids = append(ids, e.ID)
		}
		return strings.Join(ids, " ")
	}
	equal(t, "all, latest first", list(time.Time{}, "", 9), "2 1 3")
	equal(t, "limited", list(time.Time{}, "", 2), "2 1")
	equal(t, "before", list(at(2*time.Hour), "", 9), "1 3")
	equal(t, "action", list(time.Time{}, "registration.", 9), "2 3")
	equal(t, "first wins", list(time.Time{}, "changed", 9), "")
	equal(t, "subject, folded", list(time.Time{}, "emk-2027-0009", 9), "2")
	equal(t, "name, folded", list(time.Time{}, "pak budi", 9), "1")
	equal(t, "detail is not searched", list(time.Time{}, "cancel", 9), "3")
	equal(t, "no wildcard", list(time.Time{}, "emk%9", 9), "")
	got := must(s.Audit().List(ctx, time.Time{}, "", 1))(t)[0]
	same(t, got, storage.AuditEntry{ID: "2", At: at(2 * time.Hour), Action: "registration.accept", Subject: "EMK-2027-0009", Name: hard, Detail: hard, Chat: "telegram:1", PersonID: "p"})
}

func bytesOf(n int) []byte {
	data := make([]byte, n)
	r := rand.NewChaCha8([32]byte{byte(n)})
	_, _ = r.Read(data)
	return data
}

func mediaSizes(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	_, _, err := s.Media().Get(ctx, "none")
	is(t, err, storage.ErrNotFound)
	for _, n := range []int{0, 1, 255 << 10, 256 << 10, 1<<20 + 1, storage.MaxBlob} {
		data := bytesOf(n)
		b := storage.Blob{ID: fmt.Sprint("foto/", n), Name: "é.jpg", MIME: "image/jpeg", At: at(0).In(event.Jakarta)}
		ok(t, s.Media().Put(ctx, b, data))
		got, back, err := s.Media().Get(ctx, b.ID)
		ok(t, err)
		if !bytes.Equal(back, data) {
			t.Fatalf("%d bytes came back different (%d)", n, len(back))
		}
		sum := sha256.Sum256(data)
		b.At, b.Size, b.SHA = at(0), int64(n), hex.EncodeToString(sum[:])
		same(t, got, b)
	}
	err = s.Media().Put(ctx, storage.Blob{ID: "big"}, make([]byte, storage.MaxBlob+1))
	if err == nil || errors.Is(err, storage.ErrUnavailable) || !strings.Contains(err.Error(), "big") {
		t.Fatalf("a file over the limit: %v", err)
	}
	_, _, err = s.Media().Get(ctx, "big")
	is(t, err, storage.ErrNotFound)
}

func mediaReplace(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	for _, n := range []int{1 << 20, 10, 2 << 20} {
		ok(t, s.Media().Put(ctx, storage.Blob{ID: "a", Name: fmt.Sprint(n)}, bytesOf(n)))
		b, data, err := s.Media().Get(ctx, "a")
		ok(t, err)
		equal(t, "name", b.Name, fmt.Sprint(n))
		if !bytes.Equal(data, bytesOf(n)) {
			t.Fatalf("after replacing: %d bytes, want %d", len(data), n)
		}
	}
	ok(t, s.Media().Delete(ctx, "a"))
	ok(t, s.Media().Delete(ctx, "a"))
	_, _, err := s.Media().Get(ctx, "a")
	is(t, err, storage.ErrNotFound)
}

func mediaForget(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	for id, age := range map[string]time.Duration{"t_%.iket/1": time.Hour, "t_%.iket/2": 0, "tiket/1": time.Hour, "tX%.iket/1": time.Hour, "t_%Xiket/1": time.Hour, "T_%.iket/1": time.Hour} {
		ok(t, s.Media().Put(ctx, storage.Blob{ID: id, At: at(-age)}, []byte(id)))
	}
	equal(t, "forgotten", must(s.Media().Forget(ctx, "t_%.iket/", at(0)))(t), 1)
	equal(t, "forgotten again", must(s.Media().Forget(ctx, "t_%.iket/", at(0)))(t), 0)
	_, _, err := s.Media().Get(ctx, "t_%.iket/1")
	is(t, err, storage.ErrNotFound)
	_, _, err = s.Media().Get(ctx, "t_%.iket/2")
	ok(t, err)
	equal(t, "all that is old", must(s.Media().Forget(ctx, "", at(0)))(t), 4)
}

func leaseHolder(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	ok(t, s.Leases().Acquire(ctx, "main", "a", at(0), at(time.Minute)))
	is(t, s.Leases().Acquire(ctx, "main", "b", at(time.Second), at(time.Minute)), storage.ErrLeaseLost)
	ok(t, s.Leases().Acquire(ctx, "other", "b", at(0), at(time.Minute)))
	ok(t, s.Leases().Acquire(ctx, "main", "a", at(30*time.Second), at(2*time.Minute))) // renewed
	is(t, s.Leases().Acquire(ctx, "main", "b", at(90*time.Second), at(time.Hour)), storage.ErrLeaseLost)
	ok(t, s.Leases().Acquire(ctx, "main", "b", at(3*time.Minute), at(4*time.Minute))) // past
	is(t, s.Leases().Acquire(ctx, "main", "a", at(3*time.Minute), at(5*time.Minute)), storage.ErrLeaseLost)
	ok(t, s.Leases().Release(ctx, "main", "a")) // not a's any more: nothing happens
	is(t, s.Leases().Acquire(ctx, "main", "a", at(3*time.Minute), at(5*time.Minute)), storage.ErrLeaseLost)
	ok(t, s.Leases().Release(ctx, "main", "b"))
	ok(t, s.Leases().Acquire(ctx, "main", "a", at(3*time.Minute), at(5*time.Minute)))
	ok(t, s.Leases().Release(ctx, "never", "a"))
}

func leaseRace(t *testing.T, h Harness) {
	ctx, clients := t.Context(), h.both(t)
	for round := range 3 { // free at first, then past
		now := at(time.Duration(round) * time.Hour)
		var won atomic.Int64
		var wg sync.WaitGroup
		for w := range h.Workers {
			s := clients[w%len(clients)]
			wg.Go(func() {
				switch err := s.Leases().Acquire(ctx, "main", fmt.Sprint(round, "/", w), now, now.Add(time.Minute)); {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, storage.ErrLeaseLost):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		equal(t, "holders", won.Load(), 1)
	}
}
