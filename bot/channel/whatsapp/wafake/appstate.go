package wafake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.mau.fi/whatsmeow/appstate"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waServerSync"
	"go.mau.fi/whatsmeow/proto/waSyncAction"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	waLog "go.mau.fi/whatsmeow/util/log"
	"google.golang.org/protobuf/proto"
)

// appState is what an account's phone and its linked devices share beside
// messages: address book, settings. A collection is a list of sealed patches;
// the phone holds the key, the server only the list.
type appState struct {
	keyID, key  []byte
	made        time.Time
	processor   *appstate.Processor
	collections map[appstate.WAPatchName]*collection
	settings    [][]string
}

type collection struct {
	patches [][]byte // marshalled SyncdPatch; the first is version 1
	state   appstate.HashState
	macs    map[string][]byte // value MAC by index MAC
}

func newAppState() *appState {
	a := &appState{
		keyID: append([]byte{0, 0}, random(4)...), key: random(32), made: time.Now(),
		collections: map[appstate.WAPatchName]*collection{},
	}
	for _, name := range appstate.AllPatchNames {
		a.collections[name] = &collection{macs: map[string][]byte{}}
	}
	a.processor = appstate.NewProcessor(&store.Device{AppStateKeys: stateKeys{a: a}, AppState: stateMACs{a: a}}, waLog.Noop)
	return a
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

// commit appends a patch: its author leaves the version to the server. The
// phone reads it, so a patch whose codes are wrong is an error.
func (a *appState) commit(name appstate.WAPatchName, raw []byte) error {
	c := a.collections[name]
	if c == nil {
		return fmt.Errorf("wafake: there is no collection %q", name)
	}
	patch := &waServerSync.SyncdPatch{}
	if err := proto.Unmarshal(raw, patch); err != nil {
		return fmt.Errorf("wafake: decode patch: %w", err)
	}
	patch.Version = &waServerSync.SyncdVersion{Version: proto.Uint64(uint64(len(c.patches) + 1))}
	stored, err := proto.Marshal(patch) // before reading it: that decrypts in place
	if err != nil {
		return fmt.Errorf("wafake: encode patch: %w", err)
	}
	list := &appstate.PatchList{Name: name, Patches: []*waServerSync.SyncdPatch{patch}}
	changes, state, err := a.processor.DecodePatches(context.Background(), list, c.state, true)
	if err != nil {
		return fmt.Errorf("wafake: read patch of %s: %w", name, err)
	}
	c.patches, c.state = append(c.patches, stored), state
	for _, change := range changes {
		a.settings = append(a.settings, change.Index)
	}
	return nil
}

// answerAppState takes the patch that a device sends, and gives those it lacks.
func (s *Server) answerAppState(c *conn, n *waBinary.Node) {
	account := c.device.owner.account
	sync := n.GetChildByTag("sync")
	var answers []waBinary.Node
	for _, asked := range sync.GetChildren() {
		name := appstate.WAPatchName(attrString(&asked, "name"))
		answer, changed := account.state.answer(asked, name)
		answers = append(answers, answer)
		delete(c.device.owed, owedState+string(name))
		if changed {
			account.tellState(name, c.device)
		}
	}
	s.answer(c, n, waBinary.Node{Tag: "sync", Content: answers})
}

func (a *appState) answer(asked waBinary.Node, name appstate.WAPatchName) (answer waBinary.Node, changed bool) {
	c := a.collections[name]
	if c == nil {
		return stateError(name, 404, "item-not-found"), false
	}
	ag := asked.AttrGetter()
	have := ag.OptionalInt("version")
	if patch, ok := asked.GetOptionalChildByTag("patch"); ok {
		switch {
		case have != len(c.patches):
			answer := stateError(name, 409, "conflict")
			answer.Content = append(answer.GetChildren(), c.since(have)...)
			return answer, false
		case a.commit(name, content(patch)) != nil:
			return stateError(name, 400, "bad-request"), false
		}
		return waBinary.Node{Tag: "collection", Attrs: waBinary.Attrs{"name": string(name), "version": len(c.patches)}}, true
	}
	answer = waBinary.Node{Tag: "collection", Attrs: waBinary.Attrs{"name": string(name), "version": len(c.patches)}}
	if missing := c.since(have); missing != nil {
		answer.Content = missing
	}
	return answer, false
}

func (c *collection) since(version int) []waBinary.Node {
	var missing []waBinary.Node
	for _, patch := range c.patches[min(max(version, 0), len(c.patches)):] {
		missing = append(missing, waBinary.Node{Tag: "patch", Content: patch})
	}
	if missing == nil {
		return nil
	}
	return []waBinary.Node{{Tag: "patches", Content: missing}}
}

func stateError(name appstate.WAPatchName, code int, text string) waBinary.Node {
	return waBinary.Node{
		Tag: "collection", Attrs: waBinary.Attrs{"name": string(name), "type": "error"},
		Content: []waBinary.Node{{Tag: "error", Attrs: waBinary.Attrs{"code": code, "text": text}}},
	}
}

// tellState tells the linked devices, except the one that made it, that a
// collection has changed.
func (a *Account) tellState(name appstate.WAPatchName, except *device) {
	for _, d := range a.linked() {
		if d == except {
			continue
		}
		d.owed[owedState+string(name)] = true
		a.srv.deliver(d, waBinary.Node{
			Tag: "notification",
			Attrs: waBinary.Attrs{
				"from": types.ServerJID, "type": "server_sync", "id": a.srv.newStanzaID(), "t": a.srv.stamp(),
			},
			Content: []waBinary.Node{{Tag: "collection", Attrs: waBinary.Attrs{
				"name": string(name), "version": len(a.state.collections[name].patches),
			}}},
		})
	}
}

// SaveContact puts a name into the phone's address book; linked devices learn it.
func (a *Account) SaveContact(phone, name string) error {
	a.srv.mu.Lock()
	defer a.srv.mu.Unlock()
	jid := types.NewJID(digits(phone), types.DefaultUserServer)
	action := &waSyncAction.ContactAction{FullName: proto.String(name), FirstName: proto.String(name)}
	if u := a.srv.phones[jid.User]; u != nil {
		action.LidJID = proto.String(u.lid.String())
	}
	return a.change(appstate.WAPatchCriticalUnblockLow, appstate.MutationInfo{
		Index: []string{appstate.IndexContact, jid.String()}, Version: 2,
		Value: &waSyncAction.SyncActionValue{ContactAction: action},
	})
}

// change is a patch of the phone's own.
func (a *Account) change(name appstate.WAPatchName, m appstate.MutationInfo) error {
	raw, err := a.state.processor.EncodePatch(context.Background(), a.state.keyID, a.state.collections[name].state,
		appstate.PatchInfo{Type: name, Timestamp: a.srv.opts.Now(), Mutations: []appstate.MutationInfo{m}})
	if err != nil {
		return fmt.Errorf("wafake: encode patch: %w", err)
	}
	if err := a.state.commit(name, raw); err != nil {
		return err
	}
	a.tellState(name, nil)
	return nil
}

// Settings are the changes of the account's app state so far, each by its index,
// such as ["contact", JID] or ["pin_v1", JID].
func (a *Account) Settings() [][]string {
	a.srv.mu.Lock()
	defer a.srv.mu.Unlock()
	return slices.Clone(a.state.settings)
}

// stateKeys and stateMACs are what appstate.Processor needs of a store.
type stateKeys struct {
	store.AppStateSyncKeyStore
	a *appState
}

func (k stateKeys) GetAppStateSyncKey(_ context.Context, id []byte) (*store.AppStateSyncKey, error) {
	if !bytes.Equal(id, k.a.keyID) {
		return nil, nil
	}
	return &store.AppStateSyncKey{Data: k.a.key, Timestamp: k.a.made.UnixMilli()}, nil
}

type stateMACs struct {
	store.AppStateStore
	a *appState
}

var errNoCollection = errors.New("wafake: no such collection")

func (m stateMACs) PutAppStateVersion(context.Context, string, uint64, [128]byte) error { return nil }

func (m stateMACs) PutAppStateMutationMACs(_ context.Context, name string, _ uint64, macs []store.AppStateMutationMAC) error {
	c := m.a.collections[appstate.WAPatchName(name)]
	if c == nil {
		return errNoCollection
	}
	for _, mac := range macs {
		c.macs[string(mac.IndexMAC)] = mac.ValueMAC
	}
	return nil
}

func (m stateMACs) DeleteAppStateMutationMACs(_ context.Context, name string, indexes [][]byte) error {
	c := m.a.collections[appstate.WAPatchName(name)]
	if c == nil {
		return errNoCollection
	}
	for _, index := range indexes {
		delete(c.macs, string(index))
	}
	return nil
}

func (m stateMACs) GetAppStateMutationMAC(_ context.Context, name string, index []byte) ([]byte, error) {
	c := m.a.collections[appstate.WAPatchName(name)]
	if c == nil {
		return nil, errNoCollection
	}
	return c.macs[string(index)], nil
}
