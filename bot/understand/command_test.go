package understand_test

import (
	"strings"
	"testing"

	"github.com/diskopukm/emileku/bot/understand"
)

func TestIntentOf(t *testing.T) {
	t.Parallel()
	for in, list := range map[understand.Intent]string{
		understand.Register:   "daftar|Daftar|/daftar|DAFTAR|saya mau daftar|mau daftar pak|daftar dong|saya ingin mendaftar|daftar ukm|mau daftar koperasi bu|daftarr|registrasi|pendaftaran",
		understand.Menu:       "menu|/menu|/start|mulai|menu dong|menu utama|ke menu utama|kembali ke menu pak",
		understand.Help:       "bantuan|help|/bantuan|tolong bantuan|bantuna|bantuan pak|bantu saya",
		understand.Status:     "status|/status|cek status|status pendaftaran saya|tiket saya",
		understand.Back:       "kembali|mundur|balik|sebelumnya|kembali dong|kembali ya pak|/kembali|kembli|kembalii|balik dulu|kembali ke pertanyaan sebelumnya|kmebali",
		understand.Cancel:     "batal|/batal|/batal@emileku_bot|batal aja|batal deh pak|batalkan|cancel|ga jadi|gak jadi daftar|ga jadi deh|tidak jadi|saya mau batal|batall|btaal|batalkan pendaftaran saya|teu jadi",
		understand.Skip:       "lewati|skip|lewat|-|--|lewati aja|lewatin dong|skip dulu|/lewati|lewatii",
		understand.Again:      "ulang|ulangi|mulai lagi|ulang dari awal|ulangi dong|/ulang|mulai dari awal",
		understand.Continue:   "lanjut|lanjutkan|lanjut pak|oke lanjut|lanjut daftar",
		understand.Change:     "ubah|ganti|edit|/ubah|mau ubah|ubah data|ubah nomor hp|ralat",
		understand.Done:       "selesai|beres|sudah selesai|selesai pak",
		understand.Stop:       "stop|STOP|berhenti|berhenti dong|stop pak|unsubscribe",
		understand.MyData:     "data saya|/datasaya|lihat data saya",
		understand.DeleteData: "hapus data saya|tolong hapus data saya|/hapusdata|hapus data saya dong pak",
	} {
		for text := range strings.SplitSeq(list, "|") {
			if got, ok := understand.IntentOf(text); !ok || got != in {
				t.Errorf("IntentOf(%q) = %q, %t; want %s", text, got, ok, in)
			}
		}
	}
	for _, text := range []string{
		"", " ", "Batal Jaya", "Lewati Batas", "Toko Kembali Sehat", "Warung Ulang Tahun", "Menu Nusantara", "CV Lanjut Makmur", "batas",
		"Kedai Balik Kampung", "Selesai Jaya", "status quo coffee", "Bantal Empuk", "bantal", "Mulia", "balok", "ulat", "081234567890", "Cibinong",
		"kapan daftar terakhir?", "batal?", "saya sudah daftar kemarin tapi belum dapat tiket", "Ubah Laku Konveksi", "Next Level Studio",
		"jangan batal", "data produk saya keripik", "Stopan Kopi", "Gantiwarno", "Mundur Alon Alon Band", "ya", "pak", "2", "Tiket Konser", "Sari Daftarindo",
	} {
		if got, ok := understand.IntentOf(text); ok {
			t.Errorf("IntentOf(%q) = %q, want none", text, got)
		}
	}
}

func FuzzIntentOf(f *testing.F) {
	for _, s := range []string{"batal", "/batal@x", "saya mau daftar", "-", "kembli", "hapus data saya"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if in, ok := understand.IntentOf(s); ok != (in != "") {
			t.Fatalf("IntentOf(%q) = %q, %t", s, in, ok)
		}
	})
}
