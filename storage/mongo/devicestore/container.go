package devicestore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"sync"

	"github.com/google/uuid"
	"github.com/rs/zerolog"
	"go.mau.fi/whatsmeow/proto/waAdv"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/keys"
	waLog "go.mau.fi/whatsmeow/util/log"

	"github.com/diskopukm/emileku/storage/devicestate"
	"github.com/diskopukm/emileku/storage/mongo"
)

// Errors of Container.
var (
	// ErrDeviceIDMustBeSet: a device was to be saved or deleted whose JID is
	// not known yet.
	ErrDeviceIDMustBeSet = errors.New("device JID must be known before accessing database")
	// ErrInvalidLength: a key or signature is not as long as it must be.
	ErrInvalidLength = errors.New("byte array with illegal length")
)

// Container holds the linked devices. All methods may be called at the same
// time.
type Container struct {
	docs *mongo.Devices
	log  waLog.Logger
	// LIDMap is shared by all devices.
	LIDMap *LIDMap

	mu     sync.Mutex
	stores map[string]*Store // by JID: one each, for they remember things
}

var _ store.DeviceContainer = (*Container)(nil)

// New makes the container of a database, which is not closed with it. The
// devices can be listed by anyone. Their state is for the process that holds
// the lease: its first use takes charge, and throws out whoever was before. A
// process that lost its lease makes a new container when it has it again.
func New(s *mongo.Store, log zerolog.Logger) *Container {
	docs := s.Devices()
	c := &Container{docs: docs, log: waLog.Zerolog(log), LIDMap: newLIDMap(docs), stores: map[string]*Store{}}
	docs.OnDoubt(c.forget)
	return c
}

// TakeCharge takes charge now, instead of with the first use.
func (c *Container) TakeCharge(ctx context.Context) error { return c.docs.TakeCharge(ctx) }

// forget drops what is remembered of documents.
func (c *Container) forget() {
	c.LIDMap.forget()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.stores {
		s.contacts.forget()
		s.migrated.Clear()
	}
}

// Close does nothing: the database belongs to whoever opened it.
func (c *Container) Close() error { return nil }

// NewDevice makes a device with fresh keys. Nothing is stored before it is
// saved, which pairing does.
func (c *Container) NewDevice() *store.Device {
	device := &store.Device{
		Log: c.log, Container: c,
		NoiseKey: keys.NewKeyPair(), IdentityKey: keys.NewKeyPair(),
		RegistrationID: mathrand.Uint32(), AdvSecretKey: make([]byte, 32),
	}
	_, _ = rand.Read(device.AdvSecretKey) // never fails
	device.SignedPreKey = device.IdentityKey.CreateSignedPreKey(1)
	return device
}

// GetAllDevices lists all devices, in the order of their JIDs.
func (c *Container) GetAllDevices(ctx context.Context) ([]*store.Device, error) {
	jids, err := c.docs.List(ctx)
	if err != nil {
		return nil, err
	}
	var all []*store.Device
	for _, s := range jids {
		jid, err := types.ParseJID(s)
		if err != nil {
			return nil, fmt.Errorf("list WhatsApp devices: %w", err)
		}
		device, err := c.GetDevice(ctx, jid)
		if err != nil {
			return nil, err
		}
		if device != nil {
			all = append(all, device)
		}
	}
	return all, nil
}

// GetFirstDevice gives the first device, or a new one if there is none.
func (c *Container) GetFirstDevice(ctx context.Context) (*store.Device, error) {
	all, err := c.GetAllDevices(ctx)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return c.NewDevice(), nil
	}
	return all[0], nil
}

// GetDevice gives the device of a JID (one with a device number), nil if it is
// not stored.
func (c *Container) GetDevice(ctx context.Context, jid types.JID) (*store.Device, error) {
	var d devicestate.Device
	found, err := c.docs.Peek(ctx, deviceID(jid), &d)
	if err != nil || !found {
		return nil, err
	}
	noise, identity, signed := d.NoiseKey, d.IdentityKey, d.SignedPreKey
	if len(noise) != 32 || len(identity) != 32 || len(signed.Key) != 32 || len(signed.Signature) != 64 {
		return nil, fmt.Errorf("read WhatsApp device: %w", ErrInvalidLength)
	}
	lid, err := parseStored(d.LID)
	if err != nil {
		return nil, err
	}
	device := &store.Device{
		Log: c.log, ID: &jid, LID: lid,
		RegistrationID: d.RegistrationID,
		NoiseKey:       keys.NewKeyPairFromPrivateKey([32]byte(noise)),
		IdentityKey:    keys.NewKeyPairFromPrivateKey([32]byte(identity)),
		SignedPreKey: &keys.PreKey{
			KeyPair: *keys.NewKeyPairFromPrivateKey([32]byte(signed.Key)), KeyID: signed.ID, Signature: (*[64]byte)(signed.Signature),
		},
		AdvSecretKey: d.AdvSecretKey,
		Account: &waAdv.ADVSignedDeviceIdentity{
			Details: d.Account.Details, AccountSignature: d.Account.AccountSignature,
			AccountSignatureKey: d.Account.AccountSignatureKey, DeviceSignature: d.Account.DeviceSignature,
		},
		Platform: d.Platform, BusinessName: d.BusinessName, PushName: d.PushName,
		LIDMigrationTimestamp: d.LIDMigrationTimestamp, CompanionMetaNonce: d.CompanionMetaNonce,
	}
	if d.FacebookUUID != "" {
		if device.FacebookUUID, err = uuid.Parse(d.FacebookUUID); err != nil {
			return nil, fmt.Errorf("read WhatsApp device: %w", err)
		}
	}
	c.initialize(device)
	return device, nil
}

func parseStored(jid string) (types.JID, error) {
	if jid == "" {
		return types.EmptyJID, nil
	}
	parsed, err := types.ParseJID(jid)
	if err != nil {
		return parsed, fmt.Errorf("read WhatsApp device: %w", err)
	}
	return parsed, nil
}

func deviceID(jid types.JID) string { return devicestate.ID(jid.String(), devicestate.KindDevice) }

// PutDevice stores a device; of one that is there already only its names and
// its LID. It is called through Device.Save.
func (c *Container) PutDevice(ctx context.Context, device *store.Device) error {
	if device.ID == nil {
		return ErrDeviceIDMustBeSet
	}
	fresh, err := stateOf(device)
	if err != nil {
		return err
	}
	var d devicestate.Device
	err = c.docs.Update(ctx, deviceID(*device.ID), &d, func(found bool) (bool, error) {
		if !found {
			d = fresh
			return true, nil
		}
		d.LID, d.Platform, d.BusinessName, d.PushName = fresh.LID, fresh.Platform, fresh.BusinessName, fresh.PushName
		d.LIDMigrationTimestamp, d.CompanionMetaNonce = fresh.LIDMigrationTimestamp, fresh.CompanionMetaNonce
		return true, nil
	})
	if err != nil {
		return err
	}
	if !device.Initialized {
		c.initialize(device)
	}
	return nil
}

func stateOf(device *store.Device) (devicestate.Device, error) {
	a := device.Account
	if a == nil || len(a.AccountSignature) != 64 || len(a.AccountSignatureKey) != 32 || len(a.DeviceSignature) != 64 {
		return devicestate.Device{}, fmt.Errorf("write WhatsApp device: account: %w", ErrInvalidLength)
	}
	d := devicestate.Device{
		LID: device.LID.String(), RegistrationID: device.RegistrationID,
		NoiseKey: device.NoiseKey.Priv[:], IdentityKey: device.IdentityKey.Priv[:],
		SignedPreKey: devicestate.SignedPreKey{
			ID: device.SignedPreKey.KeyID, Key: device.SignedPreKey.Priv[:], Signature: device.SignedPreKey.Signature[:],
		},
		AdvSecretKey: device.AdvSecretKey,
		Account: devicestate.Account{
			Details: a.Details, AccountSignature: a.AccountSignature,
			AccountSignatureKey: a.AccountSignatureKey, DeviceSignature: a.DeviceSignature,
		},
		Platform: device.Platform, BusinessName: device.BusinessName, PushName: device.PushName,
		LIDMigrationTimestamp: device.LIDMigrationTimestamp, CompanionMetaNonce: device.CompanionMetaNonce,
	}
	if device.FacebookUUID != uuid.Nil {
		d.FacebookUUID = device.FacebookUUID.String()
	}
	return d, nil
}

func (c *Container) initialize(device *store.Device) {
	c.mu.Lock()
	defer c.mu.Unlock()
	jid := device.ID.String()
	s := c.stores[jid]
	if s == nil {
		s = newStore(c, jid)
		c.stores[jid] = s
	}
	device.SetAllStores(s)
	device.LIDs = c.LIDMap
	device.Container = c
	device.Initialized = true
}

// DeleteDevice deletes a device with all its state. It is called through
// Device.Delete.
func (c *Container) DeleteDevice(ctx context.Context, device *store.Device) error {
	if device.ID == nil {
		return ErrDeviceIDMustBeSet
	}
	jid := device.ID.String()
	return c.docs.Batch(ctx, func(ctx context.Context) error {
		items, err := c.docs.Scan(ctx, devicestate.DevicePrefix(jid))
		if err != nil {
			return err
		}
		for _, it := range items {
			if err := c.docs.Delete(ctx, it.ID); err != nil {
				return err
			}
		}
		c.docs.AfterCommit(ctx, func() { c.drop(jid) })
		return nil
	})
}

// drop makes an end of the store of a device that is deleted: what still
// refers to it can write nothing any more.
func (c *Container) drop(jid string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.stores[jid]; s != nil {
		s.deleted.Store(true)
		delete(c.stores, jid)
	}
}
