package templates_test

import (
	"maps"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// strangers are those of a broadcast, strangersKnown those of an event.
var (
	strangers = object{
		"N": 500, "PerDay": 15, "Now": 5, "Days": 33, "Deadline": time.Date(2026, 12, 5, 9, 0, 0, 0, event.Jakarta), "Fit": 75, "Over": 425,
		"Email": 120, "Call": 305, "Until": time.Date(2026, 12, 1, 9, 0, 0, 0, event.Jakarta),
	}
	strangersKnown = templates.Data{
		"Warm": 120, "Cold": 300, "Contacted": 40, "Unreachable": 12, "Used": 3, "Now": 10, "PerDay": 15,
		"Restricted": object{"Until": time.Date(2026, 12, 1, 9, 0, 0, 0, event.Jakarta), "ColdOnly": true, "Reason": "463"},
	}
)

// guestSample fills the texts about guests and invitations.
func guestSample(key, mark string, at time.Time) templates.Data {
	room, _, _ := strings.Cut(key, ".")
	switch room {
	case "sebar", "call", "calls", "guests", "konfirmasi", "tanya", "rsvp", "remind", "news", "answers", "opened", "branding", "invite", "cold", "restriction", "mail", "page", "card":
	default:
		if key != "status.invitations" {
			return nil
		}
	}
	guest := &event.Participation{
		ID: "g1", EventID: "EMK-2027", Audience: event.Koperasi, Name: "H. Dedi Supriadi" + mark, Organisation: "Koperasi Makmur Jaya" + mark,
		Position: "Ketua" + mark, Salutation: "Bapak", Phone: "+6281234567890", Email: "dedi@contoh.id", Telegram: "dedi", Code: "kodededi", InvitedAt: &at,
		Reply: event.Reply{Answer: event.Yes, Heads: 2, Delegate: "Rudi" + mark, Late: true, Reason: "hajatan" + mark, At: &at},
	}
	card := object{"Name": guest.Name, "Organisation": guest.Organisation, "Position": guest.Position, "Phone": "0812-3456-7890", "Email": guest.Email, "Telegram": "dedi", "Writes": true}
	line := object{
		"Audience": event.Koperasi, "N": 40, "Guests": 40, "Ways": []string{"Telegram 30", "WhatsApp, belum pernah menulis 6"},
		"Via": "telegram", "Queued": 3, "Delivered": 20, "Read": 12, "Answered": 15, "Failed": 1, "Uncertain": 1, "Sent": 30,
	}
	count := object{"Audience": event.Koperasi, "Guests": 40, "Yes": 20, "Delegated": 2, "Maybe": 5, "No": 3, "Silent": 10, "Heads": 31, "CallDue": 4}
	change := app.AnswerSum{Yes: 7, Delegated: 1, Silent: -8, Heads: 12}
	guest.Reply.By, guest.Reply.Text, guest.Reply.Source = "rina", "hadir 2, sambutan"+mark, "protokol"
	return templates.Data{
		"Corrected": 1, "BadAddress": 1, "Bounced": true,
		"P": guest, "Salute": "Bapak " + guest.Name, "B": &storage.Broadcast{ID: "b1", Total: 320, Status: storage.BroadcastRunning, StartAt: at},
		"C": object{"Audiences": []object{count}, "Total": count}, "VIP": []*event.Participation{guest}, "VIPMore": 2, "Coming": 1, "Heads": 2,
		"Last": object{"At": at}, "LastDays": 14, "Change": change, "Now": count, "Since": &at, "Began": true, "Questions": 2, "Officials": 1, "Any": false, "Was": guest.Reply,
		"News": &event.News{N: 1, Kind: event.NewsMoved, Before: at, BeforePlace: "Lapangan lama" + mark}, "Kind": "moved", "Withdrawn": 1, "ForDelegate": false, "DelegateTold": false, "Ticket": "ready", "Ready": true, "Place": "Stadion Pakansari" + mark, "Calls": 3, "Rows": 300,
		"Most": 20, "Cell": "8.12E+11" + mark, "Column": "WhatsApp", "Fault": "Nomornya kurang panjang." + mark, "Faults": []object{{"Line": 7, "Text": "Nomornya kurang panjang." + mark}},
		"Guests": 40, "Total": 320, "Lines": []object{line}, "Names": "Koperasi, UKM", "Many": true, "File": "tamu.xlsx" + mark, "New": 30, "Known": 8, "Already": 2, "Doubt": 1, "Bad": 1,
		"Writes": 38, "Ignored": []string{"Catatan" + mark}, "Handles": 2, "Public": 1, "Private": true, "Keep": card, "Other": card, "Why": "phone", "N": 2,
		"Name": guest.Name, "Organisation": guest.Organisation, "Position": guest.Position, "Email": guest.Email, "Telegram": "dedi", "Answer": "Ada doorprize." + mark,
		"List": []object{{"Words": "doorprize" + mark, "Answer": "Ada." + mark}}, "Open": []object{{"Name": "Asep" + mark, "Text": "kapan?" + mark}}, "Text": "kapan?" + mark,
		"Maker": "Rina" + mark, "Sample": templates.Markup("Yth. Bapak"), "Samples": []object{{"Name": guest.Name, "Audience": event.Koperasi, "Text": templates.Markup("Yth. Bapak")}}, "Apart": false, "SampleName": guest.Name, "Plain": true, "Chosen": []string{"Koperasi"}, "Second": true, "Liaison": 1, "Cold": 60, "Strangers": strangers,
		"PerDay": 15, "Until": at, "Deadline": at, "Fit": 75, "Over": 425, "Set": true, "Used": 3, "Channel": "whatsapp", "ColdOnly": true, "Reason": "463",
		"Own": true, "Body": templates.Markup("Yth."), "Required": "{acara}", "Missing": "{acara}", "Unknown": "{x}", "Group": true,
		"Files": []string{"Surat 005/12/Diskopukm/XI/2026"}, "Letters": false, "Without": 2, "Soft": true, "Register": true, "Days": 7, "Source": "telepon", "More": 3, "Left": 12, "Today": 3, "Link": "https://t.me/emileku_bot?start=u_kode", "Standing": "doubt", "Official": true, "Marked": 2, "Line": 7, "Waiting": 3, "Called": 1, "Unreachable": []string{"Dedi" + mark}, "UnreachableN": 4, "Before": []string{"H. Ahmad (Bupati)" + mark}, "BeforeN": 1, "Handed": []string{"Rudy (Sekda)" + mark}, "HandedN": 2, "UnreachableMore": 3, "Reasons": []object{{"N": 2, "Reason": "blocked"}}, "By": "Rina" + mark,
		"Mail": false, "Msg": "ask", "Page": true, "Chat": true, "Stop": "https://undangan.contoh.go.id/b/kode", "Passed": true, "Stopped": true,
		"Chats": []object{{"Network": "whatsapp", "Link": "https://wa.me/6281110000000?text=Halo"}, {"Network": "telegram", "Link": "https://t.me/emileku_bot?start=daftar"}},
		"Same":  card, "Completes": 2, "Completed": 2, "Taken": 1, "Clashes": []object{{"Line": 9, "Text": "Nomornya milik tamu lain." + mark}}, "MoreClashes": 3,
		"Reach": reachSample(), "Audience": event.Koperasi, "Organisasi": guest.Organisation, "Number": "0812-3456-7890", "Nama": guest.Name,
	}
}

func reachSample() app.Reach {
	return app.Reach{Registered: 1200, Confirmed: 300, Invited: 55, Delegates: 2, Officials: 4, Declined: 12, Chat: 1500, Email: 20, Calls: 31, Unreachable: 4}
}

// guestOverrides are for texts that mean something else by a name.
func guestOverrides(key, mark string, at time.Time) templates.Data {
	progress := object{"Done": 320, "Total": 500, "Percent": 64, "Failed": 3, "Uncertain": 1, "Cold": 0, "Left": 6 * time.Minute, "Sent": 316, "Dropped": 0, "Calls": 12}
	switch key {
	case "page.fix.heads":
		return templates.Data{"Max": 50}
	case "page.fix.long":
		return templates.Data{"MaxName": 80, "MaxWord": 500}
	case "konfirmasi.list":
		return templates.Data{"Guests": []*event.Participation{{Name: "Dedi" + mark, Organisation: "KSU" + mark, Reply: event.Reply{Answer: event.No, Heads: 2, Reason: "hajatan" + mark}}}, "Answer": event.No}
	case "sebar.approval", "sebar.submitted", "sebar.approved", "sebar.ready":
		return templates.Data{"Now": false}
	case "news.change", "news.subject.place":
		return templates.Data{"Kind": "place"}
	case "news.moved.confirmed", "news.cancelled.confirmed", "news.delegate":
		return templates.Data{"P": &event.Participation{Name: "Dedi" + mark, Reply: event.Reply{Answer: event.Delegated, Delegate: "Rudi" + mark}}, "DelegateTold": key == "news.moved.confirmed"}
	case "news.handover", "news.group":
		return templates.Data{"Kind": "cancelled"}
	case "sebar.text.show":
		return templates.Data{"Known": "{sapaan}, {acara}"}
	case "sebar.board":
		return templates.Data{"Status": "running", "P": progress}
	case "sebar.list":
		return templates.Data{"List": []object{{"Names": "Koperasi", "Status": "running", "Total": 500, "Done": 320, "Sent": 317, "Over": false, "Failed": 3, "Later": true, "StartAt": at}, {"Names": "UKM", "Status": "cancelled", "Total": 40, "Done": 40, "Sent": 22, "Over": true, "Failed": 2, "Later": false}}}
	case "sebar.reachline":
		return templates.Data{"Audience": event.Koperasi, "Ways": []string{"Telegram 30", "e-mail 5"}}
	case "cold.outlook":
		return templates.Data(strangers)
	case "cold.bad":
		return templates.Data{"Most": 50}
	case "cold.first":
		return templates.Data{"Files": true}
	case "restriction.begin":
		return templates.Data{"Reason": "463"}
	case "cold.budget":
		return templates.Data{"Today": 10}
	case "cold.known":
		return strangersKnown
	case "calls.list":
		return templates.Data{"Guests": []object{{"N": 1, "Salute": "Bapak Dedi" + mark, "Organisation": "Koperasi" + mark, "Number": "0812-3456-7890", "Reply": event.Reply{Answer: event.Delegated}, "Link": "https://wa.me/6281234567890"}, {"N": 2, "Salute": "Ibu Siti" + mark, "Organisation": "", "Number": "", "MailTo": "siti@contoh.id", "Reply": event.Reply{}, "Link": ""}}, "Written": true, "Marked": false, "Asked": true}
	case "guests.add.same", "guests.add.corrected", "guests.correction", "guests.oldcontact", "guests.newcontact", "guests.stand.corrects":
		return templates.Data{"Same": object{"Name": "Siti" + mark, "Organisation": "Keripik" + mark}, "OldEmail": "siti@contoh.id", "OldPhone": "0812-3456-7890", "Email": "siti.aminah@contoh.id", "Phone": "0813-1111-2222", "Again": true, "Call": true}
	case "guests.dryrun":
		return templates.Data{"Completes": 3, "Corrects": 2, "Corrections": []object{{"Line": 4, "Text": templates.Markup("Siti: lama → baru")}}, "MoreCorrections": 1}
	case "guests.earlier":
		return templates.Data{"Names": []string{"Siti" + mark}}
	case "guests.earlier.list":
		return templates.Data{"Lines": []object{{"N": 1, "Name": "Siti" + mark}}, "Districts": []object{{"Name": "Cibinong" + mark, "N": 12}, {"Name": "Ciawi", "N": 3}}}
	case "guests.remove.kept":
		return templates.Data{"Kept": "invited"}
	case "guests.earlier.done":
		return templates.Data{"Entry": "abc123"}
	case "guests.add.done":
		return templates.Data{"R": object{"Name": "Siti" + mark, "Organisation": "Keripik" + mark, "Audience": event.UKM, "Email": "siti@contoh.id", "Telegram": "siti"}}
	}
	return nil
}

// withGuests lays the samples about guests over d.
func withGuests(d templates.Data, key, mark string, at time.Time) {
	maps.Copy(d, guestSample(key, mark, at))
	maps.Copy(d, guestOverrides(key, mark, at))
}
