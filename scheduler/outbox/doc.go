// Package outbox sends what the outbox holds: it decides what goes next, keeps
// to each network's limits, and sees every row to an end, through errors,
// restarts and crashes.
//
// # What becomes of a row
//
//	          ┌─ temporary, retry-after, moved, given back at stop ─┐
//	          ▼                                                     │
//	───► Queued ───────────────────► Claimed ───► Sent ─► Delivered ─► Read
//	      │  │  ▲  one send begins      │  │
//	      │  │  │                       │  └────► Failed      permanent, blocked, or no
//	      │  │  │                       │                     success for a whole day
//	      │  │  └── safe to send again ─┤
//	      │  │      (see below)         └───────► Uncertain   the answer never came and a
//	      │  │                                                resend might double it
//	      │  │
//	      │  ├─► Failed      to a stranger, while the network forbids first contacts
//	      │  └─► Suppressed  its person stopped us, or is gone (never for answers)
//	      └────► Expired     past ExpiresAt, or a later edit of the same message waits
//
// A row is Claimed for exactly as long as its send is in the worker's hand, so
// a process that dies leaves as many claimed rows as it had sends in flight.
// These, found once their lease has ended or at once at start (TakeOver), and
// sends whose answer never came are treated alike:
//
//   - Where we choose the message's ID it is sent again under that ID, which
//     the network drops if it has it. An edit is sent again too: it changes
//     nothing the second time.
//
//   - Where the network chooses (Telegram), or drops no doubles (e-mail), an
//     answer is sent again: twice is better than never for somebody who waits.
//     A reminder or broadcast ends Uncertain and is reported through
//     OnUncertain.
//
//   - A first contact (Message.Cold) is never sent again: it ends Uncertain. The
//     network may have refused it, and counts each try against the account.
//
// # What a network forbids
//
// A network may restrict our account (channel.Restriction). What it said is
// stored before the row that met it, and recalled at start. Where only first
// contacts are forbidden (WhatsApp's 463) that row ends Failed and those that
// still wait do so unsent; everything else goes on. Where all is forbidden (a
// temporary ban) rows are given back, and nothing is taken up on that channel
// until the end that was announced, by the event clock.
//
// # What goes next
//
// Each channel has one dispatcher, which owns all its decisions and no I/O. It
// waits until the channel's limit allows one more message and only then
// chooses, answers before reminders before broadcasts: an answer that arrives
// while a broadcast fills the limit waits for one message, not for the
// broadcast. The chosen row is claimed and sent by a goroutine of its own, as
// the network's delay must not set the pace.
//
// The dispatcher sees the queue through a window: the first few hundred rows
// of each lane, so memory does not grow with the queue. A chat's rows of a
// lane are sent one after the other in the order of Outbox.Due; one that fails
// holds back those behind it until it gets through or ends. A failing row
// keeps its DueAt: its delay is kept in memory only, so that no later row of
// the chat can overtake it after a restart. Other chats go on. When several
// sends in a row fail, whoever they are for, the channel as a whole is taken to be down: it
// is probed with one row at a time until one gets through.
//
// # Clocks
//
// ExpiresAt and quiet hours go by the event clock, all else by the process
// clock.
package outbox
