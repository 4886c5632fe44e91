package document

import (
	"encoding/json"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"sync"
	"time"
)

// Encode gives the canonical JSON of a document: equal values give equal
// bytes, whichever time zone their times were in. doc is left as it is.
func Encode(doc any) (json.RawMessage, error) {
	if v := reflect.ValueOf(doc); v.IsValid() {
		if v, changed := settled(v); changed {
			doc = v.Interface()
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

// settled gives v with all times in it as Time makes them: v itself where they
// are so already, which is nearly always, else a copy of those parts alone
// that hold one which is not.
func settled(v reflect.Value) (out reflect.Value, changed bool) {
	if !mayHoldTime(v.Type()) {
		return v, false
	}
	switch v.Kind() {
	case reflect.Pointer:
		if inner, changed := settledIn(v); changed {
			out = reflect.New(v.Type().Elem())
			out.Elem().Set(inner)
			return out, true
		}
	case reflect.Interface:
		if inner, changed := settledIn(v); changed {
			out = reflect.New(v.Type()).Elem()
			out.Set(inner)
			return out, true
		}
	case reflect.Struct:
		if v.Type() == timeType {
			return settledTime(v)
		}
		return settledParts(v, slices.Values(timefulFields(v.Type())), func(v reflect.Value, i int) reflect.Value { return v.Field(i) })
	case reflect.Slice, reflect.Array:
		return settledParts(v, numbersTo(v.Len()), reflect.Value.Index)
	case reflect.Map:
		return settledMap(v)
	}
	return v, false
}

var timeType = reflect.TypeFor[time.Time]()

func settledTime(v reflect.Value) (out reflect.Value, changed bool) {
	var t time.Time
	if v.CanAddr() {
		t = *v.Addr().Interface().(*time.Time) // spares a copy on the heap
	} else {
		t = v.Interface().(time.Time)
	}
	if t.Location() == time.UTC && t.Nanosecond()%int(time.Millisecond) == 0 {
		return v, false
	}
	return reflect.ValueOf(Time(t)), true
}

// settledIn is settled for what a pointer or an interface holds.
func settledIn(v reflect.Value) (inner reflect.Value, changed bool) {
	if v.IsNil() {
		return v, false
	}
	return settled(v.Elem())
}

// settledParts is settled for the parts of a struct, a slice or an array.
func settledParts(v reflect.Value, parts iter.Seq[int], part func(v reflect.Value, i int) reflect.Value) (out reflect.Value, changed bool) {
	out = v
	for i := range parts {
		p, c := settled(part(v, i))
		if !c {
			continue
		}
		if !changed {
			out, changed = shallowCopy(v), true
		}
		part(out, i).Set(p)
	}
	return out, changed
}

func shallowCopy(v reflect.Value) reflect.Value {
	if v.Kind() == reflect.Slice {
		out := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(out, v)
		return out
	}
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	return out
}

func settledMap(v reflect.Value) (out reflect.Value, changed bool) {
	out = v
	for it := v.MapRange(); it.Next(); {
		e, c := settled(it.Value())
		if !c {
			continue
		}
		if !changed {
			out, changed = reflect.MakeMapWithSize(v.Type(), v.Len()), true
			for all := v.MapRange(); all.Next(); {
				out.SetMapIndex(all.Key(), all.Value())
			}
		}
		out.SetMapIndex(it.Key(), e)
	}
	return out, changed
}

func numbersTo(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := 0; i < n && yield(i); i++ {
		}
	}
}

// timeful and timefulIn remember the answers of mayHoldTime and timefulFields.
var (
	timeful   sync.Map // reflect.Type -> bool
	timefulIn sync.Map // reflect.Type -> []int
)

// timefulFields are the indexes of a struct's fields that JSON shows and that
// may hold a time.
func timefulFields(t reflect.Type) []int {
	if known, ok := timefulIn.Load(t); ok {
		fields, _ := known.([]int)
		return fields
	}
	var fields []int
	for i := range t.NumField() {
		if f := t.Field(i); f.IsExported() && mayHoldTime(f.Type) {
			fields = append(fields, i)
		}
	}
	timefulIn.Store(t, fields)
	return fields
}

// mayHoldTime reports whether a value of the type can have a time in it, so
// that all others need not be looked through.
func mayHoldTime(t reflect.Type) bool {
	if known, ok := timeful.Load(t); ok {
		return known == true
	}
	answer := searchTime(t, map[reflect.Type]bool{})
	timeful.Store(t, answer)
	return answer
}

// searchTime is mayHoldTime without the memory; a type under way in a circle
// of types adds nothing to what the others of the circle hold.
func searchTime(t reflect.Type, underWay map[reflect.Type]bool) bool {
	if t == timeType || t.Kind() == reflect.Interface {
		return true
	}
	if underWay[t] {
		return false
	}
	underWay[t] = true
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return searchTime(t.Elem(), underWay)
	case reflect.Struct:
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() && searchTime(f.Type, underWay) {
				return true
			}
		}
	}
	return false
}
