package mongo

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Errors about the key, which nothing but the right one mends.
var (
	ErrStoreKeyMissing = errors.New("what WhatsApp keeps in this database is encrypted; set STORE_KEY to the key that it was encrypted with")
	ErrStoreKeyWrong   = errors.New("STORE_KEY is not the key that this database was encrypted with; set the one that was used before")
)

// errUnsealed: somebody who does not know the key has written to the database.
var errUnsealed = errors.New("the value is not encrypted, although all are")

// seal encrypts values with AES-256-GCM, under a key that HKDF-SHA256 derives
// from STORE_KEY and a salt of the database. The document's ID is the
// associated data: a value put under another ID cannot be opened. Without a
// key values are JSON text; text that was written before a key was set is
// still read, until TakeCharge has encrypted all of it.
type seal struct {
	key string

	mu   sync.RWMutex
	aead cipher.AEAD // nil without a key, and until the salt is known
	// complete: every value in the database is encrypted.
	complete bool
}

// sealDoc is the document under keyID.
type sealDoc struct {
	Salt     []byte `bson:"salt"`
	Check    []byte `bson:"check"` // checkText, sealed: tells a wrong key
	Complete bool   `bson:"complete"`
}

const (
	checkText = "emileku"
	sealInfo  = "emileku device state, version 1"
)

// openSeal compares the key with that of the database.
func openSeal(ctx context.Context, coll *driver.Collection, key string) (*seal, error) {
	s := &seal{key: key}
	var doc sealDoc
	err := coll.FindOne(ctx, byID(keyID)).Decode(&doc)
	switch {
	case errors.Is(err, driver.ErrNoDocuments):
		return s, nil
	case err != nil:
		return nil, err
	case key == "":
		return nil, ErrStoreKeyMissing
	}
	return s, s.take(doc)
}

// take derives the key with a database's salt and checks it.
func (s *seal) take(doc sealDoc) error {
	aead, err := s.derive(doc.Salt)
	if err != nil {
		return err
	}
	if text, err := aead.Open(nil, nil, doc.Check, []byte(keyID)); err != nil || string(text) != checkText {
		return ErrStoreKeyWrong
	}
	s.aead, s.complete = aead, doc.Complete
	return nil
}

func (s *seal) derive(salt []byte) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, []byte(s.key), salt, sealInfo, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// active gives the cipher, if there is one.
func (s *seal) active() (aead cipher.AEAD, complete bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.aead, s.complete
}

// arm makes sure that the database knows which key it is encrypted with,
// before the first value is.
func (s *seal) arm(ctx context.Context, coll *driver.Collection) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.key == "" || s.aead != nil {
		return nil
	}
	doc := sealDoc{Salt: make([]byte, 32)}
	_, _ = rand.Read(doc.Salt) // never fails
	aead, err := s.derive(doc.Salt)
	if err != nil {
		return err
	}
	doc.Check = aead.Seal(nil, nil, []byte(checkText), []byte(keyID))
	_, err = coll.InsertOne(ctx, bson.D{
		{Key: "_id", Value: keyID}, {Key: "salt", Value: doc.Salt}, {Key: "check", Value: doc.Check}, {Key: "complete", Value: false},
	})
	if duplicate(err) { // another process was first
		if err := coll.FindOne(ctx, byID(keyID)).Decode(&doc); err != nil {
			return err
		}
		return s.take(doc)
	}
	if err == nil {
		s.aead = aead
	}
	return err
}

// shut gives a value as it is stored.
func (s *seal) shut(id string, value []byte) any {
	aead, _ := s.active()
	if aead == nil {
		return string(value)
	}
	return aead.Seal(nil, nil, value, []byte(id))
}

// open is the reverse of shut.
func (s *seal) open(id string, stored bson.RawValue) ([]byte, error) {
	aead, complete := s.active()
	if text, ok := stored.StringValueOK(); ok {
		if complete {
			return nil, errUnsealed
		}
		return []byte(text), nil
	}
	_, sealed, ok := stored.BinaryOK()
	if !ok {
		return nil, fmt.Errorf("the value is a %s", stored.Type)
	}
	if aead == nil {
		return nil, ErrStoreKeyMissing
	}
	value, err := aead.Open(nil, nil, sealed, []byte(id))
	if err != nil {
		return nil, fmt.Errorf("decrypt: %w", err)
	}
	return value, nil
}

// sealAll encrypts the values that were written before there was a key. It
// may be broken off anywhere and run again.
func (d *Devices) sealAll(ctx context.Context) error {
	if aead, complete := d.seal.active(); aead == nil || complete {
		return nil
	}
	for {
		cur, err := d.coll.Find(ctx, bson.D{{Key: "v", Value: bson.D{{Key: "$type", Value: "string"}}}}, options.Find().SetLimit(rawPage))
		if err != nil {
			return err
		}
		var plain []storedDevice
		if err := cur.All(ctx, &plain); err != nil {
			return err
		}
		if len(plain) == 0 {
			break
		}
		var writes []driver.WriteModel
		for _, doc := range plain {
			c := change{id: doc.ID, value: []byte(doc.V.StringValue()), at: doc.At}
			writes = append(writes, driver.NewReplaceOneModel().
				SetFilter(bson.D{{Key: "_id", Value: doc.ID}, {Key: "n", Value: doc.N}}).SetReplacement(d.stored(c, doc.N)))
		}
		if _, err := d.coll.BulkWrite(ctx, writes); err != nil {
			return err
		}
	}
	_, err := d.coll.UpdateOne(ctx, byID(keyID), bson.D{{Key: "$set", Value: bson.D{{Key: "complete", Value: true}}}})
	if err != nil {
		return err
	}
	d.seal.mu.Lock()
	defer d.seal.mu.Unlock()
	d.seal.complete = true
	return nil
}
