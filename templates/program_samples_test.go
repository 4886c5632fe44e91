package templates_test

import (
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/templates"
)

// programSample fills the texts about the rundown.
func programSample(key, mark string, at time.Time) templates.Data {
	room, _, _ := strings.Cut(key, ".")
	switch room {
	case "theme":
		d := themeSample(mark, at)
		if key == "theme.decided" {
			d["Before"] = "Tema lama" + mark
		}
		return d
	case "branding":
		post := object{"N": 2, "Where": "Instagram @diskopukm" + mark, "Link": "https://instagram.com/p/1", "For": "UKM", "On": at, "Came": 5}
		if key == "branding.postline" {
			return post
		}
		return templates.Data{
			"Posts": []object{post, {"N": 3, "Where": "Facebook" + mark, "Link": "", "For": "", "On": at, "Came": 0}}, "Post": post, "Own": "https://t.me/bot?start=daftar_ukm_p2", "N": 2, "Where": "Instagram" + mark, "Total": 45,
			"Sources": []object{{"Kind": "post", "Where": "Instagram" + mark, "N": 2, "Total": 5, "By": []string{"UKM 5"}}, {"Kind": "link", "Where": "", "N": 0, "Total": 10, "By": []string{"UKM 8", "Koperasi 2"}}, {"Kind": "unknown", "Where": "", "N": 0, "Total": 0, "By": []string(nil)}},
		}
	case "logistics":
		return logisticsSample(key, mark, at)
	case "section":
		return templates.Data{
			"Sections": []object{{"N": 1, "Name": "Acara" + mark, "Head": "Budi" + mark, "Members": []string{"Asep" + mark, "Siti" + mark}}, {"N": 2, "Name": "Humas" + mark, "Head": "", "Members": []string(nil)}},
			"Loose":    []string{"Ujang" + mark}, "Max": 20, "Name": "Acara" + mark, "Act": "ketua",
		}
	case "rundown":
	default:
		return nil
	}
	line := object{
		"N": 2, "From": "08.30", "To": "08.45", "Minutes": 15, "Title": "Tari Jaipong" + mark, "Who": "Sanggar Mekar" + mark, "Place": "Panggung" + mark, "Going": true, "Over": false,
	}
	bare := object{"N": 3, "From": "08.45", "To": "09.15", "Minutes": 30, "Title": "Sambutan" + mark, "Who": "", "Place": "", "Going": false, "Over": false}
	faults := []object{
		{"Kind": "gap", "A": "Tari" + mark, "B": "Doa" + mark, "From": "09.15", "To": "09.30", "Minutes": 15, "Who": ""},
		{"Kind": "overlap", "A": "Tari" + mark, "B": "Doa" + mark, "From": "09.15", "To": "09.30", "Minutes": 15, "Who": ""},
		{"Kind": "person", "A": "Tari" + mark, "B": "Doa" + mark, "From": "09.15", "To": "09.30", "Minutes": 15, "Who": "Sanggar Mekar" + mark},
	}
	bad := []object{{"Line": "25.00 | Doa" + mark, "Why": "jamnya tidak ada"}}
	d := templates.Data{
		"Items": []object{line, bare}, "Faults": faults, "FaultsMore": 2, "Fault": faults[0], "Member": true, "Offer": "EMK-2026", "OfferN": 14, "Item": line, "Before": bare,
		"N": 2, "Max": 120, "Act": "mundur", "Next": "09.15", "Bad": bad, "Added": []object{line, bare}, "AddedMore": 3, "Along": "ask", "Follow": 4, "Shift": -10,
		"Told": true, "From": "EMK-2026", "Name": "Sanggar Mekar" + mark, "Names": []string{"Sanggar Mekar" + mark}, "At": at, "Minutes": 20, "By": "Rina" + mark, "More": 3,
	}
	switch key {
	case "rundown.line":
		return line
	case "rundown.faultline":
		return faults[1]
	case "rundown.told":
		d["Before"] = at.Add(-10 * time.Minute)
	case "rundown.now":
		d["Next"] = []object{bare}
	}
	return d
}

func themeSample(mark string, at time.Time) templates.Data {
	return templates.Data{
		"Proposals": []object{
			{"N": 1, "Text": "Muda, Mandiri, Berkoperasi" + mark, "By": "Budi" + mark, "Votes": 4, "Leading": true}, {"N": 2, "Text": "UKM Naik Kelas" + mark, "By": "", "Votes": 0, "Leading": false},
		},
		"Mine": 2, "Votes": 4, "Able": 7, "Decided": "", "By": "Rina" + mark, "At": at, "Group": false, "Lead": true, "Tie": true, "N": 2, "Known": []string{"UKM Naik Kelas" + mark},
		"Who": "Budi" + mark, "Text": "UKM Naik Kelas" + mark, "Before": 1, "Theme": "UKM Naik Kelas" + mark, "Max": 12,
	}
}

func logisticsSample(key, mark string, at time.Time) templates.Data {
	thing := object{
		"N": 2, "Name": "Tenda" + mark, "Quantity": 1200, "Unit": "unit" + mark, "Owner": "Pak Asep" + mark, "LentBy": "Kecamatan Cibinong" + mark, "HandedTo": "Panggung" + mark,
		"Note": "biru" + mark, "State": event.ItemHanded, "Photos": 1, "ReturnedAt": &at,
	}
	switch key {
	case "logistics.line", "logistics.thing":
		return thing
	}
	return templates.Data{
		"Items": []object{thing}, "More": 3, "List": event.Readiness{Total: 7, Ready: 2, Missing: []event.Item{{Name: "Kursi"}}}, "Lent": 3, "Out": 2, "Back": 1, "Member": true, "Offer": "EMK-2026", "OfferN": 12,
		"Groups": []object{{"Who": "Pak Asep" + mark, "Items": []object{thing}}, {"Who": "", "Items": []object{thing}}}, "Go": false, "Checked": true,
		"Lenders": []object{{"Name": "Kecamatan Cibinong" + mark, "Contact": "0812-3456-7890" + mark, "Out": []object{thing}, "Back": []object{thing}}}, "Group": true,
		"Act": "kembali", "Name": "Tenda" + mark, "N": 2, "I": 1, "Of": 2, "By": "Budi" + mark, "At": at, "Rows": 40, "Photo": true, "Numbers": "2, 3",
	}
}
