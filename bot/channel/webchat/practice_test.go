package webchat

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
)

// wib is UTC+7.
var wib = time.FixedZone("WIB", 7*3600)

// office is the people of the tests.
func office() Options {
	return Options{
		People: []Persona{
			{ID: "ukm", Name: "Siti Rahmawati", Role: "Pemilik UKM · Keripik Rasa Bogor", Phone: "0812 1111 2222",
				Description: "Siti punya usaha keripik talas di Cibinong dan ingin membuka stan.", Start: []string{"daftar", "ini gratis?"}},
			{ID: "koperasi", Name: "Dadang Hermawan", Role: "Pengurus Koperasi Mekar Jaya", Phone: "0813 3333 4444",
				Description: "Dadang mengurus koperasi simpan pinjam di Ciawi.", Start: []string{"daftar"}},
			{ID: "tamu", Name: "Euis Kartika", Role: "Tamu undangan", Phone: "0857 5555 6666",
				Description: "Euis menerima undangan dan menjawab dengan kata-katanya sendiri.", Start: []string{"/start"}},
			{ID: "ketua", Name: "Ir. Budi Santoso", Role: "Ketua tim pelaksana", Phone: "0811 7777 8888",
				Description: "Budi memimpin tim. Klaim peran ketua dengan kode dari terminal.", Start: []string{"/bantuan"}},
		},
		Group: &GroupSpec{ID: "tim", Title: "Tim E-MILE KU 2027", Description: "Grup tim pelaksana. Bot hanya menjawab perintah, sebutan @emileku, atau balasan kepadanya.",
			Members: []string{"ketua", "ukm"}, Start: []string{"/rekap", "/grup"}},
	}
}

// scripted is a bot with a few fixed answers.
type scripted struct {
	c       *Channel
	mu      sync.Mutex
	refuse  bool
	got     []channel.Inbound
	receipt []channel.Receipt
	changed chan struct{}
}

func (s *scripted) Receipt(_ context.Context, r channel.Receipt) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.receipt = append(s.receipt, r)
	close(s.changed)
	s.changed = make(chan struct{})
	return nil
}

func (s *scripted) Accept(ctx context.Context, in channel.Inbound) error {
	s.mu.Lock()
	if s.refuse {
		s.mu.Unlock()
		return errors.New("refused by the test")
	}
	s.got = append(s.got, in)
	close(s.changed)
	s.changed = make(chan struct{})
	s.mu.Unlock()
	return s.answer(ctx, in)
}

func (s *scripted) answer(ctx context.Context, in channel.Inbound) error {
	say := func(m channel.Outbound) error {
		_, err := s.c.Send(ctx, in.Chat, s.c.NewMessageID(), m)
		return err
	}
	if in.Group && !in.Addressed {
		return nil
	}
	switch {
	case in.Kind == channel.Press:
		return say(channel.Outbound{Edit: in.MessageID, Text: "Anda memilih *" + in.Text + "*."})
	case in.Kind == channel.Card:
		return say(channel.Outbound{Text: "Nomor " + in.Contact.Phone + " dicatat.", DropKeys: true})
	case in.Kind == channel.Photo, in.Kind == channel.Document:
		return say(channel.Outbound{Text: "Berkas " + in.Media.Name + " diterima.", ReplyTo: in.MessageID})
	case in.Kind != channel.Text && in.Kind != channel.Edited:
		return say(channel.Outbound{Text: "Maaf, saya hanya mengerti tulisan: " + string(in.Kind)})
	case in.Text == "daftar":
		return say(channel.Outbound{Text: "*Pendaftaran UKM* (1 dari 7)\n\nApa bidang usaha Ibu?\n_Contoh: kuliner_", Buttons: [][]channel.Button{
			{{Label: "Kuliner", Value: "kuliner"}, {Label: "Fesyen", Value: "fesyen"}}, {{Label: "Kriya", Value: "kriya"}, {Label: "Lainnya", Value: "lainnya"}}}})
	case in.Text == "nomor":
		return say(channel.Outbound{Text: "Berapa nomor telepon Ibu?\n_Contoh: 0812 3456 7890_", AskContact: "Bagikan nomor saya"})
	case in.Text == "tiket":
		return errors.Join(
			say(channel.Outbound{Text: "Nomor pendaftaran Ibu: *EMK-2027-0001*", File: &channel.File{Name: "tiket.png", MIME: "image/png", Photo: true, Data: ticket()}}),
			say(channel.Outbound{File: &channel.File{Name: "emile-ku.ics", MIME: "text/calendar", Data: []byte("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")}}))
	}
	return say(channel.Outbound{Text: "Anda menulis: " + in.Text})
}

// wait returns once what came in looks as wanted.
func (s *scripted) wait(t *testing.T, want func([]channel.Inbound, []channel.Receipt) bool) {
	t.Helper()
	for {
		s.mu.Lock()
		changed, ok := s.changed, want(s.got, s.receipt)
		got := s.got
		s.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-t.Context().Done():
			t.Fatalf("never came: %+v", got)
		case <-time.After(2 * time.Minute):
			t.Fatalf("never came: %+v", got)
		}
	}
}

func (s *scripted) setRefuse(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = on
}

// running starts a channel with the scripted bot for the length of a test.
func running(t *testing.T, o Options) (*Channel, *scripted) {
	t.Helper()
	c := New(o)
	s := &scripted{c: c, changed: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx, s) }()
	for started := false; !started; runtime.Gosched() {
		c.mu.Lock()
		started = c.sink != nil
		c.mu.Unlock()
	}
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return c, s
}

// ticket is a picture with something to see in it.
func ticket() []byte {
	img := image.NewRGBA(image.Rect(0, 0, 640, 400))
	draw.Draw(img, img.Bounds(), image.NewUniform(color.RGBA{252, 250, 244, 255}), image.Point{}, draw.Src)
	draw.Draw(img, image.Rect(0, 0, 640, 90), image.NewUniform(color.RGBA{13, 95, 89, 255}), image.Point{}, draw.Src)
	for x := range 21 {
		for y := range 21 {
			if (x*7+y*13+x*y)%3 == 0 {
				draw.Draw(img, image.Rect(400+x*9, 130+y*9, 409+x*9, 139+y*9), image.Black, image.Point{}, draw.Src)
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// standing is a Control whose clock moves only by Jump.
type standing struct {
	mu     sync.Mutex
	now    time.Time
	resets int
	gate   chan struct{} // nil: jumps pass; else each waits for it
	at     chan struct{} // gets a token when a jump waits
	c      *Channel      // told to say something on each jump
}

func newStanding() *standing {
	return &standing{at: make(chan struct{}, 8), now: time.Date(2026, 11, 29, 8, 0, 0, 0, wib)}
}

func (s *standing) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *standing) Jump(ctx context.Context, to time.Time) error {
	s.mu.Lock()
	gate, half := s.gate, s.now.Add(to.Sub(s.now)/2)
	s.now = half
	s.mu.Unlock()
	if gate != nil {
		s.at <- struct{}{}
		select {
		case <-gate:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	s.mu.Lock()
	s.now = to
	s.mu.Unlock()
	_, err := s.c.Send(ctx, chatOf("tamu"), "", channel.Outbound{Text: "Yth. Ibu Euis, acara tinggal *sebentar lagi*. Apakah Ibu hadir?",
		Buttons: [][]channel.Button{{{Label: "Hadir", Value: "ya"}, {Label: "Tidak hadir", Value: "tidak"}}}})
	return err
}

func (s *standing) NextDue(context.Context) (string, time.Time, bool) {
	at := time.Date(2026, 11, 30, 8, 0, 0, 0, wib)
	return "H-45: Menyebarkan undangan", at, s.Now().Before(at)
}

func (s *standing) Reset(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.resets++
	s.now = time.Date(2026, 11, 29, 8, 0, 0, 0, wib)
	return nil
}

func (s *standing) Status(context.Context) ([]StatusLine, error) {
	return []StatusLine{{Label: "Pesan antre", Value: "0"}, {Label: "Basis data", Value: "baik"}, {Label: "Gagal terkirim", Value: "1", Attention: true}}, nil
}

func (s *standing) EventDay(context.Context) (time.Time, bool) {
	return time.Date(2027, 1, 14, 8, 0, 0, 0, wib), true
}

func words(list []message) string {
	var b strings.Builder
	for _, m := range list {
		b.WriteString(m.From + ": " + m.words() + "\n")
	}
	return b.String()
}
