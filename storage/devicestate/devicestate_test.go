package devicestate_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/diskopukm/emileku/storage/devicestate"
)

func TestIDsSplitAsTheyWereJoined(t *testing.T) {
	t.Parallel()
	for _, parts := range [][]string{
		{"628:1@s.whatsapp.net", "secret", "12036@g.us", "7000@lid", "3EB0/%2F%25/"},
		{"a/b", "contact", ""},
		{"-", "lid", "%"},
	} {
		id := devicestate.ID(parts[0], parts[1], parts[2:]...)
		device, kind, key := devicestate.Split(id)
		if got := append([]string{device, kind}, key...); !slices.Equal(got, parts) {
			t.Errorf("%q became %q, then %q", parts, id, got)
		}
	}
	if device, kind, key := devicestate.Split("x"); device != "" || kind != "" || key != nil {
		t.Error(device, kind, key)
	}
}

func FuzzIDs(f *testing.F) {
	f.Add("a%2Fb", "c/d", "%25")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		device, kind, key := devicestate.Split(devicestate.ID(a, b, c))
		if device != a || kind != b || len(key) != 1 || key[0] != c {
			t.Errorf("%q %q %q became %q %q %q", a, b, c, device, kind, key)
		}
	})
}

func TestPreKeysAreInOrder(t *testing.T) {
	t.Parallel()
	ids := []string{}
	for _, n := range []uint32{0, 9, 10, 999, 1000, 16777215} {
		id := devicestate.PreKeyID(n)
		ids = append(ids, id)
		if back, err := devicestate.ParsePreKeyID(id); back != n || err != nil {
			t.Error(n, back, err)
		}
	}
	if !slices.IsSorted(ids) {
		t.Error(ids)
	}
}

func TestDocumentRefuses(t *testing.T) {
	t.Parallel()
	for name, doc := range map[string]string{
		"no kind":           `{"id":"a:1@b","value":{}}`,
		"unknown kind":      `{"id":"a:1@b/keys","value":{}}`,
		"too short a key":   `{"id":"a:1@b/secret/c/d","value":{}}`,
		"too long a key":    `{"id":"a:1@b/device/x","value":{}}`,
		"LID of a device":   `{"id":"a:1@b/lid/1","value":{"pn":"2"}}`,
		"device of none":    `{"id":"-/device","value":{}}`,
		"unknown field":     `{"id":"a:1@b/nctsalt","value":{"salt":"","x":1}}`,
		"unknown outside":   `{"id":"a:1@b/nctsalt","value":{"salt":""},"x":1}`,
		"no value":          `{"id":"a:1@b/nctsalt"}`,
		"an adapter's own":  `{"id":"-/journal","value":{}}`,
		"bytes not base64":  `{"id":"a:1@b/nctsalt","value":{"salt":"%"}}`,
		"number out of int": `{"id":"a:1@b/outgoing/c/d","value":{"timestamp":1e40}}`,
	} {
		if err := json.Unmarshal([]byte(doc), new(devicestate.Document)); !errors.Is(err, devicestate.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestArchived(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]bool{
		devicestate.KindSession: false, devicestate.KindSenderKey: false, devicestate.KindDevice: true,
		devicestate.KindPreKey: true, devicestate.KindIdentity: true, devicestate.KindEvent: true,
	} {
		if devicestate.Archived(devicestate.ID("a:1@b", kind, "x")) != want {
			t.Errorf("%s: archived %v", kind, !want)
		}
	}
}
