package telegram

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf16"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/markup"
)

// What Telegram takes: UTF-16 units after the markup is gone, and bytes.
const (
	maxText     = 4096
	maxCaption  = 1024
	maxPhoto    = 10 << 20
	maxDocument = 50 << 20
)

// Send implements channel.Channel. messageID is ignored: Telegram chooses.
//
// Of what a message may ask for at once, Telegram shows one keyboard:
// AskContact goes before Buttons, which then become plain keys that send their
// label as text; Buttons go before DropKeys. AskContact is left out in groups,
// where Telegram refuses it. A caption over the limit is refused, not split:
// two messages could not be sent again as one.
//
// A reply to a message that is gone goes out as a plain message. An edit that
// changes nothing counts as done; it changes the caption where the message is
// a file, and cannot change the file itself.
//
// How errors are classified: see classify.
func (c *Channel) Send(ctx context.Context, to channel.Chat, _ string, m channel.Outbound) (string, error) {
	id, err := chatID(to)
	if err != nil {
		return "", permanent(err)
	}
	if err := check(m); err != nil {
		return "", permanent(err)
	}
	if m.Edit != "" {
		return c.edit(ctx, id, m)
	}
	config, err := newMessage(id, m)
	if err != nil {
		return "", permanent(err)
	}
	timeout := c.opts.CallTimeout
	if m.File != nil {
		timeout *= 4
	}
	var sent struct {
		MessageID int `json:"message_id"`
	}
	if err := c.api.call(ctx, timeout, config, &sent); err != nil {
		return "", classify(err)
	}
	return strconv.Itoa(sent.MessageID), nil
}

func permanent(err error) *channel.SendError { return &channel.SendError{Permanent: true, Err: err} }

// check refuses what Telegram would refuse, where it is cheap to know.
func check(m channel.Outbound) error {
	length := len(utf16.Encode([]rune(markup.Plain(m.Text))))
	switch {
	case m.File == nil && m.Edit == "" && strings.TrimSpace(markup.Plain(m.Text)) == "":
		return errors.New("telegram: the message has no text")
	case m.File == nil && length > maxText:
		return fmt.Errorf("telegram: text of %d characters, at most %d go", length, maxText)
	case m.File == nil:
		return nil
	case m.Edit != "":
		return errors.New("telegram: the file of a message cannot be changed")
	case length > maxCaption:
		return fmt.Errorf("telegram: caption of %d characters, at most %d go", length, maxCaption)
	case m.File.Name == "":
		return errors.New("telegram: the file has no name")
	case len(m.File.Data) == 0:
		return fmt.Errorf("telegram: file %q is empty", m.File.Name)
	case m.File.Photo && len(m.File.Data) > maxPhoto, len(m.File.Data) > maxDocument:
		return fmt.Errorf("telegram: file %q of %d bytes is too large", m.File.Name, len(m.File.Data))
	}
	return nil
}

func newMessage(chat int64, m channel.Outbound) (tgbotapi.Chattable, error) {
	base := tgbotapi.BaseChat{ChatID: chat, AllowSendingWithoutReply: true}
	if m.ReplyTo != "" {
		id, err := strconv.Atoi(m.ReplyTo)
		if err != nil {
			return nil, fmt.Errorf("telegram: %q is no message ID", m.ReplyTo)
		}
		base.ReplyToMessageID = id
	}
	// An interface that holds a nil pointer would be sent as "null".
	if k := keyboard(chat, m); k != nil {
		base.ReplyMarkup = k
	}
	text := markup.HTML(m.Text)
	if m.File == nil {
		return tgbotapi.MessageConfig{
			BaseChat: base, Text: text, ParseMode: tgbotapi.ModeHTML, DisableWebPagePreview: true,
		}, nil
	}
	file := tgbotapi.BaseFile{BaseChat: base, File: tgbotapi.FileBytes{Name: m.File.Name, Bytes: m.File.Data}}
	if m.File.Photo {
		return tgbotapi.PhotoConfig{BaseFile: file, Caption: text, ParseMode: tgbotapi.ModeHTML}, nil
	}
	return tgbotapi.DocumentConfig{
		BaseFile: file, Caption: text, ParseMode: tgbotapi.ModeHTML, DisableContentTypeDetection: true,
	}, nil
}

func keyboard(chat int64, m channel.Outbound) any {
	switch {
	case m.AskContact != "" && chat > 0:
		rows := [][]tgbotapi.KeyboardButton{{tgbotapi.NewKeyboardButtonContact(m.AskContact)}}
		for _, row := range m.Buttons {
			var keys []tgbotapi.KeyboardButton
			for _, b := range row {
				if b.URL == "" {
					keys = append(keys, tgbotapi.NewKeyboardButton(b.Label))
				}
			}
			if len(keys) > 0 {
				rows = append(rows, keys)
			}
		}
		return tgbotapi.ReplyKeyboardMarkup{Keyboard: rows, ResizeKeyboard: true, OneTimeKeyboard: true}
	case len(m.Buttons) > 0:
		return *inline(m.Buttons)
	case m.DropKeys:
		return tgbotapi.NewRemoveKeyboard(false)
	}
	return nil
}

// inline is nil without buttons.
func inline(rows [][]channel.Button) *tgbotapi.InlineKeyboardMarkup {
	if len(rows) == 0 {
		return nil
	}
	var out tgbotapi.InlineKeyboardMarkup
	for _, row := range rows {
		buttons := make([]tgbotapi.InlineKeyboardButton, 0, len(row))
		for _, b := range row {
			if b.URL != "" {
				buttons = append(buttons, tgbotapi.NewInlineKeyboardButtonURL(b.Label, b.URL))
			} else {
				buttons = append(buttons, tgbotapi.NewInlineKeyboardButtonData(b.Label, b.Value))
			}
		}
		out.InlineKeyboard = append(out.InlineKeyboard, buttons)
	}
	return &out
}

func (c *Channel) edit(ctx context.Context, chat int64, m channel.Outbound) (string, error) {
	id, err := strconv.Atoi(m.Edit)
	if err != nil {
		return "", permanent(fmt.Errorf("telegram: %q is no message ID", m.Edit))
	}
	base := tgbotapi.BaseEdit{ChatID: chat, MessageID: id, ReplyMarkup: inline(m.Buttons)}
	text := markup.HTML(m.Text)
	if strings.TrimSpace(text) == "" {
		err = c.api.call(ctx, c.opts.CallTimeout, tgbotapi.EditMessageReplyMarkupConfig{BaseEdit: base}, nil)
	} else {
		err = c.api.call(ctx, c.opts.CallTimeout, tgbotapi.EditMessageTextConfig{
			BaseEdit: base, Text: text, ParseMode: tgbotapi.ModeHTML, DisableWebPagePreview: true,
		}, nil)
		if said(err, "there is no text in the message to edit") {
			err = c.api.call(ctx, c.opts.CallTimeout, tgbotapi.EditMessageCaptionConfig{
				BaseEdit: base, Caption: text, ParseMode: tgbotapi.ModeHTML,
			}, nil)
		}
	}
	if err == nil || said(err, "message is not modified") {
		return m.Edit, nil
	}
	return "", classify(err)
}

// said reports whether err is the API's refusal with these words.
func said(err error, words string) bool {
	var call *callError
	return errors.As(err, &call) && call.answer != nil && strings.Contains(call.answer.Description, words)
}

// classify turns a failed call into what the outbox needs to know:
//
//   - 429: RetryAfter. Telegram does not say whether the chat or the whole bot
//     is meant, so Everyone stays false: other chats find out by themselves.
//   - 403: Blocked (by the person, or the bot was removed from the group).
//   - 400 with a new chat ID: MovedTo, and the send may be tried there.
//   - other 400, and 413: Permanent.
//   - 401, 404, 409: temporary. The message is not to blame; Run ends with the
//     credentials' error.
//   - 5xx: temporary, but 504 is Uncertain: a proxy gave up waiting.
//   - a page that is not the API's with 3xx or 4xx (a proxy, a portal):
//     temporary.
//   - no answer, or half of one, to a request that may have arrived: Uncertain.
//   - a request that never went out whole: temporary.
func classify(err error) *channel.SendError {
	var call *callError
	if !errors.As(err, &call) {
		return &channel.SendError{Err: err}
	}
	out := &channel.SendError{Err: fmt.Errorf("telegram: %w", err)}
	code := call.code()
	switch {
	case code == http.StatusGatewayTimeout:
		out.Uncertain = true
	case code >= 500:
	case code == http.StatusRequestEntityTooLarge:
		out.Permanent = true
	case call.answer == nil && code >= 300:
	case call.answer == nil:
		out.Uncertain = call.sent
	case code == http.StatusTooManyRequests:
		out.RetryAfter = call.retryAfter()
	case code == http.StatusForbidden:
		out.Permanent, out.Blocked = true, true
	case call.answer.Parameters != nil && call.answer.Parameters.MigrateToChatID != 0:
		out.MovedTo = strconv.FormatInt(call.answer.Parameters.MigrateToChatID, 10)
	case code == http.StatusBadRequest:
		out.Permanent = true
	}
	return out
}

// Typing implements channel.Channel. Telegram shows it for five seconds.
func (c *Channel) Typing(ctx context.Context, to channel.Chat) error {
	id, err := chatID(to)
	if err != nil {
		return err
	}
	if err := c.api.call(ctx, c.opts.CallTimeout, tgbotapi.NewChatAction(id, tgbotapi.ChatTyping), nil); err != nil {
		return fmt.Errorf("telegram: typing: %w", err)
	}
	return nil
}

// Fetch implements channel.Channel. Telegram gives bots files up to 20 MB;
// above that the error is channel.ErrTooLarge whatever the limit.
func (c *Channel) Fetch(ctx context.Context, m channel.Media, limit int64) ([]byte, error) {
	tooLarge := func(size int64) error {
		return fmt.Errorf("telegram: file of %d bytes, limit %d: %w", size, limit, channel.ErrTooLarge)
	}
	if m.Size > limit {
		return nil, tooLarge(m.Size)
	}
	ctx, cancel := context.WithTimeout(ctx, 4*c.opts.CallTimeout)
	defer cancel()
	var file struct {
		Path string `json:"file_path"`
		Size int64  `json:"file_size"`
	}
	err := c.api.call(ctx, c.opts.CallTimeout, tgbotapi.FileConfig{FileID: m.Ref}, &file)
	switch {
	case said(err, "file is too big"):
		return nil, fmt.Errorf("telegram: %w: %w", channel.ErrTooLarge, err)
	case err != nil:
		return nil, fmt.Errorf("telegram: fetch: %w", err)
	case file.Size > limit:
		return nil, tooLarge(file.Size)
	}
	data, err := c.api.download(ctx, file.Path, limit)
	if err != nil {
		return nil, fmt.Errorf("telegram: fetch: %w", err)
	}
	return data, nil
}
