package event_test

import (
	"strings"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"pgregory.net/rapid"
)

var statuses = []event.Status{
	"", event.Pending, event.Reserve, event.Waiting, event.Offered, event.Lapsed, event.Confirmed, event.Declined, event.Cancelled,
}

// TestOnlyDrawnMoves tries every pair of states against the drawing.
func TestOnlyDrawnMoves(t *testing.T) {
	t.Parallel()
	drawn := map[[2]event.Status]bool{}
	for from, to := range map[event.Status]string{
		"":              "pending confirmed waiting",
		event.Pending:   "confirmed declined reserve cancelled",
		event.Reserve:   "confirmed declined cancelled",
		event.Waiting:   "offered confirmed cancelled",
		event.Offered:   "confirmed lapsed cancelled",
		event.Lapsed:    "waiting confirmed cancelled",
		event.Declined:  "confirmed reserve",
		event.Confirmed: "cancelled",
		event.Cancelled: "",
	} {
		for _, s := range strings.Fields(to) {
			drawn[[2]event.Status{from, event.Status(s)}] = true
		}
	}
	at := time.Date(2026, 12, 1, 9, 0, 0, 0, event.Jakarta)
	for _, from := range statuses {
		for _, to := range statuses {
			until := at.Add(time.Hour)
			r := event.Registration{Status: from, Reason: "before", OfferUntil: &until}
			err := r.Move(to, at, "after")
			if want := drawn[[2]event.Status{from, to}]; (err == nil) != want {
				t.Errorf("%q to %q: allowed %t, want %t", from, to, err == nil, want)
				continue
			}
			if err != nil {
				if r.Status != from || r.Reason != "before" || r.OfferUntil == nil || !r.StatusAt.IsZero() {
					t.Errorf("a move that was refused changed %+v", r)
				}
				continue
			}
			if r.Status != to || !r.StatusAt.Equal(at) || !r.UpdatedAt.Equal(at) || r.Reason != "after" || (r.OfferUntil != nil) != (to == event.Offered) {
				t.Errorf("%q to %q left %+v", from, to, r)
			}
		}
	}
}

func TestDerive(t *testing.T) {
	t.Parallel()
	r := event.Registration{
		ID: "d1", Number: "EMK-2027-0007", EventID: "EMK-2027", Audience: event.UKM, Status: event.Confirmed,
		Answers: map[string]string{
			event.KeyName: "Keripik  Talas", event.KeyOwner: "Siti Aminah", event.KeyLocation: "Cibinong/Karadenan", event.KeyPhone: "+6281234567890",
			event.KeyHeads: "3", event.KeyProduct: "keripik", event.KeyBooth: event.BoothPower, event.KeyNIB: "8120012345678",
		},
	}
	r.Derive()
	if r.Name != "Keripik  Talas" || r.Contact != "Siti Aminah" || r.Phone != "+6281234567890" || r.Kecamatan != "Cibinong" || r.Desa != "Karadenan" || r.Outside || r.Heads != 3 {
		t.Errorf("derived %+v", r)
	}
	for _, word := range []string{"emk-2027-0007", "keripik talas", "siti", "+6281234567890", "karadenan", "8120012345678"} {
		if !strings.Contains(r.Search, word) {
			t.Errorf("nobody finds it by %q: %q", word, r.Search)
		}
	}
	if !r.NeedsPlace() || !r.WantsBooth() || !r.WantsPower() {
		t.Error("a booth with electricity was asked for")
	}
	r.Answers[event.KeyBooth] = event.BoothNone
	if r.NeedsPlace() || r.WantsPower() {
		t.Error("a UKM without a booth does not count against the quota")
	}
	coop := event.Registration{Audience: event.Koperasi, Answers: map[string]string{event.KeyName: "Kopmakmur", event.KeyContact: "Dedi", event.KeyLocation: "luar:Depok"}}
	coop.Derive()
	if coop.Contact != "Dedi" || !coop.Outside || coop.Heads != 1 || !coop.NeedsPlace() {
		t.Errorf("derived %+v", coop)
	}
}

// TestKey: what may stand only once in an event.
func TestKey(t *testing.T) {
	t.Parallel()
	make := func(aud event.Audience, person, id string, answers ...string) string {
		r := event.Registration{ID: id, EventID: "EMK-2027", PersonID: person, Audience: aud, Status: event.Confirmed, Answers: map[string]string{}}
		for i := 0; i < len(answers); i += 2 {
			r.Answers[answers[i]] = answers[i+1]
		}
		r.Derive()
		return r.Key
	}
	same := [][2]string{
		{make(event.UKM, "a", "1", "nama", "Kopi-Maju", "lokasi", "Ciawi/Bendungan"), make(event.UKM, "b", "2", "nama", "KOPI maju", "lokasi", "Ciawi/Bendungan")},
		{make(event.UKM, "a", "1", "nama", "Kopi Maju", "nib", "8120012345678"), make(event.UKM, "b", "2", "nama", "Toko Lain", "nib", "8120012345678")},
		{make(event.Koperasi, "a", "1", "nama", "Jaya", "badan_hukum", "518/123/BH/2015"), make(event.Koperasi, "b", "2", "nama", "Kop. Jaya", "badan_hukum", "518 123 bh 2015")},
		{make(event.Public, "a", "1", "nama", "Siti", "lokasi", "Ciawi"), make(event.Public, "a", "2", "nama", "siti", "lokasi", "Cibinong")},
	}
	for _, p := range same {
		if p[0] != p[1] {
			t.Errorf("%s and %s are one", p[0], p[1])
		}
	}
	differ := [][2]string{
		{make(event.UKM, "a", "1", "nama", "Kopi", "lokasi", "Ciawi/Bendungan"), make(event.UKM, "a", "2", "nama", "Kopi", "lokasi", "Ciawi/Cibedug")},
		{make(event.UKM, "a", "1", "nama", "Kopi"), make(event.Performer, "a", "2", "nama", "Kopi")},
		{make(event.Public, "a", "1", "nama", "Siti"), make(event.Public, "b", "2", "nama", "Siti")}, // two people of one name
		{make(event.UKM, "a", "1", "nama", "Kopi", "nib", "8120012345678"), make(event.UKM, "a", "2", "nama", "Kopi", "nib", "8120012345679")},
	}
	for _, p := range differ {
		if p[0] == p[1] {
			t.Errorf("%s is two", p[0])
		}
	}
	r := event.Registration{ID: "x", EventID: "EMK-2027", Audience: event.UKM, Status: event.Confirmed, Answers: map[string]string{"nama": "Kopi"}}
	r.Derive()
	before := r.Key
	r.Distinct = true
	if r.Derive(); r.Key == before {
		t.Error("a business that is said to be another one has the same key")
	}
	for _, s := range []event.Status{event.Cancelled, event.Declined} { // their business may register again
		r.Status = s
		if r.Derive(); r.Key != r.ID {
			t.Errorf("%s keeps the key %s", s, r.Key)
		}
	}
}

func TestLocalityRoundTrip(t *testing.T) {
	t.Parallel()
	name := rapid.StringMatching(`[A-Z][a-z]{2,9}( [A-Z][a-z]{2,9})?`)
	rapid.Check(t, func(rt *rapid.T) {
		var l event.Locality
		switch rapid.IntRange(0, 3).Draw(rt, "kind") {
		case 0:
			l = event.Locality{Kecamatan: name.Draw(rt, "kecamatan")}
		case 1:
			l = event.Locality{Kecamatan: name.Draw(rt, "kecamatan"), Desa: name.Draw(rt, "desa")}
		case 2:
			l = event.Locality{Outside: true}
		case 3: // as a person wrote it: anything
			l = event.Locality{Outside: true, Name: rapid.String().Draw(rt, "name")}
		}
		if got := event.ParseLocality(l.String()); got != l {
			rt.Fatalf("%+v became %q became %+v", l, l.String(), got)
		}
	})
}

func TestFold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.String().Draw(rt, "s")
		if f := event.Fold(s); event.Fold(f) != f || strings.Contains(f, "  ") {
			rt.Fatalf("Fold(%q) = %q", s, f)
		}
		if q := event.Squeeze(s); event.Squeeze(q) != q || strings.ContainsAny(q, " -./'") {
			rt.Fatalf("Squeeze(%q) = %q", s, q)
		}
	})
}

func TestAudiencesAndRoles(t *testing.T) {
	t.Parallel()
	for _, a := range event.Registrable() {
		if !a.Valid() {
			t.Errorf("%s is not valid", a)
		}
		if _, ok := event.FormOf(a); !ok {
			t.Errorf("%s has no form", a)
		}
	}
	if _, ok := event.FormOf(event.Official); ok || !event.Official.Valid() || event.Audience("x").Valid() {
		t.Error("officials are invited and do not register")
	}
	if event.Guest.Staff() || !event.ReadOnly.Staff() || !event.Lead.Valid() || event.Role("king").Valid() {
		t.Error("roles")
	}
}

func TestPrivateChat(t *testing.T) {
	t.Parallel()
	blocked := time.Now()
	p := event.Person{Accounts: []event.Account{{Key: "telegram:1", Chat: "telegram:1"}, {Key: "web:1", Chat: "web:1"}, {Key: "whatsapp:1"}}}
	if got := p.PrivateChat(); got != "web:1" {
		t.Errorf("writes to %q", got)
	}
	p.Account("web:1").Blocked = &blocked
	if got := p.PrivateChat(); got != "telegram:1" {
		t.Errorf("writes to %q", got)
	}
	p.Account("telegram:1").Blocked = &blocked
	if got := p.PrivateChat(); got != "" || p.Account("x:1") != nil {
		t.Errorf("writes to %q", got)
	}
}
