package mongo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/diskopukm/emileku/bot/channel"
)

// codec turns the port's structs into documents and back: JSON names, "id" as
// "_id", json.RawMessage as text that a person can read in the shell. A
// pointer to the zero time counts as none where JSON says omitempty.
type codec struct{ registry *bson.Registry }

func newCodec() codec {
	r := bson.NewRegistry()
	raw := reflect.TypeFor[json.RawMessage]()
	r.RegisterTypeEncoder(raw, bson.ValueEncoderFunc(func(_ bson.EncodeContext, w bson.ValueWriter, v reflect.Value) error {
		if v.IsNil() {
			return w.WriteNull()
		}
		return w.WriteString(string(v.Bytes()))
	}))
	r.RegisterTypeDecoder(raw, bson.ValueDecoderFunc(func(_ bson.DecodeContext, r bson.ValueReader, v reflect.Value) error {
		if r.Type() == bson.TypeNull {
			v.SetZero()
			return r.ReadNull()
		}
		s, err := r.ReadString()
		if err != nil {
			return err
		}
		v.SetBytes([]byte(s))
		return nil
	}))
	registerButtons(r)
	// People send what they like; a server may refuse text that is no UTF-8. As
	// in JSON, each broken byte becomes U+FFFD.
	r.RegisterKindEncoder(reflect.String, bson.ValueEncoderFunc(func(_ bson.EncodeContext, w bson.ValueWriter, v reflect.Value) error {
		s := v.String()
		if !utf8.ValidString(s) {
			s = string([]rune(s))
		}
		return w.WriteString(s)
	}))
	return codec{registry: r}
}

// buttonRow is one row of channel.Outbound.Buttons. Not every server takes
// arrays right within arrays.
type buttonRow struct {
	Row []channel.Button `json:"row"`
}

func registerButtons(r *bson.Registry) {
	t := reflect.TypeFor[[][]channel.Button]()
	stored := reflect.TypeFor[[]buttonRow]()
	r.RegisterTypeEncoder(t, bson.ValueEncoderFunc(func(ctx bson.EncodeContext, w bson.ValueWriter, v reflect.Value) error {
		if v.IsNil() {
			return w.WriteNull()
		}
		rows := make([]buttonRow, v.Len())
		for i, row := range v.Interface().([][]channel.Button) {
			rows[i].Row = row
		}
		enc, err := ctx.LookupEncoder(stored)
		if err != nil {
			return err
		}
		return enc.EncodeValue(ctx, w, reflect.ValueOf(rows))
	}))
	r.RegisterTypeDecoder(t, bson.ValueDecoderFunc(func(ctx bson.DecodeContext, r bson.ValueReader, v reflect.Value) error {
		if r.Type() == bson.TypeNull {
			v.SetZero()
			return r.ReadNull()
		}
		dec, err := ctx.LookupDecoder(stored)
		if err != nil {
			return err
		}
		var rows []buttonRow
		if err := dec.DecodeValue(ctx, r, reflect.ValueOf(&rows).Elem()); err != nil {
			return err
		}
		buttons := make([][]channel.Button, len(rows))
		for i, row := range rows {
			buttons[i] = row.Row
		}
		v.Set(reflect.ValueOf(buttons))
		return nil
	}))
}

// encode makes the document of v, a struct with an "id", and appends extra
// fields of our own.
func (c codec) encode(v any, extra ...bson.E) (bson.Raw, error) {
	body, err := c.marshal(v)
	if err != nil {
		return nil, err
	}
	elems, err := body.Elements()
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", v, err)
	}
	doc := make([]byte, 4, len(body)+1)
	for _, e := range elems {
		doc = appendRenamed(doc, e, "id", "_id")
	}
	if len(extra) > 0 {
		more, err := c.marshal(bson.D(extra))
		if err != nil {
			return nil, err
		}
		doc = append(doc, more[4:len(more)-1]...)
	}
	return closeDocument(doc), nil
}

func (c codec) marshal(v any) (bson.Raw, error) {
	var buf bytes.Buffer
	enc := bson.NewEncoder(bson.NewDocumentWriter(&buf))
	enc.SetRegistry(c.registry)
	enc.UseJSONStructTags()
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode %T: %w", v, err)
	}
	return buf.Bytes(), nil
}

// decode reads a document into v; fields that v does not have are passed over.
func (c codec) decode(doc bson.Raw, v any) error {
	elems, err := doc.Elements()
	if err != nil {
		return fmt.Errorf("decode %T: %w", v, err)
	}
	body := make([]byte, 4, len(doc))
	for _, e := range elems {
		body = appendRenamed(body, e, "_id", "id")
	}
	dec := bson.NewDecoder(bson.NewDocumentReader(bytes.NewReader(closeDocument(body))))
	dec.SetRegistry(c.registry)
	dec.UseJSONStructTags()
	if err := dec.Decode(v); err != nil {
		return fmt.Errorf("decode %T: %w", v, err)
	}
	return nil
}

// appendRenamed appends an element (type, name, 0, value) under the new name
// if it bears the old one.
func appendRenamed(doc []byte, e bson.RawElement, from, to string) []byte {
	if e.Key() != from {
		return append(doc, e...)
	}
	doc = append(doc, e[0])
	doc = append(doc, to...)
	return append(doc, e[1+len(from):]...)
}

// closeDocument ends a document begun with four bytes for its length.
func closeDocument(doc []byte) bson.Raw {
	doc = append(doc, 0)
	n := uint32(len(doc)) //nolint:gosec // a document is far below 2 GiB
	doc[0], doc[1], doc[2], doc[3] = byte(n), byte(n>>8), byte(n>>16), byte(n>>24)
	return doc
}
