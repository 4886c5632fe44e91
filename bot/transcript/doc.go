// Package transcript plays written conversations against the whole bot: the
// core, the dialogs, the planner and a real database, with people at the other
// end. It is for tests.
//
// A script is a file that staff can read and correct:
//
//	# a comment
//	! acara 2027-01-14 08:00 | E-MILE KU 2027 | Lapangan Tegar Beriman
//	! kuota ukm 2
//	! peran rina ketua
//	! tamu siti = Siti Aminah | ukm | Keripik Bu Siti   a guest who has a chat with the bot
//	! tamu H. Dedi | koperasi | KSU Maju | 081234567890 | dedi@contoh.id   and one who has none
//	! rombongan 51 | ukm                                many guests who have: tamu1, tamu2 …
//	! tolak siti              what is sent to siti fails (in a House)
//	! tiada dedi@contoh.id    a mail to that address bounced: there is no such mailbox (in a House)
//	@ 2026-11-30 09:00        the clock moves to that time (WIB)
//	@ +24h                    the clock moves on
//	> daftar                  "warga", the person of the first pane, writes
//	siti> [Setuju]            siti presses a button (of the latest message that has it)
//	siti> (stiker)            also (suara), (foto), (lokasi), (kontak), (kontak 0812…)
//	siti> (berkas tamu.csv)   a document: testdata/files/tamu.csv, where there is one
//	rina> (gambar 3 /dok Tari)  a photo, the third of those there are, with its caption;
//	rina> (gambar 4+a)        one of several that were sent together, as "a"
//	rina@grup> (gambar 3 balas /dok Tari)  the caption as a reply to that photo
//	rina> (pindai siti)       her phone's camera opens the code on the latest picture that siti got
//	rina> (jepret siti)       or she sends a photo of it
//	rina@grup> /rekap         rina writes in the group
//	rina@grup> ^ Ada.         rina replies to the bot's latest message there
//	asep@grup> ^^ Ada.        asep replies to the message replied to before (in a House)
//	rina@lain> /rekap         rina writes in a group that is not the team's (in a House)
//	! saluran whatsapp        the program runs WhatsApp, too
//	siti@wa> daftar           siti writes there
//	siti@wa> (tautan)         siti opens the latest link to the bot that she was sent
//	! mulai ulang             the program is killed and started again
//	< text                    what the bot answered in that chat; more lines are
//	  indented, as are
//	  [Button] [Button]       its buttons and
//	  (gambar tiket.png)      its file
//	< (diubah) text           the bot changed an earlier message
//	<budi text                what the bot wrote to somebody else
//
// With -update the bot's lines are written anew.
package transcript

import (
	"flag"
)

// update rewrites the bot's lines of the scripts that are played.
var update = flag.Bool("update", false, "rewrite transcripts and golden files")
