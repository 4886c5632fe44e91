package mongo

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
)

// DefaultDatabase is used where neither Options nor the URI name one.
const DefaultDatabase = "emileku"

// How long an operation waits, unless the URI says otherwise
// (serverSelectionTimeoutMS, timeoutMS).
const (
	selectionTimeout = 5 * time.Second  // for a server to be reachable
	operationTimeout = 20 * time.Second // for one operation as a whole
	closeTimeout     = 5 * time.Second
)

// Options of Open.
type Options struct {
	URI      string // mongodb:// or mongodb+srv://
	Database string // "": the one in URI, else DefaultDatabase
	// BeforeWrite, if not nil, is called before each write command goes out,
	// with "collection.command" (such as "chats.update"): tests break off there.
	BeforeWrite func(op string)
	// StoreKey, where set, encrypts what the collection of WhatsApp's devices
	// holds. Once it was used the database opens with it alone.
	StoreKey string
	Log      zerolog.Logger // of migrations; the zero Logger is silent
}

// Store is a database on a MongoDB server. It implements storage.Store.
type Store struct {
	client   *driver.Client
	db       *driver.Database
	log      zerolog.Logger
	codec    codec
	describe string
	arrivals arrivals
	seal     *seal // of WhatsApp's devices

	// lone is held while a person is saved on a server whose unique indexes
	// do not look into arrays; nil on all others.
	lone *sync.Mutex
}

var _ storage.Store = (*Store)(nil)

// Open connects and asks the server who it is: storage.ErrUnavailable if it
// cannot be reached now. It changes nothing; see Migrate.
func Open(ctx context.Context, o Options) (*Store, error) {
	co, name, err := clientOptions(o)
	if err != nil {
		return nil, err
	}
	client, err := driver.Connect(co)
	if err != nil {
		return nil, fmt.Errorf("mongo: connect: %w", redact(err, o.URI))
	}
	s := &Store{client: client, db: client.Database(name), log: o.Log, codec: newCodec()}
	var info struct {
		Version  string `bson:"version"`
		Ferretdb string `bson:"ferretdbVersion"`
	}
	err = client.Database("admin").RunCommand(ctx, bson.D{{Key: "buildInfo", Value: 1}}).Decode(&info)
	if err != nil {
		return nil, errors.Join(fail(ctx, "connect", err), s.Close())
	}
	server := "MongoDB " + info.Version
	if info.Ferretdb != "" {
		server = "FerretDB " + info.Ferretdb
		s.lone = new(sync.Mutex)
	}
	if s.seal, err = openSeal(ctx, s.db.Collection(document.WhatsApp), o.StoreKey); err != nil {
		return nil, errors.Join(fail(ctx, "read the key of the device state", err), s.Close())
	}
	s.describe = fmt.Sprintf("%s at %s, database %s", server, strings.Join(co.Hosts, ","), name)
	return s, nil
}

func clientOptions(o Options) (co *options.ClientOptions, database string, err error) {
	inURI, err := databaseOf(o.URI)
	if err != nil {
		return nil, "", err
	}
	database = o.Database
	if database == "" {
		database = inURI
	}
	if database == "" {
		database = DefaultDatabase
	}
	co = options.Client().
		SetAppName("emileku").
		SetRegistry(newCodec().registry). // filters and updates, too, mend broken text
		SetServerSelectionTimeout(selectionTimeout).
		SetTimeout(operationTimeout).
		ApplyURI(o.URI)
	journal := true
	wc := writeconcern.Majority()
	wc.Journal = &journal
	co.SetWriteConcern(wc).SetReadPreference(readpref.Primary())
	if o.BeforeWrite != nil {
		co.SetMonitor(watchWrites(o.BeforeWrite))
	}
	if err := co.Validate(); err != nil {
		return nil, "", fmt.Errorf("mongo: bad URI: %w", redact(err, o.URI))
	}
	return co, database, nil
}

// watchWrites calls f before each writing command. It sits below all else, so
// no write can pass it by.
func watchWrites(f func(op string)) *event.CommandMonitor {
	return &event.CommandMonitor{Started: func(_ context.Context, e *event.CommandStartedEvent) {
		switch e.CommandName {
		case "insert", "update", "delete", "findAndModify", "createIndexes":
			f(e.Command.Lookup(e.CommandName).StringValue() + "." + e.CommandName)
		}
	}}
}

// databaseOf finds the database that a URI names; "" if it names none. (The
// standard URL parser does not know lists of hosts.)
func databaseOf(uri string) (string, error) {
	_, rest, ok := strings.Cut(uri, "://")
	if !ok {
		return "", errors.New("mongo: bad URI: it must begin with mongodb:// or mongodb+srv://")
	}
	_, path, _ := strings.Cut(rest, "/")
	path, _, _ = strings.Cut(path, "?")
	name, err := url.PathUnescape(path)
	if err != nil {
		return "", fmt.Errorf("mongo: bad URI: database name: %w", err)
	}
	return name, nil
}

// redact takes credentials out of an error about a URI.
func redact(err error, uri string) error {
	msg := strings.ReplaceAll(err.Error(), uri, "the URI")
	_, rest, _ := strings.Cut(uri, "://")
	if i := strings.LastIndex(rest, "@"); i > 0 {
		user, password, _ := strings.Cut(rest[:i], ":")
		for _, secret := range []string{rest[:i], password, user} {
			if secret != "" {
				msg = strings.ReplaceAll(msg, secret, "***")
			}
		}
	}
	return errors.New(msg)
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	return fail(ctx, "ping", s.client.Ping(ctx, readpref.Primary()))
}

// Describe says what and where the database is, such as
// "MongoDB 7.0.5 at db:27017, database emileku".
func (s *Store) Describe() string { return s.describe }

// Close ends all connections; operations under way fail.
func (s *Store) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	err := s.client.Disconnect(ctx)
	if errors.Is(err, driver.ErrClientDisconnected) {
		return nil
	}
	return fail(ctx, "close", err)
}

// Collections beside those of package document.
const (
	chunksName = "media_chunks"
	leasesName = "leases"
	schemaName = "schema"
)
