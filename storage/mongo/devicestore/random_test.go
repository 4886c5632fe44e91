package devicestore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
)

// TestRandomSideBySide makes calls in random order, in and out of
// transactions.
func TestRandomSideBySide(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			p, r := newPair(t), rand.New(rand.NewPCG(seed, 1))
			for range 120 {
				step := randomCall(r)
				if r.IntN(3) > 0 {
					p.same("call", step)
					continue
				}
				more, fails := randomCall(r), r.IntN(3) == 0
				p.same("transaction", func(ctx context.Context, d *store.Device) (any, error) {
					var results []any
					err := d.EventBuffer.DoDecryptionTxn(ctx, func(ctx context.Context) error {
						for _, call := range []func(context.Context, *store.Device) (any, error){step, more} {
							v, err := call(ctx, d)
							if err != nil {
								return err
							}
							results = append(results, v)
						}
						if fails {
							return errDecrypt
						}
						return nil
					})
					return results, err
				})
			}
			p.lookLIDs()
		})
	}
}

// randomCall picks a call that both must answer alike in any state. LID
// mappings are left out: sqlstore remembers them although their transaction
// failed.
func randomCall(r *rand.Rand) func(context.Context, *store.Device) (any, error) {
	n, m := r.IntN(3), r.IntN(3)
	user := []types.JID{pn(n), lid(n)}[r.IntN(2)]
	a := address(user, uint16(m))
	none := func(f func(ctx context.Context, d *store.Device) error) func(context.Context, *store.Device) (any, error) {
		return func(ctx context.Context, d *store.Device) (any, error) { return nil, f(ctx, d) }
	}
	switch r.IntN(16) {
	case 0:
		return none(func(ctx context.Context, d *store.Device) error { return d.Sessions.PutSession(ctx, a, record(m)) })
	case 1:
		return none(func(ctx context.Context, d *store.Device) error {
			return d.Sessions.PutManySessions(ctx, map[string][]byte{a: record(7), address(user, 9): record(8)})
		})
	case 2:
		return none(func(ctx context.Context, d *store.Device) error { return d.Sessions.DeleteSession(ctx, a) })
	case 3:
		return none(func(ctx context.Context, d *store.Device) error {
			return d.Sessions.DeleteAllSessions(ctx, user.SignalAddressUser())
		})
	case 4:
		return none(func(ctx context.Context, d *store.Device) error { return d.Identities.PutIdentity(ctx, a, key32(m)) })
	case 5:
		return func(ctx context.Context, d *store.Device) (any, error) {
			return d.Identities.IsTrustedIdentity(ctx, a, key32(m))
		}
	case 6:
		return none(func(ctx context.Context, d *store.Device) error {
			return d.SenderKeys.PutSenderKey(ctx, group(m).String(), a, record(n))
		})
	case 7:
		return func(ctx context.Context, d *store.Device) (any, error) {
			return d.SenderKeys.GetSenderKey(ctx, group(m).String(), a)
		}
	case 8:
		return func(ctx context.Context, d *store.Device) (any, error) { return keyIDs(ctx, d, uint32(n+1)) }
	case 9:
		return func(ctx context.Context, d *store.Device) (any, error) { return d.PreKeys.UploadedPreKeyCount(ctx) }
	case 10:
		return none(func(ctx context.Context, d *store.Device) error {
			return d.PreKeys.MarkPreKeysAsUploaded(ctx, uint32(n))
		})
	case 11:
		return none(func(ctx context.Context, d *store.Device) error {
			return d.MsgSecrets.PutMessageSecret(ctx, user, user, "M", record(m))
		})
	case 12:
		return func(ctx context.Context, d *store.Device) (any, error) {
			s, _, err := d.MsgSecrets.GetMessageSecret(ctx, user, user, "M")
			return s, err
		}
	case 13:
		return none(func(ctx context.Context, d *store.Device) error {
			return d.PrivacyTokens.PutPrivacyTokens(ctx, store.PrivacyToken{User: user, Token: record(m), Timestamp: time.Unix(int64(m), 0)})
		})
	case 14:
		return func(ctx context.Context, d *store.Device) (any, error) {
			return d.PrivacyTokens.GetPrivacyToken(ctx, user)
		}
	default:
		return func(ctx context.Context, d *store.Device) (any, error) {
			return d.Sessions.GetManySessions(ctx, []string{address(user, 0), address(user, 1), address(user, 2), address(user, 9)})
		}
	}
}
