package understand_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/diskopukm/emileku/bot/understand"
)

func TestNIB(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"1234567890123": "1234567890123", "9120 3012 34567": "9120301234567", "NIB: 0220.0012.34567": "0220001234567",
		"nib saya 1234567890123 pak": "1234567890123", "１２３４５６７８９０１２３": "1234567890123", "12345-67890-123": "1234567890123",
		"O220001234567": "0220001234567",
	} {
		if got, err := understand.NIB(text); err != nil || got != want {
			t.Errorf("NIB(%q) = %q, %v", text, got, err)
		}
	}
	for text, want := range map[string]error{
		"": understand.ErrNIBMissing, "belum punya": understand.ErrNIBMissing, "12": understand.ErrNIBMissing,
		"123456789012": understand.ErrNIBTooShort, "12345678901234": understand.ErrNIBTooLong, "3201012345678901": understand.ErrNIBIsNIK,
	} {
		if _, err := understand.NIB(text); !errors.Is(err, want) {
			t.Errorf("NIB(%q): %v, want %v", text, err, want)
		}
	}
}

func TestEmail(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]string{
		"budi@gmail.com":               {"budi@gmail.com", ""},
		"Budi.Santoso@Gmail.com":       {"budi.santoso@gmail.com", ""},
		"email saya budi@gmail.com ya": {"budi@gmail.com", ""},
		"budi @ gmail.com":             {"budi@gmail.com", ""},
		"budi@gmail,com":               {"budi@gmail.com", ""},
		"budi@gmail. com":              {"budi@gmail.com", ""},
		"budi@gmail..com":              {"budi@gmail.com", ""},
		"budi@gmail":                   {"budi@gmail.com", ""},
		"budi@gmial.com":               {"budi@gmial.com", "budi@gmail.com"},
		"budi@gmail.con":               {"budi@gmail.con", "budi@gmail.com"},
		"budi@gmail.co":                {"budi@gmail.co", "budi@gmail.com"},
		"budi@gmai.com":                {"budi@gmai.com", "budi@gmail.com"},
		"siti@yaho.com":                {"siti@yaho.com", "siti@yahoo.com"},
		"siti@yahoo.co.id":             {"siti@yahoo.co.id", ""},
		"siti@hotmial.com":             {"siti@hotmial.com", "siti@hotmail.com"},
		"info@koperasi-makmur.co.id":   {"info@koperasi-makmur.co.id", ""},
		"dinas@bogorkab.go.id":         {"dinas@bogorkab.go.id", ""},
		"a@mail.com":                   {"a@mail.com", ""},
		"<budi@gmail.com>.":            {"budi@gmail.com", ""},
		"budi (at) gmail (dot) com":    {"budi@gmail.com", ""},
	} {
		if got, err := understand.Email(text); err != nil || got.Address != want[0] || got.Suggestion != want[1] {
			t.Errorf("Email(%q) = %+v, %v; want %v", text, got, err, want)
		}
	}
	for text, want := range map[string]error{
		"": understand.ErrEmailMissing, "tidak ada": understand.ErrEmailMissing, "budi.gmail.com": understand.ErrEmailMissing,
		"@kopimaju": understand.ErrEmailInvalid, "budi@": understand.ErrEmailInvalid, "budi@kantor": understand.ErrEmailInvalid,
		"budi@-x.com": understand.ErrEmailInvalid, "a@gmail.com, b@gmail.com": understand.ErrTwoEmails,
		"budi..santoso@gmail.com": understand.ErrEmailInvalid,
	} {
		if got, err := understand.Email(text); !errors.Is(err, want) {
			t.Errorf("Email(%q) = %+v, %v; want %v", text, got, err, want)
		}
	}
}

func TestInstagram(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"@kopimaju": "kopimaju", "kopimaju": "kopimaju", "ig: kopi.maju": "kopi.maju", "IG kopi_maju": "kopi_maju", "@ kopimaju": "kopimaju",
		"https://www.instagram.com/kopimaju/": "kopimaju", "https://instagram.com/kopi.maju?igsh=abc": "kopi.maju", "instagram.com/kopimaju": "kopimaju",
		"instagram : kopimaju": "kopimaju", "akun ig @KopiMaju ya": "kopimaju", "ignya kopimaju": "kopimaju",
	} {
		if got, err := understand.Instagram(text); err != nil || got != want {
			t.Errorf("Instagram(%q) = %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "tidak ada", "belum punya", "🙏", "@", "kopi maju bogor", strings.Repeat("a", 31), "a..b", "https://instagram.com/p/abc"} {
		if got, err := understand.Instagram(text); !errors.Is(err, understand.ErrInstagram) {
			t.Errorf("Instagram(%q) = %q, %v", text, got, err)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]string{ // tidied; as a person
		"KOPI MAJU":             {"KOPI MAJU", "KOPI MAJU"},
		"  kopi   maju ":        {"kopi maju", "Kopi Maju"},
		"siti nurhaliza":        {"siti nurhaliza", "Siti Nurhaliza"},
		"Siti Nurhaliza":        {"Siti Nurhaliza", "Siti Nurhaliza"},
		"nama saya budi":        {"nama saya budi", "Budi"},
		"Nama: Budi":            {"Nama: Budi", "Budi"},
		"h. dedi supriadi s.pd": {"h. dedi supriadi s.pd", "H. Dedi Supriadi S.Pd"},
		"ahmad bin ali":         {"ahmad bin ali", "Ahmad bin Ali"},
		"o'neil":                {"o'neil", "O'neil"},
		`"Dapur Ibu"`:           {"Dapur Ibu", "Dapur Ibu"},
		"Warung 212":            {"Warung 212", "Warung 212"},
		"a\nb\u200bc":           {"a bc", "A Bc"},
		"Kopi ☕ Senja":          {"Kopi ☕ Senja", "Kopi ☕ Senja"},
		"saya":                  {"saya", "Saya"},
	} {
		if got, err := understand.TidyName(text); err != nil || got != want[0] {
			t.Errorf("TidyName(%q) = %q, %v", text, got, err)
		}
		if got, err := understand.PersonName(text); err != nil || got != want[1] {
			t.Errorf("PersonName(%q) = %q, %v", text, got, err)
		}
	}
	for text, want := range map[string]error{
		"": understand.ErrNameMissing, "  ": understand.ErrNameMissing, "🙏🙏": understand.ErrNameMissing, "...": understand.ErrNameMissing,
		"12345": understand.ErrNameDigits, "0812-3456": understand.ErrNameDigits, strings.Repeat("a", 101): understand.ErrNameTooLong,
		strings.Repeat("a ", 60000): understand.ErrNameTooLong,
	} {
		if _, err := understand.TidyName(text); !errors.Is(err, want) {
			t.Errorf("TidyName(%.20q): %v, want %v", text, err, want)
		}
	}
}

func TestDateTime(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, understand.WIB()) // a Monday
	for text, want := range map[string]string{
		"2027-01-14 08:00":                         "2027-01-14 08:00",
		"2027-01-14T08:00":                         "2027-01-14 08:00",
		"2027-01-14":                               "2027-01-14",
		"14 Januari 2027 jam 8":                    "2027-01-14 08:00",
		"14 januari 2027 pukul 08.00 WIB":          "2027-01-14 08:00",
		"Kamis, 14 Januari 2027 pukul 08.00":       "2027-01-14 08:00",
		"14/1/2027 08.00":                          "2027-01-14 08:00",
		"14/01/27 8:30":                            "2027-01-14 08:30",
		"14-01-2027 pukul 08.00":                   "2027-01-14 08:00",
		"14.01.2027 13.30":                         "2027-01-14 13:30",
		"14 jan 2027 8 pagi":                       "2027-01-14 08:00",
		"14 jan jam 8 malam":                       "2027-01-14 20:00",
		"14 jan 08.00":                             "2027-01-14 08:00",
		"14 Jan '27 jam 3 sore":                    "2027-01-14 15:00",
		"14 januri 2027":                           "2027-01-14",
		"besok 9.00":                               "2026-11-24 09:00",
		"besok jam 9":                              "2026-11-24 09:00",
		"pagi besok":                               "2026-11-24",
		"lusa pukul 13.15":                         "2026-11-25 13:15",
		"hari ini jam 3 sore":                      "2026-11-23 15:00",
		"kamis jam 10":                             "2026-11-26 10:00",
		"senin pukul 07.30":                        "2026-11-30 07:30",
		"20 november":                              "2027-11-20",
		"23 november":                              "2026-11-23",
		"29 februari":                              "2028-02-29",
		"14 januari 2027 setengah 9":               "2027-01-14 08:30",
		"14 januari 2027 jam setengah delapan":     "2027-01-14 07:30",
		"14 januari 2027 jam delapan":              "2027-01-14 08:00",
		"acara 14 agustus 2027 jam 12 siang":       "2027-08-14 12:00",
		"besok 08.00-10.00":                        "2026-11-24 08:00",
		"1 Mei 2027, 00:00":                        "2027-05-01 00:00",
		"Jum'at 15 Januari 2027 pkl. 13.00 - 15.0": "2027-01-15 13:00",
	} {
		got, err := understand.DateTime(text, now)
		layout := "2006-01-02"
		if got.HasTime {
			layout = "2006-01-02 15:04"
		}
		if err != nil || got.Time.Format(layout) != want {
			t.Errorf("DateTime(%q) = %s, %v; want %s", text, got.Time.Format(layout), err, want)
		}
	}
	for text, want := range map[string]error{
		"": understand.ErrDateMissing, "jam 8": understand.ErrDateMissing, "nanti": understand.ErrDateMissing,
		"31 februari 2027": understand.ErrDateInvalid, "2027-13-01": understand.ErrDateInvalid, "32/1/2027": understand.ErrDateInvalid,
		"14/1/2027 25.00": understand.ErrTimeInvalid, "14/1/2027 jam 8.75": understand.ErrTimeInvalid, "minggu depan": understand.ErrDateMissing,
	} {
		if got, err := understand.DateTime(text, now); !errors.Is(err, want) {
			t.Errorf("DateTime(%q) = %v, %v; want %v", text, got, err, want)
		}
	}
	var wrong *understand.WeekdayError
	if _, err := understand.DateTime("Rabu 14 Januari 2027", now); !errors.As(err, &wrong) || wrong.Actual != time.Thursday {
		t.Errorf("wrong weekday: %v", err)
	}
}

// Every way of writing a date reads back as it.
func TestDateTimeProperties(t *testing.T) {
	t.Parallel()
	months := []string{"Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober", "November", "Desember"}
	rapid.Check(t, func(t *rapid.T) {
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, understand.WIB()).
			AddDate(0, 0, rapid.IntRange(0, 3000).Draw(t, "days")).
			Add(time.Duration(rapid.IntRange(0, 24*60-1).Draw(t, "minutes")) * time.Minute)
		date := rapid.SampledFrom([]string{
			at.Format("2006-01-02"), at.Format("2/1/2006"), at.Format("02-01-2006"), at.Format("2.1.06"),
			at.Format("2 ") + months[at.Month()-1] + at.Format(" 2006"), at.Format("2 ") + strings.ToLower(months[at.Month()-1][:3]) + at.Format(" 2006"),
		}).Draw(t, "date")
		clock := rapid.SampledFrom([]string{at.Format("15:04"), at.Format("15.04"), "pukul " + at.Format("15.04") + " WIB", "jam " + at.Format("15:04")}).Draw(t, "time")
		got, err := understand.DateTime(date+" "+clock, at)
		if err != nil || !got.HasTime || !got.Time.Equal(at) {
			t.Fatalf("DateTime(%q) = %v, %v; want %v", date+" "+clock, got, err, at)
		}
	})
}

func FuzzFields(f *testing.F) {
	for _, s := range []string{"budi@gmail,com", "NIB 1234567890123", "@kopi", "nama saya Budi", "14 jan 08.00", "setengah satu 1/1/2027", "besok 9.00", "30 feb 2027 24:00", "pagi besok"} {
		f.Add(s)
	}
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		if n, err := understand.NIB(s); err == nil && len(n) != 13 {
			t.Fatalf("NIB(%q) = %q", s, n)
		}
		if e, err := understand.Email(s); err == nil && !strings.Contains(e.Address, "@") {
			t.Fatalf("Email(%q) = %+v", s, e)
		}
		if n, err := understand.Instagram(s); (err == nil) != (n != "") {
			t.Fatalf("Instagram(%q) = %q, %v", s, n, err)
		}
		if n, err := understand.PersonName(s); (err == nil) != (n != "") || len([]rune(n)) > understand.MaxName {
			t.Fatalf("PersonName(%q) = %q, %v", s, n, err)
		}
		if w, err := understand.DateTime(s, now); err == nil && (w.Time.Year() < 2000 || w.Time.Year() > 2199) {
			t.Fatalf("DateTime(%q) = %v", s, w)
		}
	})
}
