package mongo

import (
	"context"
	"strings"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
)

type people struct {
	table[event.Person]
	lone *sync.Mutex
}

// People keeps persons.
func (s *Store) People() storage.People {
	return people{tableOf[event.Person](s, document.People), s.lone}
}

// handlesField holds the person's public handles in lower case, for
// ByUsername: collations are not the same on all servers.
const handlesField = "_handles"

func handles(p *event.Person) bson.E {
	list := bson.A{}
	for _, a := range p.Accounts {
		if a.Username != "" {
			list = append(list, strings.ToLower(a.Username))
		}
	}
	return bson.E{Key: handlesField, Value: list}
}

func (p people) Get(ctx context.Context, id string) (*event.Person, error) {
	return p.one(ctx, "get person", byID(id), nil)
}

func (p people) ByAccount(ctx context.Context, accountKey string) (*event.Person, error) {
	return p.one(ctx, "find person by account", bson.D{{Key: "accounts.key", Value: accountKey}}, nil)
}

func (p people) ByPhone(ctx context.Context, phone string) ([]*event.Person, error) {
	return p.by(ctx, "find people by phone", bson.D{{Key: "phone", Value: phone}})
}

func (p people) ByUsername(ctx context.Context, username string) ([]*event.Person, error) {
	return p.by(ctx, "find people by username", bson.D{{Key: handlesField, Value: strings.ToLower(username)}})
}

func (p people) Staff(ctx context.Context) ([]*event.Person, error) {
	return p.by(ctx, "list staff", bson.D{{Key: "role", Value: bson.D{{Key: "$gt", Value: ""}}}})
}

func (p people) by(ctx context.Context, doing string, filter bson.D) ([]*event.Person, error) {
	return p.list(ctx, doing, filter, bson.D{{Key: "_id", Value: 1}}, 0)
}

func (p people) Save(ctx context.Context, person *event.Person) error {
	next := *person
	next.Version++
	if p.lone != nil {
		p.lone.Lock()
		defer p.lone.Unlock()
		if err := p.accountsFree(ctx, &next); err != nil {
			return err
		}
	}
	if err := p.save(ctx, "save person", person.ID, person.Version, &next, handles(&next)); err != nil {
		return err
	}
	person.Version = next.Version
	return nil
}

// accountsFree stands in for the unique index on accounts.key where the
// server does not look into arrays.
func (p people) accountsFree(ctx context.Context, person *event.Person) error {
	for _, a := range person.Accounts {
		owner, err := p.list(ctx, "save person", bson.D{{Key: "accounts.key", Value: a.Key}}, bson.D{{Key: "_id", Value: 1}}, 1)
		if err != nil {
			return err
		}
		if len(owner) > 0 && owner[0].ID != person.ID {
			return fail(ctx, "save person", storage.ErrConflict)
		}
	}
	return nil
}

func (p people) Delete(ctx context.Context, id string) error {
	return p.remove(ctx, "delete person", id)
}

func (p people) Count(ctx context.Context) (int, error) {
	n, err := p.CountDocuments(ctx, bson.D{})
	return int(n), fail(ctx, "count people", err)
}
