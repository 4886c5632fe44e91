// Package wafake is a local WhatsApp server, for tests and the drill: the real
// go.mau.fi/whatsmeow client logs in to it, is linked to a phone, and sends and
// receives through it, byte for byte as with the real one: Noise handshake under
// the server's own root key, binary stanzas, Signal sessions and sender keys.
// Nothing of it was checked against the real servers: it is what the client
// accepts and asks for. It listens on the loopback interface alone.
//
// # Use
//
//	srv, err := wafake.New(wafake.Options{})   // Options.Now: its clock
//	defer srv.Close()                          // after the clients' Disconnect
//
//	account := srv.NewAccount("628118300001")  // the phone that the bot is linked to
//	device, err := account.NewPairedDevice(ctx, container) // linked already …
//	account.ScanQR(code), account.EnterCode(code)          // … or link it for real
//	srv.Use(client)                            // root key, three HTTP clients
//	account.Connected(ctx)                     // logged in and listening
//
//	siti := srv.AddPerson("6281210000001", "Siti")
//	id := siti.Send(account, "daftar")         // also SendMedia, SendContact, SendPlace, SendPoll, SendMessage,
//	                                           // ReplyTo, Edit, Delete, React, Vote
//	m, err := siti.WaitMessage(ctx)            // the next one; Inbox() has all, Message.Copies how often it came
//	siti.Read(m)                               // a read receipt; delivery receipts go by themselves
//	siti.Status(id), siti.WaitRead(ctx, id)    // what the bot said of her message
//	siti.SetOnline(false), siti.HidePhone(true), siti.ByNumber(true), siti.NewPhone()
//
//	group := srv.NewGroup("Panitia", siti, account)        // siti.Send(group, …); Add, Remove, SetSubject
//	srv.Absent("6281…")                        // left WhatsApp; unknown numbers are not on it anyway
//	account.SaveContact(…), account.SendHistory(…), account.SendFromPhone(siti, …), account.AnswerResends(true)
//
//	srv.Faults().Reachout(12, 24*time.Hour, true)          // 463 for the 13th cold message and all after it
//	                                           // also TemporaryBan, LogOut, Replace, Outdated, Drop, DropMessages,
//	                                           // LoseAcks, Flaky, Slow, Duplicate, Repeat, Undecryptable, Deaf, Timelock
//	srv.Sent()                                 // every message stanza: to whom, sealed how, cold, refused, lost
//	srv.Settle(ctx)                            // all that connected clients were sent is acknowledged
//	srv.Err(), srv.Unknown(), srv.Checked()    // faults of the server, queries it lacks, numbers asked about
//
// A client in another process is handed srv.Endpoint().String() and calls
// Endpoint.TrustRoot and Endpoint.HTTPClient.
//
// # What it promises
//
// A stanza for a client is kept until it is acknowledged, and sent again after a
// reconnect, marked as offline. A message of a client whose ID the recipient has
// already is counted, and not shown twice. People are addressed by LID, with
// the phone number beside it unless they hide it. A contact is cold until they
// have written to the account; then the account is given their privacy token.
// All state is guarded by one mutex: order of events is the order of arrival.
//
// # Queries that are answered
//
//	xmlns               type child                   answer
//	w:p                 get  -                       empty (keepalive)
//	encrypt             get  count                   one-time keys left; at least 1, so that a new client makes 50
//	                                                 and not 812, unless Options.FullUpload
//	encrypt             set  registration …          stored, empty
//	encrypt             get  key                     bundle of each device, 404 for one that is not there
//	passive             set  active, passive         empty; active begins deliveries
//	usync               get  usync                   devices, lid, status of users by JID; contact by number, with the
//	                                                 LID as jid and the number as pn_jid
//	privacy             get  privacy                 everything visible to all
//	privacy             set  tokens                  empty
//	blocklist           get  -                       an empty list
//	w:m                 set  media_conn              one host; /mms/… takes files, /v/… gives them
//	w:g2                get  query, participating    the group, 404, 403 for who is not in it; all groups
//	w:sync:app:state    set  sync                    missing patches; a patch is read and appended, 409 with the
//	                                                 missing ones where it is late
//	w:profile:picture   get  picture                 404: nobody has one
//	md                  set  link_code_companion_reg linking by code: companion_hello, companion_finish
//	md                  set  remove-companion-device empty; the device is gone
//	urn:xmpp:whatsapp:push set config, urn:xmpp:whatsapp:dirty set clean, w:stats set add, status set status: empty
//	anything else                                    error 501, noted in Unknown
//
// Besides: presence and chatstate (noted), ib (ignored), message, receipt, ack.
//
// # What it lacks
//
// Status broadcasts, newsletters, calls, communities, groups made or left by the
// client, profile pictures, media that has to be uploaded again, snapshots of
// the app state, expiry of QR codes, and all limits of the real servers other
// than that on cold messages.
package wafake
