package mongo

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

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

const (
	// accountsField holds the person's account keys. A unique index on
	// accounts.key itself would take all who have no account yet for one.
	accountsField = "_accounts"
	// handlesField holds the public handles in lower case, for ByUsername:
	// collations are not the same on all servers.
	handlesField = "_handles"
	// emailField holds the address in lower case, for ByEmail; likewise.
	emailField = "_email"
)

// lookups are those three fields; the last only of those who have an address.
func lookups(p *event.Person) []bson.E {
	keys, handles := bson.A{}, bson.A{}
	for _, a := range p.Accounts {
		keys = append(keys, a.Key)
		if a.Username != "" {
			handles = append(handles, strings.ToLower(a.Username))
		}
	}
	if len(keys) == 0 {
		keys = append(keys, "none/"+p.ID) // unlike any key, which is "channel:user"
	}
	own := []bson.E{{Key: accountsField, Value: keys}, {Key: handlesField, Value: handles}}
	if p.Email != "" {
		own = append(own, bson.E{Key: emailField, Value: strings.ToLower(p.Email)})
	}
	return own
}

func (p people) Get(ctx context.Context, id string) (*event.Person, error) {
	return p.one(ctx, "get person", byID(id), nil)
}

func (p people) GetAll(ctx context.Context, ids []string) (map[string]*event.Person, error) {
	out := make(map[string]*event.Person, len(ids))
	for part := range slices.Chunk(ids, addAtOnce) {
		found, err := p.by(ctx, "get people", bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: part}}}})
		if err != nil {
			return nil, err
		}
		for _, person := range found {
			out[person.ID] = person
		}
	}
	return out, nil
}

func (p people) ByAccount(ctx context.Context, accountKey string) (*event.Person, error) {
	return p.one(ctx, "find person by account", bson.D{{Key: accountsField, Value: accountKey}}, nil)
}

func (p people) ByPhone(ctx context.Context, phone string) ([]*event.Person, error) {
	return p.by(ctx, "find people by phone", bson.D{{Key: "phone", Value: phone}})
}

func (p people) ByEmail(ctx context.Context, address string) ([]*event.Person, error) {
	return p.by(ctx, "find people by email", bson.D{{Key: emailField, Value: strings.ToLower(address)}})
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
	if err := p.save(ctx, "save person", person.ID, person.Version, &next, lookups(&next)...); err != nil {
		return err
	}
	person.Version = next.Version
	return nil
}

func (p people) AddAll(ctx context.Context, ps []*event.Person) (fresh int, err error) {
	if p.lone != nil {
		return p.addEach(ctx, ps)
	}
	for part := range slices.Chunk(ps, addAtOnce) {
		n, err := p.addPart(ctx, part)
		fresh += n
		if err != nil {
			return fresh, err
		}
	}
	return fresh, nil
}

// addEach adds one by one, where the server lets two have the same account.
func (p people) addEach(ctx context.Context, ps []*event.Person) (fresh int, err error) {
	for _, given := range ps {
		err := p.Save(ctx, given)
		if err != nil && !errors.Is(err, storage.ErrConflict) {
			return fresh, err
		}
		if err == nil {
			fresh++
		}
	}
	return fresh, nil
}

func (p people) addPart(ctx context.Context, part []*event.Person) (fresh int, err error) {
	const doing = "add people"
	docs := make([]bson.Raw, len(part))
	for i, given := range part {
		first := *given
		first.Version = 1
		if docs[i], err = p.codec.encode(&first, lookups(&first)...); err != nil {
			return 0, fail(ctx, doing, err)
		}
	}
	_, err = p.InsertMany(ctx, docs, options.InsertMany().SetOrdered(false))
	refused, err := refusedOf(err)
	if err != nil {
		return 0, fail(ctx, doing, err)
	}
	for i, given := range part {
		if !refused[i] {
			given.Version = 1
			fresh++
		}
	}
	return fresh, nil
}

// accountsFree stands in for the unique index where the
// server does not look into arrays.
func (p people) accountsFree(ctx context.Context, person *event.Person) error {
	for _, a := range person.Accounts {
		owner, err := p.list(ctx, "save person", bson.D{{Key: accountsField, Value: a.Key}}, bson.D{{Key: "_id", Value: 1}}, 1)
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
