package understand_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/diskopukm/emileku/bot/understand"
)

func TestPhoneForms(t *testing.T) {
	t.Parallel()
	const mobile = "+6281234567890"
	for text, want := range map[string]string{
		"081234567890":                        mobile,
		"81234567890":                         mobile,
		"+62 812-3456-7890":                   mobile,
		"6281234567890":                       mobile,
		"62 812 3456 7890":                    mobile,
		"006281234567890":                     mobile,
		"+62(0)812-3456-7890":                 mobile,
		"+6208123456 7890":                    mobile,
		"0812.3456.7890":                      mobile,
		"0812 3456 7890":                      mobile,
		"0812-3456-7890":                      mobile,
		"0812‑3456–7890":                      mobile,
		"(0812) 34567890":                     mobile,
		"0 8 1 2 3 4 5 6 7 8 9 0":             mobile,
		"wa 0812 3456 7890":                   mobile,
		"WA:081234567890":                     mobile,
		"hp: 0812-3456-7890 ya pak":           mobile,
		"nomor saya 0812 3456 7890, terima":   mobile,
		"no. 081234567890.":                   mobile,
		"081234567890 (WA)":                   mobile,
		"０８１２３４５６７８９０":                        mobile,
		"O81234567890":                        mobile,
		"o8l234567890":                        mobile,
		"\u202a+62 812‑3456‑7890\u202c":       mobile,
		"+62\u00a0812\u00a03456\u00a07890":    mobile,
		"https://wa.me/6281234567890":         mobile,
		"0812 3456 7890 / 0812-3456-7890":     mobile,
		"0812 3456 7890 datang 2 orang":       mobile,
		"RT 02 RW 03, 081234567890":           mobile,
		"2. 0812 3456 7890":                   mobile,
		"0811123456":                          "+62811123456",
		"0895-3456-78901":                     "+6289534567890" + "1",
		"085712345678":                        "+6285712345678",
		"(021) 8792-9919":                     "+622187929919",
		"(021) 87929919 ext. 12":              "+622187929919",
		"021-87929919":                        "+622187929919",
		"02187929919":                         "+622187929919",
		"+62 21 8792 9919":                    "+622187929919",
		"0251 8321234":                        "+622518321234",
		"0251-8321234":                        "+622518321234",
		"2187929919":                          "+622187929919",
		"+65 8123 4567":                       "+6581234567",
		"+60 12-345 6789":                     "+60123456789",
		"006581234567":                        "+6581234567",
		"Bu Siti 0813 1111 2222 rumah no 123": "+6281311112222",
	} {
		got, err := understand.Phone(text)
		if err != nil || got.E164 != want {
			t.Errorf("Phone(%q) = %q, %v; want %s", text, got.E164, err, want)
		}
		landline := strings.HasPrefix(want, "+622")
		if got.Landline != landline {
			t.Errorf("Phone(%q).Landline = %t", text, got.Landline)
		}
	}
}

func TestPhoneFaults(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]error{
		"":                                 understand.ErrPhoneMissing,
		"belum ada":                        understand.ErrPhoneMissing,
		"tidak punya hp, 2 orang":          understand.ErrPhoneMissing,
		"0812345":                          understand.ErrPhoneTooShort,
		"08123":                            understand.ErrPhoneTooShort,
		"+62812":                           understand.ErrPhoneTooShort,
		"8792-9919":                        understand.ErrPhoneTooShort,
		"08123456789012345":                understand.ErrPhoneTooLong,
		"0812345678901234":                 understand.ErrPhoneTooLong,
		"3201012345678901":                 understand.ErrPhoneTooLong, // NIK
		"1234567890123":                    understand.ErrPhoneInvalid, // NIB
		"9120301234567":                    understand.ErrPhoneInvalid, // NIB
		"8120001234567":                    understand.ErrPhoneTooLong, // NIB
		"0220001234567":                    understand.ErrPhoneTooLong, // NIB
		"NIB 0812345678901":                understand.ErrPhoneMissing,
		"nib: 081234567890":                understand.ErrPhoneMissing,
		"14-01-2027":                       understand.ErrPhoneInvalid,
		"0812-3456-7890 / 0813-1111-2222":  understand.ErrTwoPhones,
		"0812-3456-7890 atau 081311112222": understand.ErrTwoPhones,
		"081234567890 081311112222":        understand.ErrTwoPhones,
		"081234567890\n081311112222":       understand.ErrTwoPhones,
		"081234567890081311112222":         understand.ErrTwoPhones,
		"08123456789/02187929919":          understand.ErrTwoPhones,
		"8.12E+11":                         understand.ErrScientific,
		"8,12E+11":                         understand.ErrScientific,
		"6.28123E+12":                      understand.ErrScientific,
		"+999 12345678":                    understand.ErrPhoneInvalid,
		"+65 1":                            understand.ErrPhoneTooShort,
	} {
		if _, err := understand.Phone(text); !errors.Is(err, want) {
			t.Errorf("Phone(%q): %v; want %v", text, err, want)
		}
	}
}

func TestPhoneFormats(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ e164, format, mask string }{
		{"+6281234567890", "0812-3456-7890", "0812••••890"},
		{"+628123456789", "0812-3456-789", "0812••••789"},
		{"+62811123456", "0811-123-456", "0811••••456"},
		{"+6289534567890", "0895-3456-7890", "0895••••890"},
		{"+62895345678901", "0895-3456-78901", "0895••••901"},
		{"+622187929919", "(021) 87929919", "0218••••919"},
		{"+6581234567", "+65 8123 4567", "6581••••567"},
		{"bukan nomor", "bukan nomor", "••••"},
		{"", "", "••••"},
	} {
		if got := understand.FormatPhone(c.e164); got != c.format {
			t.Errorf("FormatPhone(%q) = %q, want %q", c.e164, got, c.format)
		}
		if got := understand.MaskPhone(c.e164); got != c.mask {
			t.Errorf("MaskPhone(%q) = %q, want %q", c.e164, got, c.mask)
		}
	}
}

// Whatever prefix, separators and words surround a number, it is read the same,
// and its own written form reads back to it.
func TestPhoneProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		prefix := rapid.SampledFrom([]string{"811", "812", "813", "815", "817", "821", "838", "852", "857", "878", "881", "895", "896"}).Draw(t, "prefix")
		rest := rapid.StringMatching(`[1-9][0-9]{6,7}`).Draw(t, "rest")
		want := "+62" + prefix + rest
		lead := rapid.SampledFrom([]string{"0", "62", "+62", "+62 ", "0062", "+62-", "+62 0", ""}).Draw(t, "lead")
		sep := rapid.SampledFrom([]string{"", " ", "-", ".", " - ", "–"}).Draw(t, "sep")
		before := rapid.SampledFrom([]string{"", "wa ", "HP: ", "nomor saya ", "(", "no.hp "}).Draw(t, "before")
		after := rapid.SampledFrom([]string{"", " ya", " pak", ".", ")", " 🙏"}).Draw(t, "after")
		text := before + lead + prefix + sep + rest[:4] + sep + rest[4:] + after
		got, err := understand.Phone(text)
		if err != nil || got.E164 != want || got.Landline || got.Country != "ID" {
			t.Fatalf("Phone(%q) = %+v, %v; want %s", text, got, err, want)
		}
		again, err := understand.Phone(understand.FormatPhone(got.E164))
		if err != nil || again != got {
			t.Fatalf("FormatPhone(%s) = %s reads as %+v, %v", got.E164, understand.FormatPhone(got.E164), again, err)
		}
		if masked := understand.MaskPhone(got.E164); strings.Contains(masked, rest[:4]) {
			t.Fatalf("MaskPhone shows %s in %s", rest[:4], masked)
		}
	})
}

// No 13-digit NIB that OSS issues (they begin with 0220, 1, 8120, 9120) and no
// 16-digit NIK is taken for a phone number.
func TestPhoneIsNoNIB(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		nib := rapid.StringMatching(`(0220|1[0-9]{3}|2[0-9]{3}|8120|9120)[0-9]{9}`).Draw(t, "nib")
		nik := rapid.StringMatching(`3201[0-9]{12}`).Draw(t, "nik")
		for _, ds := range []string{nib, nik} {
			if got, err := understand.Phone(ds); err == nil {
				t.Fatalf("Phone(%q) = %+v", ds, got)
			}
		}
	})
}

func FuzzPhone(f *testing.F) {
	for _, s := range []string{"", "0812-3456-7890", "+62 (0) 812", "8.12E+11", "0812/0813", "((((+", "０８１２", "0812 3456 7890 0813 1111 2222"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := understand.Phone(s)
		if (err == nil) != (n.E164 != "") {
			t.Fatalf("Phone(%q) = %+v, %v", s, n, err)
		}
		if err == nil {
			if again, err := understand.Phone(n.E164); err != nil || again != n {
				t.Fatalf("%s reads back as %+v, %v", n.E164, again, err)
			}
		}
		_ = understand.FormatPhone(s)
		_ = understand.MaskPhone(s)
	})
}

func ExamplePhone() {
	n, err := understand.Phone("WA saya: 0812 3456 7890 ya")
	fmt.Println(n.E164, n.Landline, err)
	// Output: +6281234567890 false <nil>
}
