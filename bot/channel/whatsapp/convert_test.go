package whatsapp

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/channeltest"
	"github.com/diskopukm/emileku/storage/sqlite"
)

// devices is a device store in a database of its own.
func devices(t *testing.T) DeviceStore {
	t.Helper()
	ctx := context.Background()
	db, err := sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(t.TempDir(), "emileku.db"), Relaxed: true})
	if err != nil {
		t.Fatal(err)
	}
	driver, source := db.Address()
	c, err := OpenSQLite(ctx, driver, source, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Close()
		db.Close()
	})
	return c
}

var (
	ownPhone = types.NewJID("6281110000", types.DefaultUserServer)
	ownLID   = types.NewJID("99000", types.HiddenUserServer)
	hisPhone = types.NewJID("6281234567890", types.DefaultUserServer)
	hisLID   = types.NewJID("77001", types.HiddenUserServer)
	group    = types.NewJID("120363000", types.GroupServer)
)

// listening is a receiver for an account that is ours, without a line.
func listening(t *testing.T) *receiver {
	t.Helper()
	d := devices(t)
	c, err := New(Options{Devices: d, LineTimeout: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	dev, err := d.GetFirstDevice(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	id, lid := ownPhone, ownLID
	id.Device, lid.Device = 3, 3
	dev.ID, dev.LID = &id, lid
	cli := whatsmeow.NewClient(dev, nil)
	cli.Store.LIDs = lidsOf(t, d)
	return &receiver{c: c, cli: cli, sink: channeltest.NewInbox(), ctx: t.Context()}
}

func from(sender, alt, chat types.JID) types.MessageInfo {
	return types.MessageInfo{
		MessageSource: types.MessageSource{Chat: chat, Sender: sender, SenderAlt: alt, IsGroup: chat.Server == types.GroupServer},
		ID:            "ABCD", PushName: "Siti", Timestamp: time.Unix(1_800_000_000, 0),
	}
}

func text(s string) *waE2E.Message { return &waE2E.Message{Conversation: proto.String(s)} }

func wrap(m *waE2E.Message) *waE2E.FutureProofMessage { return &waE2E.FutureProofMessage{Message: m} }

// TestConvert: what each message of WhatsApp is to the core.
func TestConvert(t *testing.T) {
	t.Parallel()
	r := listening(t)
	private := from(hisLID, hisPhone, hisLID)
	for name, c := range map[string]struct {
		m    *waE2E.Message
		kind channel.Kind // "": not for us
		text string
	}{
		"text":       {text("halo"), channel.Text, "halo"},
		"link":       {text("Halo E-MILE KU, kode daftar_ukm"), channel.Text, "/start daftar_ukm"},
		"link, more": {text("halo e-mile ku, kode u_K7QX2M. Saya mau tanya"), channel.Text, "/start u_K7QX2M"},
		"bare link":  {text("Halo E-MILE KU"), channel.Text, "/start"},
		"greeting":   {text("Halo E-MILE KU apa kabar"), channel.Text, "Halo E-MILE KU apa kabar"},
		"extended":   {&waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: proto.String("https://x.id")}}, channel.Text, "https://x.id"},
		"ephemeral":  {&waE2E.Message{EphemeralMessage: wrap(text("hilang"))}, channel.Text, "hilang"},
		"view once": {&waE2E.Message{ViewOnceMessageV2: wrap(&waE2E.Message{ImageMessage: &waE2E.ImageMessage{
			Caption: proto.String("foto"), DirectPath: proto.String("/x?y"), MediaKey: []byte{1}, FileEncSHA256: []byte{2},
		}})}, channel.Photo, "foto"},
		"document": {&waE2E.Message{DocumentWithCaptionMessage: wrap(&waE2E.Message{DocumentMessage: &waE2E.DocumentMessage{
			Caption: proto.String("surat"), FileName: proto.String("a.pdf"), DirectPath: proto.String("/x?y"), MediaKey: []byte{1}, FileEncSHA256: []byte{2},
		}})}, channel.Document, "surat"},
		"sticker":  {&waE2E.Message{StickerMessage: &waE2E.StickerMessage{}}, channel.Sticker, ""},
		"voice":    {&waE2E.Message{AudioMessage: &waE2E.AudioMessage{PTT: proto.Bool(true)}}, channel.Voice, ""},
		"place":    {&waE2E.Message{LocationMessage: &waE2E.LocationMessage{DegreesLatitude: proto.Float64(-6.5), DegreesLongitude: proto.Float64(106.8)}}, channel.Place, ""},
		"video":    {&waE2E.Message{VideoMessage: &waE2E.VideoMessage{Caption: proto.String("lihat")}}, channel.Other, ""},
		"poll":     {&waE2E.Message{PollCreationMessageV3: &waE2E.PollCreationMessage{Name: proto.String("?")}}, channel.Other, ""},
		"reaction": {&waE2E.Message{ReactionMessage: &waE2E.ReactionMessage{Text: proto.String("👍")}}, "", ""},
		"revoked":  {&waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{Type: waE2E.ProtocolMessage_REVOKE.Enum()}}, "", ""},
		"keys":     {&waE2E.Message{SenderKeyDistributionMessage: &waE2E.SenderKeyDistributionMessage{}, MessageContextInfo: &waE2E.MessageContextInfo{}}, "", ""},
		"edited": {&waE2E.Message{EditedMessage: wrap(&waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
			Type: waE2E.ProtocolMessage_MESSAGE_EDIT.Enum(), Key: &waCommon.MessageKey{ID: proto.String("FIRST")}, EditedMessage: text("hadir"),
		}})}, channel.Edited, "hadir"},
	} {
		e := (&events.Message{Info: private, RawMessage: c.m}).UnwrapRaw()
		in, wanted, err := r.convert(e)
		if err != nil || wanted != (c.kind != "") {
			t.Errorf("%s: wanted %v, %v", name, wanted, err)
			continue
		}
		if !wanted {
			continue
		}
		if in.Kind != c.kind || in.Text != c.text {
			t.Errorf("%s came as %s %q", name, in.Kind, in.Text)
		}
		want := channel.Sender{ID: "77001@lid", AltID: "6281234567890@s.whatsapp.net", Name: "Siti", Phone: "+6281234567890"}
		if in.Sender != want || in.Chat != (channel.Chat{Channel: channel.WhatsApp, ID: "77001@lid"}) || in.Group {
			t.Errorf("%s came from %+v in %v", name, in.Sender, in.Chat)
		}
		if m := in.Media; (m != nil) != (in.Kind == channel.Photo || in.Kind == channel.Document) {
			t.Errorf("%s has media %+v", name, m)
		} else if m != nil {
			if _, err := parseRef(m.Ref); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if c.kind == channel.Edited && in.MessageID != "FIRST" {
			t.Errorf("the edit is of %s", in.MessageID)
		}
	}
}

// TestSenders: one person has one key, whichever address WhatsApp gives; and
// not everybody's number is known.
func TestSenders(t *testing.T) {
	t.Parallel()
	r := listening(t)
	say := func(sender, alt, chat types.JID) channel.Inbound {
		in, wanted, err := r.convert(&events.Message{Info: from(sender, alt, chat), Message: text("halo")})
		if err != nil || !wanted {
			t.Fatalf("%s: %v, %v", sender, wanted, err)
		}
		return in
	}
	stranger := types.NewJID("77002", types.HiddenUserServer)
	if in := say(stranger, types.EmptyJID, group); in.Sender.ID != "77002@lid" || in.Sender.Phone != "" || in.Chat.ID != group.String() || !in.Group {
		t.Errorf("a group member without a number came as %+v", in)
	}
	if in := say(hisPhone, types.EmptyJID, hisPhone); in.Sender.ID != hisPhone.String() || in.Sender.Phone != "+6281234567890" {
		t.Errorf("without a LID: %+v", in)
	}
	if err := r.cli.Store.LIDs.PutLIDMapping(t.Context(), hisLID, hisPhone); err != nil {
		t.Fatal(err)
	}
	a, b := say(hisPhone, types.EmptyJID, hisPhone), say(hisLID, types.EmptyJID, hisLID)
	if a.Sender != b.Sender || a.Chat != b.Chat || a.ID != b.ID || a.Sender.ID != "77001@lid" {
		t.Errorf("two addresses, two people: %+v, %+v", a, b)
	}
	device := hisLID
	device.Device = 7
	if in := say(device, types.EmptyJID, hisLID); in.Sender.ID != "77001@lid" {
		t.Errorf("a device came as %s", in.Sender.ID)
	}
	for name, info := range map[string]types.MessageInfo{
		"own phone":  from(ownPhone, types.EmptyJID, hisLID),
		"own LID":    from(ownLID, types.EmptyJID, group),
		"status":     from(hisLID, types.EmptyJID, types.StatusBroadcastJID),
		"newsletter": from(hisLID, types.EmptyJID, types.NewJID("1", types.NewsletterServer)),
	} {
		if _, wanted, err := r.convert(&events.Message{Info: info, Message: text("halo")}); wanted || err != nil {
			t.Errorf("%s: wanted %v, %v", name, wanted, err)
		}
	}
}

// TestAddressed: what is meant for the bot in a group.
func TestAddressed(t *testing.T) {
	t.Parallel()
	r := listening(t)
	extended := func(s string, c *waE2E.ContextInfo) *waE2E.Message {
		return &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: proto.String(s), ContextInfo: c}}
	}
	for name, c := range map[string]struct {
		m         *waE2E.Message
		text      string
		addressed bool
	}{
		"chatter":      {text("selamat pagi"), "selamat pagi", false},
		"command":      {text("/rekap"), "/rekap", true},
		"mention":      {extended("@99000 rekap", &waE2E.ContextInfo{MentionedJID: []string{ownLID.String()}}), "rekap", true},
		"old mention":  {extended("rekap @6281110000", &waE2E.ContextInfo{MentionedJID: []string{ownPhone.String()}}), "rekap", true},
		"another":      {extended("@77001 sudah?", &waE2E.ContextInfo{MentionedJID: []string{hisLID.String()}}), "@77001 sudah?", false},
		"reply":        {extended("ya", &waE2E.ContextInfo{StanzaID: proto.String("X"), Participant: proto.String(ownLID.String()), QuotedMessage: text("Sudah?")}), "ya", true},
		"reply, other": {extended("ya", &waE2E.ContextInfo{StanzaID: proto.String("X"), Participant: proto.String(hisLID.String())}), "ya", false},
	} {
		in, wanted, err := r.convert(&events.Message{Info: from(hisLID, hisPhone, group), Message: c.m})
		if err != nil || !wanted || in.Text != c.text || in.Addressed != c.addressed {
			t.Errorf("%s came as %q, addressed %v (%v, %v)", name, in.Text, in.Addressed, wanted, err)
		}
		if name == "reply" && (in.ReplyTo == nil || !in.ReplyTo.FromBot || in.ReplyTo.Text != "Sudah?") {
			t.Errorf("%s answers to %+v", name, in.ReplyTo)
		}
	}
}

func TestCard(t *testing.T) {
	t.Parallel()
	r := listening(t)
	share := func(vcard string) *channel.Contact {
		m := &waE2E.Message{ContactMessage: &waE2E.ContactMessage{DisplayName: proto.String("Siti"), Vcard: proto.String(vcard)}}
		in, _, err := r.convert(&events.Message{Info: from(hisLID, hisPhone, hisLID), Message: m})
		if err != nil || in.Kind != channel.Card {
			t.Fatalf("a card came as %+v, %v", in, err)
		}
		return in.Contact
	}
	own := share("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Siti\r\nitem1.TEL;type=CELL;waid=6281234567890:+62 812-3456-7890\r\nEND:VCARD")
	if own.Phone != "+6281234567890" || !own.Own || own.Name != "Siti" {
		t.Errorf("her own card is %+v", own)
	}
	forged := share("BEGIN:VCARD\nFN:Siti\nTEL;waid=6281234567890:+62 811-1111-1111\nEND:VCARD")
	if forged.Own && forged.Phone != "+6281234567890" {
		t.Errorf("her own account with another's number is %+v", forged)
	}
	other := share("BEGIN:VCARD\nFN:Budi\nTEL:0812 9\nEND:VCARD")
	if other.Phone != "0812 9" || other.Own || other.UserID != "" {
		t.Errorf("another's card is %+v", other)
	}
}

// TestRender: WhatsApp styles what we style, and nothing else.
func TestRender(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Nomor *EMK-1*, _simpan_, `A1`.": "Nomor *EMK-1*, _simpan_, `A1`.",
		`Usaha: *A \* B*`:                "Usaha: *A * B*",
		`\*bintang\* dan \_garis\_`:      "∗bintang∗ dan ˍgarisˍ",
		`snake\_case 5 \* 3`:             "snake_case 5 * 3",
		`https://t.me/x?start=\_a\_`:     "https://t.me/x?start=_a_",
		"*dua\nbaris*":                   "*dua*\n*baris*",
		"*tebal _miring_*":               "*tebal* *_miring_*",
		`~coret~ ya`:                     "∼coret∼ ya",
	} {
		if got := render(in); got != want {
			t.Errorf("%q is sent as %q, want %q", in, got, want)
		}
	}
}

func TestMessageID(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	id := newMessageID(now)
	if at, ok := sentAt(id); !ok || !at.Equal(now) || len(id) != 22 || !strings.HasPrefix(id, "3EB0") {
		t.Errorf("%s is of %v, %v", id, at, ok)
	}
	for after, want := range map[time.Duration]bool{0: true, 19 * time.Minute: true, 20 * time.Minute: false, -time.Hour: false} {
		if editable(id, now.Add(after)) != want {
			t.Errorf("editable after %v: %v", after, !want)
		}
	}
	if editable("3EB0"+strings.Repeat("0", 18), now) || editable(id+"999", now) || editable("", now) {
		t.Error("a message that is not ours can be changed")
	}
	if p := pollID(id); p == id || p != pollID(id) || len(p) != len(id) {
		t.Errorf("the poll of %s is %s", id, p)
	}
}

func TestMasked(t *testing.T) {
	t.Parallel()
	if got := masked("to 6281234567890@s.whatsapp.net and 77001@lid, 12 s"); strings.Contains(got, "1234567") || !strings.Contains(got, "12 s") {
		t.Errorf("logged as %q", got)
	}
}

// TestAlbums: photos that were sent together say so, and a reply to a photo
// brings it along.
func TestAlbums(t *testing.T) {
	t.Parallel()
	r := listening(t)
	photo := func() *waE2E.ImageMessage {
		return &waE2E.ImageMessage{
			DirectPath: proto.String("/v/x"), MediaKey: []byte("key"), FileSHA256: []byte("hash"), FileEncSHA256: []byte("cipher"), Mimetype: proto.String("image/jpeg"), FileLength: proto.Uint64(9),
		}
	}
	together := &waE2E.Message{
		ImageMessage: photo(),
		MessageContextInfo: &waE2E.MessageContextInfo{MessageAssociation: &waE2E.MessageAssociation{
			AssociationType: waE2E.MessageAssociation_MEDIA_ALBUM.Enum(), ParentMessageKey: &waCommon.MessageKey{ID: proto.String("ALBUM")},
		}},
	}
	in, wanted, err := r.convert(&events.Message{Info: from(hisLID, hisPhone, group), Message: together})
	if err != nil || !wanted || in.Album != "ALBUM" || in.Media == nil {
		t.Errorf("one of an album: %+v, %v, %v", in, wanted, err)
	}
	reply := &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: proto.String("/dok Tari"), ContextInfo: &waE2E.ContextInfo{
		StanzaID: proto.String("X"), Participant: proto.String(hisLID.String()), QuotedMessage: &waE2E.Message{ImageMessage: photo()},
	}}}
	in, wanted, err = r.convert(&events.Message{Info: from(hisLID, hisPhone, group), Message: reply})
	if err != nil || !wanted || in.ReplyTo == nil || in.ReplyTo.Media == nil || in.Kind != channel.Text {
		t.Fatalf("a reply to a photo: %+v, %v, %v", in, wanted, err)
	}
	if ref, err := parseRef(in.ReplyTo.Media.Ref); err != nil || ref.Kind != "image" || ref.Path != "/v/x" {
		t.Errorf("its photo: %+v, %v", ref, err)
	}
}
