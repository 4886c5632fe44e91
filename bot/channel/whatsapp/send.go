package whatsapp

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/markup"
)

// What WhatsApp takes, in bytes.
const (
	maxPhoto    = 16 << 20
	maxDocument = 64 << 20
)

// Send implements channel.Channel. It waits a little for the line, and for
// WhatsApp's word that it has the message.
//
// Buttons do not show on WhatsApp, so they are left out, and so are AskContact
// and DropKeys; a Poll goes out as a message of its own after the text, and a
// poll that fails is no failure: the text has all that is needed. A caption
// over the limit is refused, not split: two messages could not be sent again as
// one. A message that is older than 20 minutes cannot be changed.
//
// How errors are classified: see classify.
func (c *Channel) Send(ctx context.Context, to channel.Chat, messageID string, m channel.Outbound) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", &channel.SendError{Err: err}
	}
	jid, err := parseChat(to)
	if err != nil {
		return "", permanent(err)
	}
	if err := check(m, time.Now()); err != nil {
		return "", permanent(err)
	}
	if m.Edit != "" && m.Text == "" {
		return m.Edit, nil // buttons are to go that were never shown
	}
	if messageID == "" {
		messageID = c.NewMessageID()
	}
	if err := c.ready(ctx); err != nil {
		return "", err
	}
	cli := c.current()
	if cli == nil {
		return "", &channel.SendError{RetryAfter: pauseUnlinked, Everyone: true, Err: errUnlinked}
	}
	if jid, err = c.resolve(ctx, cli, jid); err != nil {
		return "", channel.AsSendError(err)
	}
	if err := c.deliver(ctx, cli, jid, messageID, m); err != nil {
		return "", channel.AsSendError(err)
	}
	c.lastWord(ctx, cli.Store, jid)
	if m.Edit != "" {
		return m.Edit, nil
	}
	return messageID, nil
}

func permanent(err error) *channel.SendError { return &channel.SendError{Permanent: true, Err: err} }

// parseChat reads a chat of ours: a person or a group.
func parseChat(to channel.Chat) (types.JID, error) {
	jid, err := types.ParseJID(to.ID)
	if to.Channel != channel.WhatsApp || err != nil || jid.User == "" || jid.Device != 0 || !conversation(jid) {
		return jid, fmt.Errorf("whatsapp: %s is no chat of WhatsApp", masked(to.String()))
	}
	return jid, nil
}

// check refuses what WhatsApp would refuse, where it is cheap to know.
func check(m channel.Outbound, now time.Time) error {
	length := len(utf16.Encode([]rune(markup.Plain(m.Text))))
	switch {
	case m.Edit != "" && m.File != nil:
		return errors.New("whatsapp: the file of a message cannot be changed")
	case m.Edit != "" && !editable(m.Edit, now):
		return errors.New("whatsapp: a message can be changed for 20 minutes only")
	case m.File == nil && m.Edit == "" && strings.TrimSpace(markup.Plain(m.Text)) == "":
		return errors.New("whatsapp: the message has no text")
	case m.File == nil && length > maxText:
		return fmt.Errorf("whatsapp: text of %d characters, at most %d go", length, maxText)
	case m.File == nil:
		return nil
	case length > maxCaption:
		return fmt.Errorf("whatsapp: caption of %d characters, at most %d go", length, maxCaption)
	case m.File.Name == "":
		return errors.New("whatsapp: the file has no name")
	case len(m.File.Data) == 0:
		return fmt.Errorf("whatsapp: file %q is empty", m.File.Name)
	case m.File.Photo && len(m.File.Data) > maxPhoto, len(m.File.Data) > maxDocument:
		return fmt.Errorf("whatsapp: file %q of %d bytes is too large", m.File.Name, len(m.File.Data))
	}
	return nil
}

// resolve gives the account behind a number: messages go to its LID. A number
// without an account is Absent.
func (c *Channel) resolve(ctx context.Context, cli *whatsmeow.Client, jid types.JID) (types.JID, error) {
	if jid.Server != types.DefaultUserServer {
		return jid, nil
	}
	lid, err := c.canonical(ctx, cli, jid)
	if err != nil || lid.Server == types.HiddenUserServer {
		return lid, err
	}
	found, err := c.lookup(ctx, cli, []string{phoneOf(jid)})
	if err != nil {
		return jid, err
	}
	chat, ok := found[phoneOf(jid)]
	if !ok {
		return jid, &channel.SendError{Permanent: true, Absent: true, Err: errors.New("whatsapp: the number has no account")}
	}
	return parseChat(chat)
}

// deliver sends what a message consists of.
func (c *Channel) deliver(ctx context.Context, cli *whatsmeow.Client, to types.JID, id string, m channel.Outbound) error {
	body, err := c.compose(ctx, cli, to, m)
	if err != nil {
		return err
	}
	if err := c.transmit(ctx, cli, to, id, body); err != nil {
		return err
	}
	if p := m.Poll; p != nil && m.Edit == "" {
		pid := pollID(id)
		c.polls.put(pid, p.Options)
		if err := c.transmit(ctx, cli, to, pid, poll(p, pid)); err != nil {
			c.log.Info().Err(err).Msg("whatsapp: a poll was not sent; its text was")
		}
	}
	return nil
}

func (c *Channel) transmit(ctx context.Context, cli *whatsmeow.Client, to types.JID, id string, body *waE2E.Message) error {
	done, err := c.takeTurn(ctx)
	if err != nil {
		return err
	}
	defer done()
	// The library waits without end where a connection comes back in between, and
	// lets nobody else send meanwhile. Sending again under the same ID is safe.
	ctx, cancel := context.WithTimeout(ctx, c.opts.SendTimeout)
	defer cancel()
	_, err = cli.SendMessage(ctx, to, body, whatsmeow.SendRequestExtra{ID: id, Timeout: c.opts.SendTimeout})
	if err != nil {
		return classify(err)
	}
	return nil
}

// takeTurn waits until no other message is being sent. The library would let
// them wait, too, but then they used up the time that WhatsApp has to answer, and
// whoever had never been sent would be uncertain. Errors are *channel.SendError.
func (c *Channel) takeTurn(ctx context.Context) (done func(), err error) {
	for {
		if err := c.ready(ctx); err != nil {
			return nil, err
		}
		select {
		case c.turn <- struct{}{}:
		case <-ctx.Done():
			return nil, &channel.SendError{Err: ctx.Err()}
		}
		if !c.over.Load() && c.Connection().State == channel.Online {
			return func() { <-c.turn }, nil
		}
		<-c.turn // the line has gone meanwhile: nobody waits for it and holds the others up
	}
}

// graceToSend is how long a message that is being sent may take to be confirmed
// when Run ends. Without an answer it is sent again under the same ID, later.
const graceToSend = 2 * time.Second

// lastSend waits for the message that is being sent; none begins meanwhile.
func (c *Channel) lastSend() {
	patience := time.NewTimer(graceToSend)
	defer patience.Stop()
	select {
	case c.turn <- struct{}{}:
		<-c.turn
	case <-patience.C:
	}
}

// compose builds the message, and uploads its file.
func (c *Channel) compose(ctx context.Context, cli *whatsmeow.Client, to types.JID, m channel.Outbound) (*waE2E.Message, error) {
	text := render(m.Text)
	if m.Edit != "" {
		return cli.BuildEdit(to, m.Edit, &waE2E.Message{Conversation: proto.String(text)}), nil
	}
	quote := c.quote(m.ReplyTo)
	if m.File == nil {
		if quote == nil {
			return &waE2E.Message{Conversation: proto.String(text)}, nil
		}
		return &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: proto.String(text), ContextInfo: quote}}, nil
	}
	up, err := c.upload(ctx, cli, m.File)
	if err != nil {
		return nil, err
	}
	if m.File.Photo {
		return &waE2E.Message{ImageMessage: image(m.File, up, text, quote)}, nil
	}
	return document(m.File, up, text, quote), nil
}

// quoted is a message that may be answered to.
type quoted struct {
	sender types.JID
	text   string
}

// quote shows what a message answers to; nil where that is not known any more.
func (c *Channel) quote(id string) *waE2E.ContextInfo {
	q, ok := c.recent.get(id)
	if id == "" || !ok {
		return nil
	}
	return &waE2E.ContextInfo{
		StanzaID: proto.String(id), Participant: proto.String(q.sender.String()),
		QuotedMessage: &waE2E.Message{Conversation: proto.String(q.text)},
	}
}

// uploaded is a file that WhatsApp has; the same one is not uploaded for each
// guest anew.
type uploaded struct {
	whatsmeow.UploadResponse
	at time.Time
}

// uploadKept is how long an upload is used again. WhatsApp keeps it for weeks.
const uploadKept = 12 * time.Hour

func (c *Channel) upload(ctx context.Context, cli *whatsmeow.Client, f *channel.File) (whatsmeow.UploadResponse, error) {
	kind := whatsmeow.MediaDocument
	if f.Photo {
		kind = whatsmeow.MediaImage
	}
	sum := sha256.Sum256(f.Data)
	key := string(kind) + string(sum[:])
	if up, ok := c.uploads.get(key); ok && time.Since(up.at) < uploadKept {
		return up.UploadResponse, nil
	}
	limit, cancel := context.WithTimeout(ctx, 2*c.opts.SendTimeout)
	defer cancel()
	up, err := cli.Upload(limit, f.Data, kind)
	if err != nil { // nothing was sent yet
		return up, &channel.SendError{Err: fmt.Errorf("whatsapp: upload %q: %w", f.Name, err)}
	}
	c.uploads.put(key, uploaded{up, time.Now()})
	return up, nil
}

// classify turns a failed send into what the outbox needs to know:
//
//   - 463: Restriction, ColdOnly. It must not be sent again by itself.
//   - 429: RetryAfter, for everyone.
//   - other 4xx, and a group that we are not in: Permanent.
//   - 5xx: temporary.
//   - no answer, or a connection that broke off in between: Uncertain. Sending
//     it again under the same ID is safe.
//   - all else, which happens before a message goes out: temporary.
func classify(err error) *channel.SendError {
	out := &channel.SendError{Err: fmt.Errorf("whatsapp: %w", err)}
	var cut *whatsmeow.DisconnectedError
	var asked *whatsmeow.IQError
	switch {
	case errors.Is(err, whatsmeow.ErrServerReturnedError):
		refusal(out, serverCode(err))
	case errors.As(err, &asked):
		if asked.Code != 0 {
			refusal(out, asked.Code)
		}
	case errors.Is(err, whatsmeow.ErrMessageTimedOut), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		out.Uncertain = true
	case errors.As(err, &cut):
		out.Uncertain = cut.Action != whatsmeow.ErrIQDisconnected.Action // a question before the send
	case errors.Is(err, whatsmeow.ErrNotLoggedIn):
		out.RetryAfter, out.Everyone = pauseUnlinked, true
	case errors.Is(err, whatsmeow.ErrNotInGroup), errors.Is(err, whatsmeow.ErrGroupNotFound),
		errors.Is(err, whatsmeow.ErrUnknownServer), errors.Is(err, whatsmeow.ErrRecipientADJID):
		out.Permanent = true
	}
	return out
}

// The codes with which WhatsApp refuses that mean something of their own.
const (
	codeTooFast  = 429
	codeTimelock = 463 // people who have not written to us cannot be written to
)

func refusal(out *channel.SendError, code int) {
	switch {
	case code == codeTimelock:
		out.Restriction = &channel.Restriction{ColdOnly: true, Reason: strconv.Itoa(code)}
	case code == codeTooFast:
		out.RetryAfter, out.Everyone = time.Minute, true
	case code >= 400 && code < 500:
		out.Permanent = true
	}
}

// serverCode is the number at the end of the library's error.
func serverCode(err error) int {
	words := strings.Fields(err.Error())
	code, _ := strconv.Atoi(words[len(words)-1]) // 0 where there is none
	return code
}

// Typing implements channel.Channel. WhatsApp shows it for some seconds.
func (c *Channel) Typing(ctx context.Context, to channel.Chat) error {
	jid, err := parseChat(to)
	if err != nil {
		return err
	}
	if err := c.ready(ctx); err != nil {
		return err
	}
	cli := c.current()
	if cli == nil {
		return errUnlinked
	}
	if err := cli.SendChatPresence(ctx, jid, types.ChatPresenceComposing, types.ChatPresenceMediaText); err != nil {
		return fmt.Errorf("whatsapp: typing: %w", err)
	}
	return nil
}
