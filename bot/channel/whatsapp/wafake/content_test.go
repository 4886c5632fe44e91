package wafake_test

import (
	"bytes"
	"crypto/sha256"
	"testing"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"github.com/diskopukm/emileku/bot/channel/whatsapp/wafake"
)

// TestEditsReactionsReplies in both directions.
func TestEditsReactionsReplies(t *testing.T) {
	t.Parallel()
	srv := serve(t, wafake.Options{})
	siti := srv.AddPerson("6281210000001", "Siti")
	c, account := linked(t, srv)

	id := siti.Send(account, "daftra")
	first := c.message()
	siti.Edit(account, id, "daftar")
	edit := c.message()
	if !edit.IsEdit || edit.Message.GetProtocolMessage().GetKey().GetID() != id ||
		edit.Message.GetProtocolMessage().GetEditedMessage().GetConversation() != "daftar" {
		t.Errorf("the edit came as %v", edit.Message)
	}
	siti.Delete(account, id)
	if m := c.message().Message.GetProtocolMessage(); m.GetType() != waE2E.ProtocolMessage_REVOKE || m.GetKey().GetID() != id {
		t.Errorf("the deletion came as %v", m)
	}

	c.text(siti, "Nama Anda?", "E1")
	asked := next(t, siti)
	siti.ReplyTo(asked, account, "Siti Aminah")
	reply := c.message().Message.GetExtendedTextMessage()
	if reply.GetText() != "Siti Aminah" || reply.GetContextInfo().GetStanzaID() != "E1" {
		t.Errorf("the reply came as %v", reply)
	}
	siti.React(asked, account, "👍")
	reaction := c.message().Message.GetReactionMessage()
	if reaction.GetText() != "👍" || reaction.GetKey().GetID() != "E1" {
		t.Errorf("the reaction came as %v", reaction)
	}

	ctx := deadline(t)
	_, err := c.SendMessage(ctx, siti.LID(), c.BuildEdit(siti.LID(), "E1", &waE2E.Message{Conversation: proto.String("Nama lengkap Anda?")}))
	must(t, err)
	must(t, siti.WaitUntil(ctx, func(inbox []wafake.Message) bool {
		return len(inbox) == 1 && inbox[0].Text == "Nama lengkap Anda?" && inbox[0].Edited
	}))
	_, err = c.SendMessage(ctx, siti.LID(), c.BuildReaction(siti.LID(), first.Info.Sender, first.Info.ID, "✅"))
	must(t, err)
	must(t, siti.WaitUntil(ctx, func([]wafake.Message) bool { return true }))
	if got := siti.Reaction(first.Info.ID); got != "✅" {
		t.Errorf("Siti sees the reaction %q", got)
	}
	_, err = c.SendMessage(ctx, siti.LID(), c.BuildRevoke(siti.LID(), types.EmptyJID, "E1"))
	must(t, err)
	must(t, siti.WaitUntil(ctx, func(inbox []wafake.Message) bool { return inbox[0].Deleted }))
	kinds := map[string]int{}
	for _, e := range srv.Sent() {
		kinds[e.Type+e.Edit]++
	}
	if kinds["text1"] != 1 || kinds["text7"] != 1 || kinds["reaction"] != 1 {
		t.Errorf("the log has %v", kinds)
	}
}

func TestPoll(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"lid", "number", "sealed by number"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			srv := serve(t, wafake.Options{})
			siti := srv.AddPerson("6281210000001", "Siti")
			siti.ByNumber(mode == "number")
			c, account := linked(t, srv)
			_, err := c.SendMessage(deadline(t), siti.PN(), c.BuildPollCreation("Hadir?", []string{"Ya", "Tidak"}, 1))
			must(t, err)
			poll := next(t, siti)
			if poll.Poll == nil || poll.Poll.Question != "Hadir?" || len(poll.Poll.Choices) != 2 || poll.Poll.Max != 1 {
				t.Fatalf("Siti got %+v", poll)
			}
			vote := siti.Vote
			if mode == "sealed by number" {
				vote = siti.VoteByNumber
			}
			_, err = vote(poll, account, "Tidak")
			must(t, err)
			got, err := c.DecryptPollVote(deadline(t), c.message())
			if mode == "sealed by number" {
				if err == nil {
					t.Error("a vote sealed with the number, from an @lid, was opened")
				}
				return
			}
			must(t, err)
			want := sha256.Sum256([]byte("Tidak"))
			if len(got.GetSelectedOptions()) != 1 || !bytes.Equal(got.GetSelectedOptions()[0], want[:]) {
				t.Errorf("the vote is %x", got.GetSelectedOptions())
			}
		})
	}
}

func TestMedia(t *testing.T) {
	t.Parallel()
	srv := serve(t, wafake.Options{})
	siti := srv.AddPerson("6281210000001", "Siti")
	c, account := linked(t, srv)
	data := bytes.Repeat([]byte("surat undangan "), 1000)

	for _, kind := range []wafake.Kind{wafake.Image, wafake.Document, wafake.Video, wafake.Voice, wafake.Sticker} {
		_, err := siti.SendMedia(account, wafake.Media{Kind: kind, Name: "surat.pdf", MIME: "application/pdf", Caption: "ini", Data: data})
		must(t, err)
		m := c.message()
		got, err := c.Download(deadline(t), file(m.Message))
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s: %d bytes, %v", kind, len(got), err)
		}
	}

	up, err := c.Upload(deadline(t), data, whatsmeow.MediaDocument)
	must(t, err)
	_, err = c.SendMessage(deadline(t), siti.PN(), &waE2E.Message{DocumentMessage: &waE2E.DocumentMessage{
		URL: &up.URL, DirectPath: &up.DirectPath, MediaKey: up.MediaKey, FileEncSHA256: up.FileEncSHA256,
		FileSHA256: up.FileSHA256, FileLength: &up.FileLength, Mimetype: proto.String("application/pdf"),
		FileName: proto.String("undangan.pdf"), Caption: proto.String("Undangan"),
	}})
	must(t, err)
	got := next(t, siti)
	if got.Media == nil || got.Media.Name != "undangan.pdf" || got.Text != "Undangan" || !bytes.Equal(got.Media.Data, data) {
		t.Errorf("Siti got %+v", got)
	}
}

func file(m *waE2E.Message) whatsmeow.DownloadableMessage {
	switch {
	case m.ImageMessage != nil:
		return m.ImageMessage
	case m.VideoMessage != nil:
		return m.VideoMessage
	case m.AudioMessage != nil:
		return m.AudioMessage
	case m.StickerMessage != nil:
		return m.StickerMessage
	}
	return m.GetDocumentMessage()
}

func TestContactAndPlace(t *testing.T) {
	t.Parallel()
	srv := serve(t, wafake.Options{})
	siti := srv.AddPerson("6281210000001", "Siti")
	c, account := linked(t, srv)
	siti.SendContact(account, "Budi", "+62 813 1000 0002")
	if m := c.message().Message.GetContactMessage(); m.GetDisplayName() != "Budi" {
		t.Errorf("the card is %v", m)
	}
	siti.SendPlace(account, wafake.Place{Latitude: -6.48, Longitude: 106.83, Name: "Cibinong"})
	if m := c.message().Message.GetLocationMessage(); m.GetDegreesLatitude() != -6.48 {
		t.Errorf("the place is %v", m)
	}
}

func TestOwnPhone(t *testing.T) {
	t.Parallel()
	srv := serve(t, wafake.Options{})
	siti := srv.AddPerson("6281210000001", "Siti")
	c, account := linked(t, srv)
	account.SendFromPhone(siti, "Saya telepon nanti")
	m := c.message()
	if !m.Info.IsFromMe || m.Info.Chat != siti.LID() || m.Message.GetConversation() != "Saya telepon nanti" {
		t.Errorf("the copy came as %+v", m.Info)
	}
	if got := next(t, siti); got.Text != "Saya telepon nanti" {
		t.Errorf("Siti got %+v", got)
	}
}

// TestHiddenNumber: somebody of whom only the LID is known.
func TestHiddenNumber(t *testing.T) {
	t.Parallel()
	srv := serve(t, wafake.Options{})
	siti := srv.AddPerson("6281210000001", "Siti")
	siti.HidePhone(true)
	c, account := linked(t, srv)
	siti.Send(account, "halo")
	m := c.message()
	if m.Info.Sender.ToNonAD() != siti.LID() || !m.Info.SenderAlt.IsEmpty() {
		t.Errorf("sender %s, alternative %s", m.Info.Sender, m.Info.SenderAlt)
	}
	_, err := c.SendMessage(deadline(t), m.Info.Chat, &waE2E.Message{Conversation: proto.String("halo juga")})
	must(t, err)
	if got := next(t, siti); got.Text != "halo juga" {
		t.Errorf("Siti got %+v", got)
	}
}
