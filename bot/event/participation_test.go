package event

import "testing"

func TestNameAndPosition(t *testing.T) {
	t.Parallel()
	for contact, want := range map[string][2]string{
		"Dedi Supriadi, sekretaris":     {"Dedi Supriadi", "Sekretaris"},
		"Hj. Lilis, S.E., manajer umum": {"Hj. Lilis, S.E.", "Manajer umum"},
		"Ujang Rahmat , Wakil Ketua":    {"Ujang Rahmat", "Wakil Ketua"},
		"H. Dedi Supriadi, S.E.":        {"H. Dedi Supriadi, S.E.", ""},
		"Dra. Tuti Alawiyah, M.M.":      {"Dra. Tuti Alawiyah, M.M.", ""},
		"Siti Aminah, Adminah":          {"Siti Aminah, Adminah", ""},
		"Siti Aminah":                   {"Siti Aminah", ""},
		", ketua":                       {", ketua", ""},
		"Rina,":                         {"Rina,", ""},
		"":                              {"", ""},
	} {
		if name, position := NameAndPosition(contact); name != want[0] || position != want[1] {
			t.Errorf("%q gives %q and %q", contact, name, position)
		}
	}
}
