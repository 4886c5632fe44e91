package templates_test

import (
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/templates"
)

// daySample fills the texts about the event's day.
func daySample(key, mark string) templates.Data {
	room, _, _ := strings.Cut(key, ".")
	if room != "hadir" && room != "dok" && key != "digest.daystep" {
		return nil
	}
	at := time.Date(2027, 1, 14, 8, 10, 0, 0, event.Jakarta)
	guest := object{
		"Name": "Siti Aminah" + mark, "Position": "Ketua" + mark, "Organisation": "Keripik Talas Bu Siti" + mark, "Audience": event.UKM, "Number": "EMK-2027-0001",
		"InHeads": 3, "Expected": 2, "At": at, "By": "Budi" + mark, "Self": false, "Where": "Pintu Utara" + mark, "Booth": 12, "Power": true, "Status": event.Waiting,
		"Reply": event.Reply{Answer: event.Delegated, Delegate: "Bu Ani" + mark}, "Salute": "Ibu Siti" + mark, "Arrived": true, "Arrival": &event.Arrival{At: at},
	}
	absent := object{}
	for k, v := range guest {
		absent[k] = v
	}
	absent["Arrived"], absent["Arrival"] = false, (*event.Arrival)(nil)
	count := object{"Audience": event.UKM, "Expected": 1300, "ExpectedHeads": 2600, "Arrived": 1210, "ArrivedHeads": 2410, "OfExpected": 1200, "WalkIns": 10}
	d := templates.Data{
		"G": guest, "First": true, "Total": count, "Percent": 92, "Audiences": []object{count}, "Hours": []object{{"Hour": at, "Heads": 1250}, {"Hour": at.Add(time.Hour), "Heads": 90}},
		"VIP": []object{guest, absent}, "VIPMore": 3, "At": at, "Left": 45, "Post": "Pintu Utara" + mark, "Text": "siti" + mark, "Name": "Siti Aminah" + mark, "Heads": 3, "Max": 200,
		"Self": false, "Order": "jumlah", "Example": "0123 3", "N": 1250, "In": []object{guest}, "More": 3, "Before": []object{guest}, "Unknown": []string{"0999", "0998" + mark}, "Timed": true,
		"MB": 15, "Salute": "Ibu Siti" + mark, "Opens": at, "Ends": at.Add(6 * time.Hour), "Group": "Tim E-MILE KU" + mark, "Live": true, "Booths": 120, "Power": 40, "Page": 1, "Pages": 3, "Open": true,
	}
	if key == "digest.daystep" {
		return templates.Data{"Key": "12", "Title": "Dokumentasi kegiatan", "Photos": 1250}
	}
	if room == "dok" {
		photo := &event.Photo{N: 12, Item: "Pembukaan" + mark}
		for k, v := range (templates.Data{
			"P": photo, "By": "Budi" + mark, "Many": true, "Alike": &event.Photo{N: 3}, "Item": "Pembukaan" + mark, "Group": true, "Items": []object{{"Name": "Pembukaan" + mark, "N": 1250}, {"Name": "", "N": 3}},
			"From": 1, "To": 20, "Part": 1, "Parts": 3, "Back": false, "Done": "12 13", "Missing": "99", "Days": 7, "MB": 15,
		}) {
			d[k] = v
		}
	}
	switch key {
	case "hadir.who":
		return guest
	case "hadir.floor":
		d["More"] = false
	}
	return d
}
