package templates_test

import (
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/templates"
)

// taskSample fills the texts about the checklist.
func taskSample(key, mark string, at time.Time) templates.Data {
	room, _, _ := strings.Cut(key, ".")
	if room != "task" && room != "digest" {
		return nil
	}
	task := object{
		"Key": "5", "Name": "Menyiapkan logistik" + mark, "Who": "Budi" + mark, "Mine": true, "H": "H-50", "Day": at, "Hours": false, "Office": at.AddDate(0, 0, -3),
		"Urgency": event.Late, "Skipped": false, "Since": at, "DaysLate": 3, "Waits": []string{"3 Menyusun rundown" + mark}, "Ready": 2, "All": 7,
	}
	nobody := object{}
	for k, v := range task {
		nobody[k] = v
	}
	nobody["Who"], nobody["Urgency"], nobody["Office"], nobody["Waits"] = "", event.Today, time.Time{}, []string(nil)
	item := object{
		"N": 2, "Name": "Tenda" + mark, "Quantity": 1200, "Unit": "unit" + mark, "Owner": "Pak Asep" + mark, "LentBy": "Kecamatan Cibinong" + mark,
		"Note": "biru" + mark, "State": event.ItemReady, "Photos": 1,
	}
	d := templates.Data{
		"Task": task, "Before": task, "Count": event.Progress{Total: 18, Done: 9, Late: 2, Skipped: 1}, "Late": []object{task}, "LateMore": 3, "Today": []object{nobody},
		"TodayMore": 2, "Soon": []object{task}, "SoonMore": 1, "Out": []object{item}, "OutMore": 2, "Next": []object{nobody}, "NextMore": 9, "Part": "mine", "Tasks": []object{task, nobody}, "Key": "5", "Name": "Menyiapkan logistik" + mark,
		"Full": templates.Markup("Menyiapkan setiap keperluan logistik"), "State": "done", "StateBefore": "done", "By": "Budi" + mark, "At": at, "Self": false,
		"Note": "beres" + mark, "Reason": "tidak ada pinjaman" + mark, "Proofs": 2, "Item": item, "Member": true, "Moved": "H-50", "Offer": "EMK-2026", "OfferN": 12,
		"N": 2, "Of": 3, "Text": "Budi" + mark, "Max": 300, "MB": 15, "From": "EMK-2026", "Ready": 2, "All": 7, "Proof": true, "Now": at, "H": "H-50", "Title": "Rapat" + mark,
		"Needs": "3 Menyusun rundown" + mark, "NeedsBefore": "", "More": 2, "Hours": 3, "Earlier": []string{"9 Logistik" + mark}, "Own": object{"Total": 3, "Ready": 1, "Missing": []object{item}}, "OwnMissing": []object{item}, "Go": false,
		"List": object{"Total": 7, "Ready": 2, "Missing": []object{item}}, "Missing": []object{item}, "MissingMore": 4, "Checked": false,
		"Items": []object{item}, "Guests": 1200, "Coming": 800, "Heads": 1500, "Silent": 200, "Registered": 300, "RegisteredHeads": 640,
	}
	switch key {
	case "task.item.ticked", "task.item.changed":
		d["Before"] = item
	case "task.line", "task.day", "task.short", "task.who", "digest.line":
		return task
	case "task.item":
		return item
	case "task.card":
		d["Own"] = false
	case "digest.own":
		d["Items"] = []object{{"Item": item, "Key": "5"}}
	case "task.holidays":
		d["Days"], d["From"], d["To"] = []object{{"Day": at, "Name": "Idul Fitri" + mark}}, 2026, 2027
	case "task.holiday":
		d["Day"], d["Name"], d["Before"] = at, "Idul Fitri"+mark, "Cuti bersama"+mark
	}
	return d
}
