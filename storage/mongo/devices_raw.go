package mongo

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/diskopukm/emileku/storage/archive/document"
	"github.com/diskopukm/emileku/storage/devicestate"
)

// each is storage.Raw's of the devices: what a journal says that was not
// applied counts already.
func (d *Devices) each(ctx context.Context, fn func(id string, doc json.RawMessage) error) error {
	changed, err := d.changed(ctx)
	if err != nil {
		return err
	}
	show := func(it Item) error {
		value, err := devicestate.Decode(it.ID, it.Value)
		if err != nil {
			return fail(ctx, "read "+kindOf(it.ID), err)
		}
		doc, err := document.Encode(&devicestate.Document{ID: it.ID, Value: value})
		if err != nil {
			return err
		}
		return fn(it.ID, doc)
	}
	// flush shows what the journal adds before an ID.
	added := changed.added()
	flush := func(before string) error {
		for len(added) > 0 && (before == "" || added[0].ID < before) {
			if err := show(added[0]); err != nil {
				return err
			}
			added = added[1:]
		}
		return nil
	}
	for after := ""; ; {
		page, err := d.find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: after}}}, {Key: "v", Value: bson.D{{Key: "$exists", Value: true}}}}, rawPage)
		if err != nil {
			return err
		}
		for _, it := range page {
			if _, ok := changed[it.ID]; ok || own(it.ID) {
				continue
			}
			if err := flush(it.ID); err != nil {
				return err
			}
			if err := show(it); err != nil {
				return err
			}
		}
		if len(page) < rawPage {
			return flush("")
		}
		after = page[len(page)-1].ID
	}
}

// pending is what a journal holds: values by ID, nil for what it deletes.
type pending map[string][]byte

func (p pending) added() []Item {
	var items []Item
	for id, value := range p {
		if value != nil && !own(id) {
			items = append(items, Item{ID: id, Value: value})
		}
	}
	slices.SortFunc(items, byItemID)
	return items
}

func (d *Devices) changed(ctx context.Context) (pending, error) {
	_, e, err := d.readJournal(ctx)
	if err != nil {
		return nil, fail(ctx, "read the journal of the device state", err)
	}
	p := pending{}
	for _, id := range e.Deletes {
		p[id] = nil
	}
	for _, raw := range e.Puts {
		var doc storedDevice
		if err := bson.Unmarshal(raw, &doc); err != nil {
			return nil, fail(ctx, "read the journal of the device state", err)
		}
		if p[doc.ID], err = d.seal.open(doc.ID, doc.V); err != nil {
			return nil, fail(ctx, "read the journal of the device state", err)
		}
	}
	return p, nil
}

// restore writes documents as they are.
func (d *Devices) restore(ctx context.Context, ids []string, docs []json.RawMessage) error {
	const doing = "restore " + document.WhatsApp
	if err := d.seal.arm(ctx, d.coll); err != nil {
		return fail(ctx, doing, err)
	}
	var writes []driver.WriteModel
	for i, id := range ids {
		decoded, err := document.Decode(document.WhatsApp, id, docs[i])
		if err != nil {
			return fail(ctx, doing, err)
		}
		doc, ok := decoded.(*devicestate.Document)
		if !ok {
			return fmt.Errorf("mongo: %s: a document is a %T", doing, decoded)
		}
		all := []*devicestate.Document{doc}
		if m, ok := doc.Value.(*devicestate.LIDMapping); ok {
			_, _, key := devicestate.Split(id)
			all = append(all, &devicestate.Document{ID: PNID(m.PN), Value: &PNMapping{LID: key[0]}})
		}
		for _, doc := range all {
			c, err := changeTo(doc.ID, doc.Value)
			if err != nil {
				return err
			}
			writes = append(writes, driver.NewReplaceOneModel().SetFilter(byID(doc.ID)).SetReplacement(d.stored(c, 0)).SetUpsert(true))
		}
	}
	for some := range slices.Chunk(writes, rawPage) {
		if _, err := d.coll.BulkWrite(ctx, some); err != nil {
			return fail(ctx, doing, err)
		}
	}
	return nil
}

// cleared is the filter of what Raw.Clear deletes: all but the check of the
// key, and the count of processes, whose numbers must not come again.
func cleared() bson.D {
	return bson.D{{Key: "_id", Value: bson.D{{Key: "$nin", Value: []string{keyID, epochID}}}}}
}
