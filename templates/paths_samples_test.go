package templates_test

import (
	"strings"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/templates"
)

// pathSample fills the texts by which people find their way.
func pathSample(key, _ string) templates.Data {
	lines := []object{
		{"Command": "/tugas", "What": "daftar tugas dan tenggatnya", "Late": 2, "Today": 1, "N": 0},
		{"Command": "/kurasi", "What": "terima atau tolak pendaftar", "Late": 0, "Today": 0, "N": 3},
		{"Command": "/rekap", "What": "jumlah pendaftar dan grafik", "Late": 0, "Today": 0, "N": 0},
	}
	switch {
	case key == "auth.role":
		return templates.Data{"Command": "acara", "Need": event.Lead, "Role": event.Member}
	case key == "help.unknown":
		return templates.Data{"Nearest": "/rekap"}
	case key == "help.meant":
		return templates.Data{"Line": "/tugas 5"}
	case key == "help.one" || key == "help.usage":
		return templates.Data{"Command": "tugas", "What": "daftar tugas dan tenggatnya", "Word": "ngawur", "Examples": []string{"/tugas", "/tugas saya", "/tugas 5 tambah Tenda | 4 unit"}}
	case strings.HasPrefix(key, "start.") || strings.HasPrefix(key, "help."):
		return templates.Data{"Lines": lines, "Phase": string(event.Inviting), "Days": 45, "Invited": true, "Comes": true, "Survey": true, "Answer": event.Yes, "Registered": 1, "Draft": false, "Open": true, "Staff": true}
	}
	return nil
}
