// Package botapi is a Telegram Bot API server on loopback, for tests and
// benchmarks of a bot: as strict as the real one about what it is sent, with
// simulated people and groups on its other side, and faults on command.
//
// It speaks the HTTP interface of https://core.telegram.org/bots/api for the
// methods that this product calls. Descriptions of errors and the order of the
// checks follow the published server (github.com/tdlib/telegram-bot-api).
//
// What it leaves out: webhooks, inline mode, payments, stickers and albums of
// the bot's own, forum topics, MarkdownV2 and the entities parameter (asking
// for those is an error, never a silent success).
//
// A request passes: token → fault on command → method → validation → limits →
// the chat. Everything behind one mutex; what a person sees is a copy.
package botapi
