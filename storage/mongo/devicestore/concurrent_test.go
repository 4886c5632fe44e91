package devicestore_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/store/sqlstore"

	"github.com/diskopukm/emileku/storage/mongo/mongotest"
)

// everyImplementation runs a test on sqlstore and on ours.
func everyImplementation(t *testing.T, test func(t *testing.T, d *store.Device)) {
	t.Helper()
	t.Run("sqlstore", func(t *testing.T) {
		t.Parallel()
		test(t, linked(t, sqlContainer(t)))
	})
	t.Run("MongoDB", func(t *testing.T) {
		t.Parallel()
		test(t, linked(t, start(t, mongotest.Database(t), "").Container))
	})
}

// together runs f n times at once.
func together(t *testing.T, n int, f func(i int) error) {
	t.Helper()
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = f(i) })
	}
	wg.Wait()
	noError(t, errors.Join(errs...))
}

const workers, rounds = 8, 5

// TestParallelSessions: many write sessions, one by one and several at a time,
// while others read; the last write of each stays.
func TestParallelSessions(t *testing.T) {
	t.Parallel()
	everyImplementation(t, func(t *testing.T, d *store.Device) {
		ctx := t.Context()
		together(t, workers, func(i int) error {
			one, many, more := fmt.Sprintf("%d:0", i), fmt.Sprintf("%d:1", i), fmt.Sprintf("%d:2", i)
			for n := range rounds {
				err := errors.Join(d.Sessions.PutSession(ctx, one, record(n)),
					d.Sessions.PutManySessions(ctx, map[string][]byte{many: record(n), more: record(n)}))
				if err != nil {
					return err
				}
				got, err := d.Sessions.GetManySessions(ctx, []string{one, many, more, "0:0"})
				if err != nil {
					return err
				}
				for _, a := range []string{one, many, more} {
					if string(got[a]) != string(record(n)) {
						return fmt.Errorf("%s is %q right after it was written as %q", a, got[a], record(n))
					}
				}
			}
			return nil
		})
	})
}

// TestParallelDecryption: transactions that advance the same ratchet at once,
// some of which fail: each that succeeded counts once and has its event, of
// those that failed nothing is left; writes beside them are not lost.
func TestParallelDecryption(t *testing.T) {
	t.Parallel()
	everyImplementation(t, func(t *testing.T, d *store.Device) {
		ctx, ratchet := t.Context(), address(lid(1), 0)
		together(t, workers, func(i int) error {
			for n := range rounds {
				fails := n%3 == 1
				hash := key32(i*100 + n)
				err := d.EventBuffer.DoDecryptionTxn(ctx, func(ctx context.Context) error {
					was, err := d.Sessions.GetSession(ctx, ratchet)
					if err != nil {
						return err
					}
					if len(was) == 0 {
						was = make([]byte, 8)
					}
					next := binary.BigEndian.AppendUint64(nil, binary.BigEndian.Uint64(was)+1)
					err = errors.Join(d.Sessions.PutSession(ctx, ratchet, next),
						d.Identities.PutIdentity(ctx, fmt.Sprintf("%d:%d", i, n), key32(n)),
						d.EventBuffer.PutBufferedEvent(ctx, hash, next, time.Unix(1, 0)))
					if err == nil && fails {
						return errDecrypt
					}
					return err
				})
				if fails != errors.Is(err, errDecrypt) || err != nil && !fails {
					return fmt.Errorf("transaction %d/%d: %w", i, n, err)
				}
				if _, _, err := d.Contacts.PutPushName(ctx, lid(i), fmt.Sprint("nama ", n)); err != nil {
					return err
				}
				event, err := d.EventBuffer.GetBufferedEvent(ctx, hash)
				if err != nil || (event == nil) != fails {
					return fmt.Errorf("transaction %d/%d: event %v: %w", i, n, event, err)
				}
				if err := d.EventBuffer.ClearBufferedEventPlaintext(ctx, hash); err != nil {
					return err
				}
			}
			return nil
		})
		got, err := d.Sessions.GetSession(ctx, ratchet)
		noError(t, err)
		if n := binary.BigEndian.Uint64(got); n != workers*3 { // of the rounds 0 to 4 two fail
			t.Fatalf("the ratchet has advanced %d times, want %d", n, workers*3)
		}
		for i := range workers {
			for n := range rounds {
				unknown, err := d.Identities.IsTrustedIdentity(ctx, fmt.Sprintf("%d:%d", i, n), key32(77))
				noError(t, err)
				if unknown != (n%3 == 1) {
					t.Errorf("transaction %d/%d: its identity is unknown: %v", i, n, unknown)
				}
			}
			if c, err := d.Contacts.GetContact(ctx, lid(i)); err != nil || c.PushName != fmt.Sprint("nama ", rounds-1) {
				t.Errorf("contact %d is %q, %v", i, c.PushName, err)
			}
		}
	})
}

// TestParallelPreKeys: no number is given twice.
func TestParallelPreKeys(t *testing.T) {
	t.Parallel()
	everyImplementation(t, func(t *testing.T, d *store.Device) {
		ctx := t.Context()
		var mu sync.Mutex
		var ones []uint32
		together(t, workers, func(i int) error {
			for range rounds {
				if i%2 == 0 {
					ks, err := d.PreKeys.GetOrGenPreKeys(ctx, 5)
					if err != nil {
						return err
					}
					if len(ks) != 5 {
						return fmt.Errorf("%d pre-keys", len(ks))
					}
					continue
				}
				k, err := d.PreKeys.GenOnePreKey(ctx)
				if err != nil {
					return err
				}
				mu.Lock()
				ones = append(ones, k.KeyID)
				mu.Unlock()
				stored, err := d.PreKeys.GetPreKey(ctx, k.KeyID)
				if err != nil || *stored.Priv != *k.Priv {
					return fmt.Errorf("pre-key %d was given twice: %w", k.KeyID, err)
				}
			}
			return nil
		})
		ks, err := d.PreKeys.GetOrGenPreKeys(ctx, 5)
		noError(t, err)
		all := slices.Clone(ones)
		for _, k := range ks {
			all = append(all, k.KeyID)
		}
		slices.Sort(all)
		if len(slices.Compact(all)) != len(ones)+5 {
			t.Fatalf("numbers repeat: %v", all)
		}
		if n, err := d.PreKeys.UploadedPreKeyCount(ctx); n != len(ones) || err != nil {
			t.Fatalf("%d count as uploaded, want %d: %v", n, len(ones), err)
		}
	})
}

// TestParallelLIDs: each LID and each number has one partner, whoever is last.
func TestParallelLIDs(t *testing.T) {
	t.Parallel()
	everyImplementation(t, func(t *testing.T, d *store.Device) {
		ctx := t.Context()
		together(t, workers, func(i int) error {
			for n := range rounds {
				l, p := lid((i+n)%3), pn((i*n)%3)
				if err := d.LIDs.PutLIDMapping(ctx, l, p); err != nil {
					return err
				}
				if _, err := d.LIDs.GetLIDForPN(ctx, pn(n%3)); err != nil {
					return err
				}
			}
			return nil
		})
		for i := range 3 {
			l, err := d.LIDs.GetLIDForPN(ctx, pn(i))
			noError(t, err)
			if l.IsEmpty() {
				continue
			}
			if back, err := d.LIDs.GetPNForLID(ctx, l); back != pn(i) || err != nil {
				t.Errorf("%s has %s, which has %s: %v", pn(i), l, back, err)
			}
		}
		if l, ok := d.LIDs.(*sqlstore.CachedLIDMap); ok {
			noError(t, l.FillCache(ctx))
		}
	})
}

// TestCacheOfFailedTransaction: what a transaction that failed has written is
// not remembered.
func TestCacheOfFailedTransaction(t *testing.T) {
	t.Parallel()
	ctx, p := t.Context(), start(t, mongotest.Database(t), "")
	d := linked(t, p.Container)
	_, err := d.Contacts.GetContact(ctx, lid(1)) // remembered as unknown
	noError(t, err)
	_, err = d.LIDs.GetLIDForPN(ctx, pn(1))
	noError(t, err)
	for _, fails := range []error{errDecrypt, nil} {
		err := d.EventBuffer.DoDecryptionTxn(ctx, func(ctx context.Context) error {
			_, _, err := d.Contacts.PutPushName(ctx, lid(1), "Ani")
			noError(t, errors.Join(err, d.LIDs.PutLIDMapping(ctx, lid(1), pn(1)), d.Sessions.MigratePNToLID(ctx, pn(2), lid(2))))
			inside, err := d.Contacts.GetContact(ctx, lid(1))
			noError(t, err)
			l, err := d.LIDs.GetLIDForPN(ctx, pn(1))
			noError(t, err)
			if inside.PushName != "Ani" || l != lid(1) {
				t.Errorf("within: %q, %s", inside.PushName, l)
			}
			return fails
		})
		if !errors.Is(err, fails) {
			t.Fatal(err)
		}
		c, err := d.Contacts.GetContact(ctx, lid(1))
		noError(t, err)
		l, err := d.LIDs.GetLIDForPN(ctx, pn(1))
		noError(t, err)
		if kept := fails == nil; c.Found != kept || l.IsEmpty() == kept {
			t.Fatalf("failed with %v: contact %+v, LID %s", fails, c, l)
		}
	}
	noError(t, p.LIDMap.FillCache(ctx))
	if l, err := d.LIDs.GetLIDForPN(ctx, pn(1)); l != lid(1) || err != nil {
		t.Fatal(l, err)
	}
	if l, err := d.LIDs.GetLIDForPN(ctx, pn(5)); !l.IsEmpty() || err != nil {
		t.Fatal(l, err)
	}
}
