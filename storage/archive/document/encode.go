package document

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"
)

// Encode gives the canonical JSON of a document: equal values give equal
// bytes, whichever time zone their times were in. doc is left as it is.
func Encode(doc any) (json.RawMessage, error) {
	// The bot's clocks tick in UTC and whole milliseconds, so a document is
	// nearly always canonical already and need not be copied.
	if !settled(reflect.ValueOf(doc)) {
		var err error
		if doc, err = settledCopy(doc); err != nil {
			return nil, err
		}
	}
	b, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", doc, err)
	}
	return b, nil
}

// Time gives t as it is stored.
func Time(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

func settledCopy(doc any) (any, error) {
	b, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", doc, err)
	}
	v := reflect.New(reflect.TypeOf(doc))
	if err := json.Unmarshal(b, v.Interface()); err != nil {
		return nil, fmt.Errorf("copy %T: %w", doc, err)
	}
	settle(v.Elem())
	return v.Elem().Interface(), nil
}

// settled reports whether all times in v are as Time makes them.
func settled(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return v.IsNil() || settled(v.Elem())
	case reflect.Struct:
		if t, ok := v.Interface().(time.Time); ok {
			return t.Location() == time.UTC && t.Nanosecond()%int(time.Millisecond) == 0
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && !settled(v.Field(i)) {
				return false
			}
		}
	case reflect.Slice, reflect.Array:
		if !mayHoldTime(v.Type().Elem().Kind()) {
			return true
		}
		for i := range v.Len() {
			if !settled(v.Index(i)) {
				return false
			}
		}
	case reflect.Map:
		if !mayHoldTime(v.Type().Elem().Kind()) {
			return true
		}
		for it := v.MapRange(); it.Next(); {
			if !settled(it.Value()) {
				return false
			}
		}
	}
	return true
}

// settle applies Time to all times in v, which is settable.
func settle(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			settle(v.Elem())
		}
	case reflect.Struct:
		if t, ok := v.Interface().(time.Time); ok {
			v.Set(reflect.ValueOf(Time(t)))
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				settle(v.Field(i))
			}
		}
	case reflect.Slice, reflect.Array:
		if !mayHoldTime(v.Type().Elem().Kind()) {
			return
		}
		for i := range v.Len() {
			settle(v.Index(i))
		}
	case reflect.Map:
		if !mayHoldTime(v.Type().Elem().Kind()) {
			return
		}
		for _, k := range v.MapKeys() {
			e := reflect.New(v.Type().Elem()).Elem()
			e.Set(v.MapIndex(k))
			settle(e)
			v.SetMapIndex(k, e)
		}
	}
}

func mayHoldTime(k reflect.Kind) bool {
	switch k {
	case reflect.Struct, reflect.Pointer, reflect.Interface, reflect.Slice, reflect.Array, reflect.Map:
		return true
	default:
		return false
	}
}
