// Package bot takes an inbound message, finds out who it is from and what
// they may do, hands it to a dialog, and stores the answer for sending.
//
// # The map
//
//	cmd/emileku                 main: configuration, wiring, one file per subcommand
//	cmd/emileku/bench           what the bench subcommands do
//	bot                         from message to answer: dedupe, identify, authorise
//	bot/event                   the domain, pure: event, timeline, forms, registration
//	bot/app                     use cases, over the storage port and the event clock
//	bot/dialog                  the conversations, one file per dialog
//	bot/understand              free text to meaning: phones, places, numbers, questions
//	bot/scan                    QR codes in photos: a picture in, its text out
//	bot/replylink               the signed links of mails
//	bot/replypage               the pages behind them: answering, ending all mails
//	bot/guestlist               lists of guests: CSV and XLSX in, rows and what is wrong with them out
//	bot/report                  letters, tickets, charts, calendars, spreadsheets: view in, bytes out
//	bot/report/pdf              pages: letterhead, paragraphs, tables, pictures, signatures
//	bot/clock                   the event clock: real, moved, standing still
//	bot/metrics                 what Prometheus is told
//	bot/channel                 the port to the chat networks
//	bot/channel/markup          *tebal*, _miring_, `kode`
//	bot/channel/telegram        Telegram
//	bot/channel/telegram/botapi a Bot API server for tests and benches
//	bot/channel/whatsapp        WhatsApp, as a linked device of the office's phone
//	bot/channel/whatsapp/wafake a WhatsApp server for tests and the drill
//	bot/channel/whatsapp/wafake/exercise the program against that server: a crowd, strangers
//	bot/channel/whatsapp/wafake/drill that server as a command of its own, for practice
//	bot/channel/email           e-mail, over an SMTP server
//	bot/channel/email/smtptest  an SMTP server for tests
//	bot/channel/webchat         the practice page
//	bot/channel/channeltest     the suite that every channel passes, and a fake
//	bot/transcript              conversations as tests: testdata/*.chat
//	bot/browsertest             a window of a real browser for tests
//	scheduler                   the planner: what is due becomes outbox rows; cron
//	scheduler/outbox            claim, limit, send, retry, rescue
//	storage                     the port to the database
//	storage/archive             backup, restore, moving between engines
//	storage/archive/document    the one JSON form of what is stored
//	storage/devicestate         the one JSON form of a linked WhatsApp device
//	storage/mongo               MongoDB
//	storage/mongo/devicestore   what whatsmeow keeps of a device, in MongoDB
//	storage/mongo/mongotest     a database for a test: MongoDB, or FerretDB as a child
//	storage/mongo/ferretdb      that child, a module of its own
//	storage/sqlite              the embedded database
//	storage/storagetest         the suite that both adapters pass
//	templates                   every text that a person reads
//
// Imports point one way: cmd → everything; scheduler → app, channel, storage,
// templates; bot → dialog → app, report, scan, understand, templates; app → guestlist
// (→ report, understand), storage → event. The ports (channel, storage) and event may be imported by anyone;
// an SDK is imported by its adapter alone; storage/mongo/devicestore knows two,
// whatsmeow and MongoDB's driver. TestImportsPointOneWay holds this.
//
// # How a message travels
//
//	channel → Bot.Accept: stored in the inbox, then acknowledged to the network
//	        → one worker per chat: chat loaded, person identified, command or
//	          open dialog run (one step)
//	        → one compare-and-set write of the chat: its new memory, the inbound
//	          ID, and the answers still to be queued
//	        → answers into the outbox, cleared from the chat, inbound done
//	        → scheduler/outbox → channel
//
// A kill between any two of these loses nothing: what is in the inbox is
// handled again, a chat that holds the inbound ID already is not stepped twice,
// and answers have IDs derived from the message, so they are queued once.
package bot
