package whatsapp

import (
	"context"
	"fmt"
	"io"
	"sync"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
)

// Later is a device store that is opened when it is first needed: by Run, so
// that only the process in charge opens it.
type Later struct {
	open func(ctx context.Context) (DeviceStore, error)

	mu sync.Mutex
	ds DeviceStore
}

// OpenLater makes a Later. A store that is an io.Closer is closed with it.
func OpenLater(open func(ctx context.Context) (DeviceStore, error)) *Later { return &Later{open: open} }

// GetFirstDevice implements DeviceStore.
func (l *Later) GetFirstDevice(ctx context.Context) (*store.Device, error) {
	ds, err := l.store(ctx)
	if err != nil {
		return nil, err
	}
	return ds.GetFirstDevice(ctx)
}

func (l *Later) store(ctx context.Context) (DeviceStore, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ds == nil {
		ds, err := l.open(ctx)
		if err != nil {
			return nil, fmt.Errorf("open the device store: %w", err)
		}
		l.ds = ds
	}
	return l.ds, nil
}

// ForgetPerson implements forgetful, where the store does.
func (l *Later) ForgetPerson(ctx context.Context, device types.JID, person ...types.JID) error {
	ds, err := l.store(ctx)
	if keeper, ok := ds.(forgetful); ok && err == nil {
		err = keeper.ForgetPerson(ctx, device, person...)
	}
	return err
}

// ForgetTokens implements forgetful, where the store does.
func (l *Later) ForgetTokens(ctx context.Context, device types.JID, person ...types.JID) error {
	ds, err := l.store(ctx)
	if keeper, ok := ds.(forgetful); ok && err == nil {
		err = keeper.ForgetTokens(ctx, device, person...)
	}
	return err
}

// Close closes what was opened.
func (l *Later) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	c, ok := l.ds.(io.Closer)
	l.ds = nil
	if !ok {
		return nil
	}
	return c.Close()
}
