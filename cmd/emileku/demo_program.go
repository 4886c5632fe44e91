package main

import (
	"context"
	"strconv"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/event"
)

// sampleProgram gives the practice event a theme that was voted on, the team's
// sections, a rundown and some logistics.
func sampleProgram(ctx context.Context, p *program, by app.Actor, e *event.Event) error {
	other, err := identify(ctx, p, "asep")
	if err != nil {
		return err
	}
	if err := sampleTheme(ctx, p, by, other, e); err != nil {
		return err
	}
	if err := sampleSections(ctx, p, by, other); err != nil {
		return err
	}
	if err := sampleRundown(ctx, p, by, e); err != nil {
		return err
	}
	return sampleLogistics(ctx, p, by, other, e)
}

func sampleTheme(ctx context.Context, p *program, by app.Actor, other *event.Person, e *event.Event) error {
	now := p.app.Now()
	_, err := p.app.ChangeBallot(ctx, by, e.ID, "theme.propose", "", func(b *event.Ballot) error {
		for _, text := range []string{"UKM Naik Kelas", "Muda, Mandiri, Berkoperasi", "Bogor Bangga Produk Sendiri"} {
			if _, err := b.Propose(by.Person.ID, text, now); err != nil {
				return err
			}
		}
		for _, who := range []string{by.Person.ID, other.ID} {
			if _, err := b.Vote(who, 2, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	by.Inbound += "/tema" // a message of its own
	_, err = p.app.DecideTheme(ctx, by, e.ID, "Muda, Mandiri, Berkoperasi")
	return err
}

func sampleSections(ctx context.Context, p *program, by app.Actor, other *event.Person) error {
	_, err := p.app.ChangeSections(ctx, by, "section.change", "", func(s *event.Sections) error {
		s.Last = 4
		return s.Change(by.Inbound, func([]event.Section) ([]event.Section, error) {
			return []event.Section{
				{N: 1, Name: "Acara", Head: by.Person.ID}, {N: 2, Name: "Logistik", Head: other.ID}, {N: 3, Name: "Humas dan Publikasi"}, {N: 4, Name: "Penerimaan Tamu"},
			}, nil
		})
	})
	return err
}

func sampleRundown(ctx context.Context, p *program, by app.Actor, e *event.Event) error {
	type slot struct {
		start, minutes    int
		title, who, place string
	}
	var items []event.RundownItem
	for _, s := range []slot{
		{-60, 60, "Registrasi peserta dan tamu", "Meja depan", "Gerbang utama"},
		{0, 10, "Pembukaan oleh pembawa acara", "MC", "Panggung"},
		{10, 15, "Tari Jaipong", "Sanggar Jaipong Mekar", "Panggung"},
		{25, 20, "Laporan ketua tim dan sambutan Kepala Dinas", "Ketua tim", "Panggung"},
		{45, 15, "Sambutan dan pembukaan resmi", "Bupati Bogor", "Panggung"},
		{60, 240, "Bazar UKM dan konsultasi koperasi", "Peserta UKM dan koperasi", "Lapangan"},
		{60, 90, "Gelar wicara: koperasi untuk anak muda", "KSP Sejahtera Bersama", "Panggung"},
		{180, 60, "Lomba kemasan produk", "Dewan juri", "Panggung"},
		{240, 60, "Hiburan rakyat", "Sanggar Jaipong Mekar", "Panggung"},
		{300, 20, "Pengumuman juara dan penutupan", "Ketua tim", "Panggung"},
		{320, 60, "Membersihkan area", "Seluruh partisipan", "Lapangan"},
	} {
		cast, err := p.app.Cast(ctx, e.ID, s.who)
		if err != nil {
			return err
		}
		items = append(items, event.RundownItem{Start: s.start, Minutes: s.minutes, Title: s.title, Place: s.place, Cast: []event.Performing{cast}})
	}
	_, _, err := p.app.ChangeRundown(ctx, by, e.ID, "rundown.add", "", func(r *event.Rundown) error {
		_, err := r.Add(by.Person.ID, p.app.Now(), items)
		return err
	})
	return err
}

func sampleLogistics(ctx context.Context, p *program, by app.Actor, other *event.Person, e *event.Event) error {
	_, err := p.app.ChangeTask(ctx, by, e.ID, strconv.Itoa(event.Logistics), "task.item.add", "", func(t *event.Task) error {
		for _, it := range []event.Item{
			{Name: "Tenda kerucut", Quantity: 6, Unit: "unit", LentBy: "Kecamatan Cibinong", Contact: "Bu Yuli, (021) 8750001", Owner: other.Name, PersonID: other.ID, State: event.ItemReady},
			{Name: "Kursi lipat", Quantity: 300, Unit: "buah", LentBy: "Karang Taruna Pakansari", Owner: other.Name, PersonID: other.ID},
			{Name: "Panggung dan tata suara", Quantity: 1, Unit: "set", Owner: "Seksi Acara"},
			{Name: "Genset 10 kVA", Quantity: 1, Unit: "unit", LentBy: "PLN ULP Cibinong", Owner: other.Name, PersonID: other.ID},
			{Name: "Spanduk dan umbul-umbul", Quantity: 12, Unit: "lembar", Owner: "Seksi Humas", State: event.ItemReady},
			{Name: "Meja registrasi", Quantity: 4, Unit: "buah", Owner: "Seksi Penerimaan Tamu"},
		} {
			if _, err := t.AddItem(it, p.app.Now()); err != nil {
				return err
			}
		}
		t.Offered = true
		return nil
	})
	return err
}
