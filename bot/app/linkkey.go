package app

import (
	"context"
	"crypto/rand"
	"fmt"
)

// settingLinkKey is the key that signs the links of mails.
const settingLinkKey = "linkkey"

// LinkKey is the key that signs the links of mails: the one that the office set,
// or one that is made at first start and kept.
func (a *App) LinkKey(ctx context.Context, wanted string) ([]byte, error) {
	if wanted != "" {
		return []byte(wanted), nil
	}
	key := rand.Text() + rand.Text()
	if _, err := a.store.Settings().PutNew(ctx, settingLinkKey, &key); err != nil {
		return nil, fmt.Errorf("link key: %w", err)
	}
	return []byte(key), nil
}
