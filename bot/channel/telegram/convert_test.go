package telegram

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
)

var us = converter{botID: 700100200, username: "emileku_bot"}

const (
	siti    = `"from":{"id":7,"is_bot":false,"first_name":"Siti","last_name":"Aminah","username":"siti"}`
	inChat  = `"chat":{"id":7,"type":"private","first_name":"Siti"}`
	inGroup = `"chat":{"id":-100500,"type":"supergroup","title":"Tim"}`
)

// message wraps fields into an update.
func message(fields ...string) string {
	return `{"update_id":815,"message":{"message_id":42,"date":1789000000,` + strings.Join(fields, ",") + `}}`
}

func convertJSON(t *testing.T, raw string) (channel.Inbound, bool) {
	t.Helper()
	u, err := decode(json.RawMessage(raw))
	if err != nil {
		t.Fatal(err)
	}
	return us.convert(u, time.Unix(1789000001, 0))
}

func TestConvert(t *testing.T) {
	t.Parallel()
	sender := channel.Sender{ID: "7", Name: "Siti Aminah", Username: "siti"}
	private := channel.Inbound{
		ID: "telegram:u:700100200:815", Chat: chatOf(7), Sender: sender, MessageID: "42", SentAt: time.Unix(1789000000, 0).UTC(),
	}
	group := private
	group.Chat, group.Group, group.ChatTitle = chatOf(-100500), true, "Tim"
	with := func(base channel.Inbound, change func(*channel.Inbound)) *channel.Inbound {
		change(&base)
		return &base
	}
	for name, c := range map[string]struct {
		raw  string
		want *channel.Inbound // nil: left out
	}{
		"text": {message(siti, inChat, `"text":"halo"`), with(private, func(in *channel.Inbound) {
			in.Kind, in.Text = channel.Text, "halo"
		})},
		"command with our name in private": {message(siti, inChat, `"text":"/start@emileku_bot ukm"`), with(private, func(in *channel.Inbound) {
			in.Kind, in.Text = channel.Text, "/start ukm"
		})},
		"command of another bot": {message(siti, inGroup, `"text":"/start@lain_bot"`), nil},
		"largest photo": {
			message(siti, inChat, `"caption":"produk","photo":[{"file_id":"a","width":90,"height":90,"file_size":9},{"file_id":"b","width":900,"height":900,"file_size":99},{"file_id":"c","width":300,"height":300}]`),
			with(private, func(in *channel.Inbound) {
				in.Kind, in.Text = channel.Photo, "produk"
				in.Media = &channel.Media{Ref: "b", MIME: "image/jpeg", Size: 99}
			}),
		},
		"command as a caption": {
			message(siti, inGroup, `"caption":"/dok@Emileku_Bot panggung","document":{"file_id":"d","file_name":"x.jpg","mime_type":"image/jpeg","file_size":5}`),
			with(group, func(in *channel.Inbound) {
				in.Kind, in.Text, in.Addressed = channel.Document, "/dok panggung", true
				in.Media = &channel.Media{Ref: "d", Name: "x.jpg", MIME: "image/jpeg", Size: 5}
			}),
		},
		"animation is no document": {message(siti, inChat, `"animation":{"file_id":"a"},"document":{"file_id":"a"}`), with(private, func(in *channel.Inbound) {
			in.Kind = channel.Other
		})},
		"video": {message(siti, inChat, `"video":{"file_id":"a"},"caption":"lihat"`), with(private, func(in *channel.Inbound) {
			in.Kind, in.Text = channel.Other, "lihat"
		})},
		"poll":  {message(siti, inChat, `"poll":{"id":"1"}`), with(private, func(in *channel.Inbound) { in.Kind = channel.Other })},
		"audio": {message(siti, inChat, `"audio":{"file_id":"a"}`), with(private, func(in *channel.Inbound) { in.Kind = channel.Voice })},
		"venue": {message(siti, inChat, `"venue":{"title":"Stadion"},"location":{"latitude":-6.5,"longitude":106.8}`), with(private, func(in *channel.Inbound) {
			in.Kind, in.Location = channel.Place, &channel.Location{Latitude: -6.5, Longitude: 106.8}
		})},
		"anonymous admin": {
			message(`"from":{"id":1087968824,"is_bot":true,"first_name":"Group","username":"GroupAnonymousBot"}`,
				`"sender_chat":{"id":-100500,"type":"supergroup","title":"Tim"}`, inGroup, `"text":"/grup"`),
			with(group, func(in *channel.Inbound) {
				in.Kind, in.Text, in.Addressed = channel.Text, "/grup", true
				in.Sender = channel.Sender{ID: "-100500", Name: "Tim", Anonymous: true}
			}),
		},
		"somebody as a channel": {
			message(`"from":{"id":136817688,"is_bot":true,"first_name":"Channel"}`,
				`"sender_chat":{"id":-100900,"type":"channel","title":"Kabar"}`, inGroup, `"text":"halo"`),
			with(group, func(in *channel.Inbound) {
				in.Kind, in.Text, in.Sender = channel.Text, "halo", channel.Sender{ID: "-100900", Name: "Kabar"}
			}),
		},
		"mention by name": {
			message(siti, inGroup, `"text":"😀 bot tolong","entities":[{"type":"text_mention","offset":3,"length":3,"user":{"id":700100200}}]`),
			with(group, func(in *channel.Inbound) { in.Kind, in.Text, in.Addressed = channel.Text, "😀 bot tolong", true }),
		},
		"mention out of bounds": {
			message(siti, inGroup, `"text":"hai","entities":[{"type":"mention","offset":2,"length":9223372036854775807},{"type":"mention","offset":-1,"length":2}]`),
			with(group, func(in *channel.Inbound) { in.Kind, in.Text = channel.Text, "hai" }),
		},
		"press": {
			`{"update_id":815,"callback_query":{"id":"9","from":{"id":7,"first_name":"Siti","last_name":"Aminah","username":"siti"},"data":"ya","message":{"message_id":42,"date":0,` + inChat + `}}}`,
			with(private, func(in *channel.Inbound) {
				in.Kind, in.Text, in.SentAt = channel.Press, "ya", time.Unix(1789000001, 0).UTC()
			}),
		},
		"post of a channel":   {message(`"sender_chat":{"id":-9,"type":"channel"}`, `"chat":{"id":-9,"type":"channel"}`, `"text":"x"`), nil},
		"forwarded by itself": {message(siti, inGroup, `"is_automatic_forward":true`, `"text":"x"`), nil},
		"another bot":         {message(`"from":{"id":5,"is_bot":true,"first_name":"B"}`, inGroup, `"text":"x"`), nil},
		"new title":           {message(siti, inGroup, `"new_chat_title":"Baru"`), nil},
		"topic made":          {message(siti, inGroup, `"forum_topic_created":{"name":"x"}`), nil},
		"supergroup's side":   {message(siti, inGroup, `"migrate_from_chat_id":-500`), nil},
		"kind of the future":  {message(siti, inChat, `"hologram_shared":{}`), nil},
		"moving location": {
			`{"update_id":815,"edited_message":{"message_id":42,"date":1789000000,` + siti + `,` + inChat + `,"location":{"latitude":1,"longitude":2}}}`, nil,
		},
		"promotion": {
			`{"update_id":815,"my_chat_member":{` + inGroup + `,` + siti + `,"date":1,"old_chat_member":{"status":"member"},"new_chat_member":{"status":"administrator"}}}`, nil,
		},
		"unasked kind": {`{"update_id":815,"poll":{"id":"1"}}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := convertJSON(t, c.raw)
			if ok != (c.want != nil) {
				t.Fatalf("convert gave %+v, %v", got, ok)
			}
			if ok && !reflect.DeepEqual(got, *c.want) {
				t.Errorf("convert gave\n%+v, want\n%+v", got, *c.want)
			}
		})
	}
}

// FuzzConvert: whatever the network sends, an update is read or refused, never
// a panic, and what is read can be stored and answered.
func FuzzConvert(f *testing.F) {
	for _, seed := range []string{
		message(siti, inChat, `"text":"/start@emileku_bot x","entities":[{"type":"bot_command","offset":0,"length":6}]`),
		message(siti, inGroup, `"text":"hai @emileku_bot","entities":[{"type":"mention","offset":4,"length":12}],"reply_to_message":{"message_id":1,"from":null}`),
		message(siti, inChat, `"photo":[{"file_id":"a","width":1,"height":1}],"caption":"x"`),
		message(siti, inChat, `"contact":{"phone_number":"08","first_name":"A","user_id":7}`),
		message(siti, inChat, `"migrate_to_chat_id":-1`),
		`{"update_id":1,"callback_query":{"id":"1","from":{"id":1},"data":"x","message":{"message_id":1,` + inChat + `}}}`,
		`{"update_id":1,"my_chat_member":{"chat":{"id":1,"type":"private"},"from":{"id":1},"old_chat_member":{"status":"kicked"},"new_chat_member":{"status":"member"}}}`,
		`{"update_id":1,"message":null}`, `{"update_id":"x"}`, `[]`, `{"update_id":1,"message":{"chat":null}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		u, err := decode(raw)
		if err != nil {
			return
		}
		in, ok := us.convert(u, time.Unix(1789000001, 0))
		if !ok {
			return
		}
		if in.ID == "" || in.Kind == "" || in.Chat.Channel != channel.Telegram || in.Chat.ID == "" {
			t.Errorf("%s gave %+v", raw, in)
		}
		if _, err := json.Marshal(in); err != nil {
			t.Errorf("%s gave what cannot be stored: %v", raw, err)
		}
	})
}

// TestAlbums: photos that were sent together say so, and a reply to a photo
// brings it along.
func TestAlbums(t *testing.T) {
	t.Parallel()
	in, ok := convertJSON(t, message(siti, inGroup, `"media_group_id":"77","photo":[{"file_id":"a","width":90,"height":90,"file_size":9}]`))
	if !ok || in.Album != "77" || in.Media == nil || in.Media.Ref != "a" {
		t.Errorf("one of an album: %+v, %v", in, ok)
	}
	in, ok = convertJSON(t, message(siti, inGroup, `"text":"/dok Tari","entities":[{"type":"bot_command","offset":0,"length":4}],"reply_to_message":{"message_id":1,"from":{"id":9,"first_name":"Budi"},"photo":[{"file_id":"a","width":90,"height":90},{"file_id":"b","width":900,"height":900,"file_size":99}]}`))
	if want := (&channel.Media{Ref: "b", MIME: "image/jpeg", Size: 99}); !ok || in.ReplyTo == nil || !reflect.DeepEqual(in.ReplyTo.Media, want) || in.Media != nil {
		t.Errorf("a reply to a photo: %+v, %v", in, ok)
	}
}
