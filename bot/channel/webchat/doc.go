// Package webchat is the practice page: a chat network of its own that lives
// in this process and shows itself in a browser, so that the office can try the
// bot with several people at once and without Telegram or WhatsApp.
//
// Each Persona has a private chat with the bot, and there may be one group.
// What the page posts becomes a channel.Inbound; what the bot sends is kept in
// a bounded history in memory and streamed to every open page as Server-Sent
// Events.
//
// # Nothing lost
//
// Every change of a message or a chat gets the next revision of one counter. A
// stream sends what is newer than the last revision the page has seen, in
// order, so a reload, a dropped connection and a slow page need no queue:
//
//	page ── Last-Event-ID: run.42 ──▶ stream ── all with revision > 42 ──▶ page
//
// A page that knows another run (the program was started anew, or Clear was
// called) is told to begin again. A message that a person posts is shown as
// pending, then sent once the sink has stored it. What the sink refuses is shown
// as failed and offered again until it is taken; the page too keeps it and posts
// it again when the program has been started anew. Its random key makes it the
// same Inbound.ID every time:
//
//	pending ──▶ sent ──▶ read (the bot answers)
//	   │          ▲
//	   └▶ failed ─┘
//
// # Who may reach it
//
// There is no log-in: whoever reaches the page may speak as anybody, the team
// lead included. The handler therefore answers only requests for a loopback
// host (against DNS rebinding), unless Options.AllowRemote says otherwise, and
// refuses whatever another site's page posts (CSRF). It is for practice, never
// for an office's real data.
package webchat
