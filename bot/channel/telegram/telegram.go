// Package telegram is the Telegram channel: long polling and the calls of the
// Bot API, with the configurations and types of go-telegram-bot-api.
//
// The library builds the requests but never learns the token, which it would
// log and put into errors: see api. Updates are decoded here one by one, so
// that one that cannot be read does not stop the others.
//
// An update is confirmed to Telegram (by the offset of the next getUpdates)
// only after the sink took it. What was taken but not yet confirmed when the
// process ended comes again under the same ID.
package telegram

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
	"github.com/rs/zerolog"

	"github.com/diskopukm/emileku/bot/channel"
)

// OfficialAPI is the base of Telegram's own Bot API server.
const OfficialAPI = "https://api.telegram.org"

// Options configures a Channel. Only Token is needed.
type Options struct {
	Token  string
	APIURL string // base of the Bot API server; "": OfficialAPI
	// Transport carries the requests; nil: one of the channel's own. Errors of
	// the transport are reported without the request's URL, which holds the
	// token.
	Transport http.RoundTripper
	Log       zerolog.Logger

	PollTimeout time.Duration // how long one getUpdates waits, 1 s to 50 s; 0: 50 s
	CallTimeout time.Duration // how long any other call may take; 0: 30 s (with a file: four times that)
	RetryMin    time.Duration // first pause after a fault while receiving; 0: 500 ms
	RetryMax    time.Duration // longest pause; 0: 30 s
}

// Channel is Telegram as a channel.Channel. It also is a CommandMenu, a
// GroupInspector and a Linker.
type Channel struct {
	opts  Options
	api   *api
	botID int64
	log   zerolog.Logger
	me    atomic.Pointer[tgbotapi.User] // nil until Telegram was reached once
}

var (
	_ channel.Channel        = (*Channel)(nil)
	_ channel.CommandMenu    = (*Channel)(nil)
	_ channel.GroupInspector = (*Channel)(nil)
	_ channel.Linker         = (*Channel)(nil)
)

// errWrongBot: whatever answers at the API's address is not Telegram's API.
var errWrongBot = errors.New("getMe: the API answered for another bot")

var tokenForm = regexp.MustCompile(`^[0-9]{1,18}:[A-Za-z0-9_-]{16,}$`)

// New makes the channel without reaching for the network. It refuses a token
// or an address that cannot be one; the error does not repeat the token.
func New(o Options) (*Channel, error) {
	if !tokenForm.MatchString(o.Token) {
		return nil, errors.New("telegram: the token does not look like 123456789:AAH… as @BotFather gives it")
	}
	if o.APIURL == "" {
		o.APIURL = OfficialAPI
	}
	base, err := url.Parse(o.APIURL)
	if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") ||
		base.RawQuery != "" || base.Fragment != "" || base.User != nil {
		return nil, fmt.Errorf("telegram: the API address is not one such as %s", OfficialAPI)
	}
	setDefault(&o.PollTimeout, 50*time.Second)
	o.PollTimeout = min(max(o.PollTimeout, time.Second), 50*time.Second)
	setDefault(&o.CallTimeout, 30*time.Second)
	setDefault(&o.RetryMin, 500*time.Millisecond)
	setDefault(&o.RetryMax, 30*time.Second)
	id, secret, _ := strings.Cut(o.Token, ":")
	botID, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return nil, errors.New("telegram: the token's bot ID is too long")
	}
	if o.Transport == nil {
		o.Transport = newTransport()
	}
	return &Channel{
		opts:  o,
		botID: botID,
		log:   o.Log,
		api: &api{
			base:      strings.TrimRight(base.String(), "/"),
			token:     o.Token,
			secret:    secret,
			transport: o.Transport,
		},
	}, nil
}

func setDefault(d *time.Duration, value time.Duration) {
	if *d <= 0 {
		*d = value
	}
}

// newTransport has as many connections to the one host as a broadcast keeps
// busy, and notices by pings when a connection has died (a router that was
// switched off), instead of waiting for each call's timeout.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		ForceAttemptHTTP2:   true,
		HTTP2:               &http.HTTP2Config{SendPingTimeout: 20 * time.Second, PingTimeout: 10 * time.Second},
		MaxIdleConns:        64,
		MaxIdleConnsPerHost: 64,
		IdleConnTimeout:     90 * time.Second,
		TLSHandshakeTimeout: 10 * time.Second,
	}
}

// Close lets go of idle connections. The channel can still be used.
func (c *Channel) Close() {
	if t, ok := c.opts.Transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// Name implements channel.Channel.
func (c *Channel) Name() channel.Name { return channel.Telegram }

// Capabilities implements channel.Channel. Lengths are in UTF-16 units.
func (c *Channel) Capabilities() channel.Capabilities {
	return channel.Capabilities{Buttons: true, Contact: true, Edit: true, MaxText: maxText, MaxCaption: maxCaption}
}

// NewMessageID implements channel.Channel: Telegram chooses.
func (c *Channel) NewMessageID() string { return "" }

// Check implements channel.Channel.
func (c *Channel) Check(ctx context.Context) (string, error) {
	me, err := c.getMe(ctx)
	if err != nil {
		return "", fmt.Errorf("telegram: %w", err)
	}
	return "@" + me.UserName, nil
}

func (c *Channel) getMe(ctx context.Context) (*tgbotapi.User, error) {
	var me tgbotapi.User
	if err := c.api.call(ctx, c.opts.CallTimeout, plain("getMe"), &me); err != nil {
		return nil, err
	}
	if me.ID != c.botID || me.UserName == "" {
		return nil, fmt.Errorf("%w: it says %d, the token is of %d", errWrongBot, me.ID, c.botID)
	}
	c.me.Store(&me)
	return &me, nil
}

// identity is getMe, asked for once.
func (c *Channel) identity(ctx context.Context) (*tgbotapi.User, error) {
	if me := c.me.Load(); me != nil {
		return me, nil
	}
	return c.getMe(ctx)
}

// DeepLink implements channel.Linker. It returns "" before Check or Run has
// reached Telegram, as only Telegram knows the bot's name.
func (c *Channel) DeepLink(payload string) string {
	me := c.me.Load()
	if me == nil {
		return ""
	}
	link := "https://t.me/" + me.UserName
	if payload != "" {
		link += "?start=" + url.QueryEscape(payload)
	}
	return link
}

// SetCommands implements channel.CommandMenu. No commands: the scope's menu
// goes, and the next wider one shows.
func (c *Channel) SetCommands(ctx context.Context, scope channel.MenuScope, commands []channel.Command) error {
	where := tgbotapi.NewBotCommandScopeAllPrivateChats()
	switch {
	case !scope.Chat.IsZero():
		id, err := chatID(scope.Chat)
		if err != nil {
			return err
		}
		where = tgbotapi.NewBotCommandScopeChat(id)
	case scope.Groups:
		where = tgbotapi.NewBotCommandScopeAllGroupChats()
	}
	var config tgbotapi.Chattable = tgbotapi.NewDeleteMyCommandsWithScope(where)
	if len(commands) > 0 {
		list := make([]tgbotapi.BotCommand, len(commands))
		for i, cmd := range commands {
			list[i] = tgbotapi.BotCommand{Command: cmd.Name, Description: cmd.Description}
		}
		config = tgbotapi.NewSetMyCommandsWithScope(where, list...)
	}
	if err := c.api.call(ctx, c.opts.CallTimeout, config, nil); err != nil {
		return fmt.Errorf("telegram: command menu: %w", err)
	}
	return nil
}

// InspectGroup implements channel.GroupInspector. SeesAll follows from the
// bot's rights as they are now; Telegram applies a change of privacy mode only
// to groups that the bot joins afterwards, so after /setprivacy the bot must be
// removed and added again.
func (c *Channel) InspectGroup(ctx context.Context, group channel.Chat) (channel.GroupSight, error) {
	id, err := chatID(group)
	if err != nil {
		return channel.GroupSight{}, err
	}
	me, err := c.getMe(ctx) // privacy mode may have changed since the start
	if err != nil {
		return channel.GroupSight{}, fmt.Errorf("telegram: inspect %s: %w", group, err)
	}
	var member tgbotapi.ChatMember
	err = c.api.call(ctx, c.opts.CallTimeout, tgbotapi.GetChatMemberConfig{
		ChatConfigWithUser: tgbotapi.ChatConfigWithUser{ChatID: id, UserID: c.botID},
	}, &member)
	var refused *callError
	if errors.As(err, &refused) && refused.answer != nil && (refused.code() == 403 ||
		strings.Contains(refused.answer.Description, "chat not found") ||
		strings.Contains(refused.answer.Description, "member not found")) {
		return channel.GroupSight{}, nil // it is not there
	}
	if err != nil {
		return channel.GroupSight{}, fmt.Errorf("telegram: inspect %s: %w", group, err)
	}
	sight := channel.GroupSight{Member: inside(member)}
	sight.Admin = member.Status == "administrator" || member.Status == "creator"
	sight.SeesAll = sight.Member && (sight.Admin || me.CanReadAllGroupMessages)
	return sight, nil
}

// inside reports whether a member is in the chat, restricted or not.
func inside(m tgbotapi.ChatMember) bool {
	switch m.Status {
	case "creator", "administrator", "member":
		return true
	case "restricted":
		return m.IsMember
	}
	return false
}

func chatID(chat channel.Chat) (int64, error) {
	id, err := strconv.ParseInt(chat.ID, 10, 64)
	if chat.Channel != channel.Telegram || err != nil || id == 0 {
		return 0, fmt.Errorf("telegram: %q is no chat of Telegram", chat)
	}
	return id, nil
}
