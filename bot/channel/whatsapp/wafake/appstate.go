package wafake

import (
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
)

// appState is what an account's phone and its linked devices share beside
// messages: address book, settings. Each collection is a list of sealed patches.
type appState struct {
	keyID, key  []byte
	made        time.Time
	collections map[string][][]byte // marshalled SyncdPatch, version 1 first
}

func newAppState() *appState {
	return &appState{
		keyID: append([]byte{0, 0}, random(4)...), key: random(32), made: time.Now(), collections: map[string][][]byte{},
	}
}

// share is the message that gives a linked device the key.
func (a *appState) share() *waE2E.AppStateSyncKeyShare {
	return &waE2E.AppStateSyncKeyShare{Keys: []*waE2E.AppStateSyncKey{{
		KeyID: &waE2E.AppStateSyncKeyId{KeyID: a.keyID},
		KeyData: &waE2E.AppStateSyncKeyData{
			KeyData: a.key, Timestamp: proto.Int64(a.made.UnixMilli()),
			Fingerprint: &waE2E.AppStateSyncKeyFingerprint{
				RawID: proto.Uint32(4711), CurrentIndex: proto.Uint32(1), DeviceIndexes: []uint32{0, 1},
			},
		},
	}}}
}

// answerAppState gives the patches that a device lacks.
func (s *Server) answerAppState(c *conn, n *waBinary.Node) {
	state := c.device.owner.account.state
	sync := n.GetChildByTag("sync")
	var answers []waBinary.Node
	for _, asked := range sync.GetChildren() {
		answers = append(answers, state.answer(asked))
	}
	s.answer(c, n, waBinary.Node{Tag: "sync", Content: answers})
}

func (a *appState) answer(asked waBinary.Node) waBinary.Node {
	name := attrString(&asked, "name")
	ag := asked.AttrGetter()
	have := min(ag.OptionalInt("version"), len(a.collections[name]))
	var missing []waBinary.Node
	for _, patch := range a.collections[name][have:] {
		missing = append(missing, waBinary.Node{Tag: "patch", Content: patch})
	}
	answer := waBinary.Node{Tag: "collection", Attrs: waBinary.Attrs{"name": name, "version": len(a.collections[name])}}
	if len(missing) > 0 {
		answer.Content = []waBinary.Node{{Tag: "patches", Content: missing}}
	}
	return answer
}
