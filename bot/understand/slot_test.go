package understand

import (
	"errors"
	"testing"
)

func TestReadSlot(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]Slot{
		"08.00 | 30 menit | Pembukaan | Ketua tim | Panggung":   {480, 30, "Pembukaan", "Ketua tim", "Panggung"},
		"08:00-08:30 | Pembukaan | Ketua tim | Panggung":        {480, 30, "Pembukaan", "Ketua tim", "Panggung"},
		"08.00 – 09.15 WIB | Senam":                             {480, 75, "Senam", "", ""},
		"| 30 menit | Doa | | Panggung":                         {NoClock, 30, "Doa", "", "Panggung"},
		"15 menit | Doa":                                        {NoClock, 15, "Doa", "", ""},
		"| | Doa":                                               {NoClock, 0, "Doa", "", ""},
		"08.00 | | Doa | Ustaz":                                 {480, 0, "Doa", "Ustaz", ""},
		"jam 8 malam | 1 jam 30 menit | Layar tancap":           {1200, 90, "Layar tancap", "", ""},
		"setengah sembilan | 1,5 jam | Lomba | Warga":           {510, 90, "Lomba", "Warga", ""},
		"8 | 45 | Sambutan":                                     {480, 45, "Sambutan", "", ""},
		"08.00 Pembukaan":                                       {480, 0, "Pembukaan", "", ""},
		"• 08.00-08.30 Pembukaan oleh Bupati":                   {480, 30, "Pembukaan oleh Bupati", "", ""},
		"2. 08.30 s.d. 09.00: Tari Jaipong":                     {510, 30, "Tari Jaipong", "", ""},
		"pukul 09.00 WIB – Bazar (2 jam)":                       {540, 120, "Bazar", "", ""},
		"09.00 20 menit Tari":                                   {540, 20, "Tari", "", ""},
		"Lomba 3 menit membuat kopi":                            {NoClock, 0, "Lomba 3 menit membuat kopi", "", ""},
		"Penutupan | Kepala Dinas | Panggung":                   {NoClock, 0, "Penutupan", "Kepala Dinas", "Panggung"},
		"23.30-00.15 | Beres-beres":                             {1410, 45, "Beres-beres", "", ""},
		"- Foto bersama":                                        {NoClock, 0, "Foto bersama", "", ""},
		"10.00 | setengah jam | Kuliner 2027":                   {600, 30, "Kuliner 2027", "", ""},
		"Bazar hari ke 2 dari 3 untuk semua warga | Tim | Stan": {NoClock, 0, "Bazar hari ke 2 dari 3 untuk semua warga", "Tim", "Stan"},
	} {
		got, err := ReadSlot(line)
		if err != nil || got != want {
			t.Errorf("%q: %+v, %v; want %+v", line, got, err, want)
		}
	}
	for line, want := range map[string]error{
		"25.00 | 30 menit | Doa": ErrTimeInvalid, "08.75 Doa": ErrTimeInvalid, "08.00 | 30 menit |": ErrSlotEmpty, "": ErrSlotEmpty, "08.00": ErrSlotEmpty,
		"08.00 | 900 menit | Doa": ErrSlotLong, "08.00 | 0 menit | Doa": ErrSlotLong, "|||": ErrSlotEmpty,
	} {
		if _, err := ReadSlot(line); !errors.Is(err, want) {
			t.Errorf("%q: %v; want %v", line, err, want)
		}
	}
}

func TestMinuteShift(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"+10": 10, "mundur 10 menit": 10, "-5": -5, "maju 5": -5, "tunda 15": 15, "10": 0, "+0": 0, "mundur": 0, "09.30": 0} {
		if got, ok := MinuteShift(text); got != want || ok != (want != 0) {
			t.Errorf("%q: %d, %v", text, got, ok)
		}
	}
}

func FuzzReadSlot(f *testing.F) {
	f.Add("08.00 | 30 menit | Pembukaan | Ketua tim | Panggung")
	f.Add("08.00-08.30 Pembukaan (1,5 jam)")
	f.Fuzz(func(t *testing.T, line string) {
		s, err := ReadSlot(line)
		if err != nil {
			return
		}
		if s.Title == "" || s.Clock < NoClock || s.Clock >= 24*60 || s.Minutes < 0 || s.Minutes > maxSlot {
			t.Errorf("%q: %+v", line, s)
		}
	})
}
