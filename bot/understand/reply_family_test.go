package understand_test

import (
	"strings"
	"testing"

	"github.com/diskopukm/emileku/bot/understand"
)

// family is a class of replies: every combination of its parts says the same.
// The alternatives of a part are divided by "|"; an empty one leaves it out.
type family struct {
	name  string
	want  understand.Meaning
	parts []string
}

// replies are all combinations of the parts.
func (f family) replies() []string {
	out := []string{""}
	for _, part := range f.parts {
		var next []string
		for _, begin := range out {
			for alternative := range strings.SplitSeq(part, "|") {
				next = append(next, strings.TrimSpace(begin+" "+alternative))
			}
		}
		out = next
	}
	return out
}

const (
	subjects  = "|saya|kami|aku"
	no        = "ga|gak|tidak|tdk|ngga|nggak|engga"
	comings   = "hadir|dateng|ikut|ke sana|merapat"
	dates     = "|besok|tgl 14|hari sabtu"
	calls     = "|pak|bu"
	greetings = "|maaf bu,|punten kang"
)

// families hold the grammar of replies: whole classes of them, not phrases.
var families = []family{
	// Subject, modality, verb, negation, time.
	{"coming", understand.MeansYes, []string{subjects, "|akan|pasti|siap|bisa|jadi|tetap|usahakan pasti", comings, dates, calls}},
	{"not coming", understand.MeansNo, []string{greetings, subjects, no, "|bisa|jadi|sempat|akan", comings, dates}},
	{"verbs of coming", understand.MeansYes, []string{subjects, "|pasti|insya allah|bakal", "nongol|mampir|nyusul|meluncur|otw|kesana|ikutan|gabung|berangkat|cus|menghadiri|memenuhi undangan|nimbrung|hadirin|meramaikan", calls}},
	{"verbs of staying away", understand.MeansNo, []string{greetings, subjects, "skip|absen|off|batal|mundur|nyerah|angkat tangan|pass|cancel|undur diri|libur dulu", "|dulu", calls}},

	// Sundanese and Javanese.
	{"Sundanese no", understand.MeansNo, []string{"|abdi|kuring|urang", "teu tiasa|moal|moal tiasa|henteu tiasa|teu bisa|teu acan tiasa|teu kiat|teu sempet", "sumping|dongkap|ngiring|datang|milu|hadir", "|kang|teh|punten"}},
	{"Sundanese yes", understand.MeansYes, []string{"|abdi|kuring|muhun abdi", "tiasa|bade|siap|pasti|kedah|bakal|tangtos", "sumping|dongkap|ngiring|datang|milu|ka ditu", "|kang|teh|isuk"}},
	{"Javanese no", understand.MeansNo, []string{"|kulo|aku", "mboten saged|ora iso|mboten|ora|gak iso|durung iso|dereng saged|ra iso", "rawuh|teka|dugi|melu|tumut|sowan|hadir", "|mas|pak"}},
	{"Javanese yes", understand.MeansYes, []string{"|kulo|aku|nggih kulo", "saged|iso|badhe|arep|bakal|siap|mesthi", "rawuh|teka|dugi|melu|tumut|sowan|hadir", "|mas|pak|sesuk"}},

	// What it depends on.
	{"condition first", understand.MeansMaybe, []string{"kalau|kalo|jika|asal|misal|lamun", "ga ada orderan|ga hujan|tidak sibuk|tidak ada halangan|sempat|anak sudah sembuh|bos ngizinin|toko ada yang jaga|ga bentrok|ada waktu|diizinkan suami|ga capek|ga kerja|cuaca bagus|ada barengan", "saya dateng|saya hadir|, saya pasti hadir|ya saya ikut pak|insya allah saya ke sana"}},
	{"condition last", understand.MeansMaybe, []string{"saya dateng|saya hadir|insya allah hadir|saya usahakan hadir|ikut|bisa", "kalau|kalo|jika|asal|asalkan|selama", "ga ada orderan|ga hujan|tidak sibuk|tidak ada halangan|sempat|anak sudah sembuh|bos ngizinin|toko ada yang jaga|ga bentrok|diizinkan suami"}},
	{"condition of a no", understand.MeansMaybe, []string{"kalau|kalo|jika", "hujan|ada orderan|anak masih sakit|disuruh lembur|bentrok", "saya ga dateng|saya tidak hadir|ga ikut pak"}},
	{"as for that day", understand.MeansNo, []string{"kalau|kalo", "hari itu|tanggal segitu|hari sabtu|besok|hari jumat mah|pagi", "saya ga bisa|ga bisa pak|tidak bisa hadir|saya berhalangan"}},
	{"open", understand.MeansMaybe, []string{subjects, "belum tau|belum pasti|masih mikir|pikir2 dulu|lihat nanti|ga janji|usahakan|diusahakan|masih ragu|belum bisa mastiin", "|ya|pak|bu"}},
	{"asks somebody first", understand.MeansMaybe, []string{"|nanti|besok|coba", "saya tanya|tanya|saya konfirmasi ke|saya izin|saya koordinasi dengan|nunggu izin|saya ngobrol sama", "suami|pak kades|bos|ketua kelompok|atasan|istri", "dulu|dulu ya pak|dulu boleh atau tidak"}},
	{"insya Allah", understand.MeansMaybe, []string{"insya allah|in sha allah|insha allah|insyaallah|inshaallah|in syaa Allah|insyaalloh|insyaAllah|insyaallohh|In Syaa Alloh|isyaallah|insya Alloh|InSyaAllah", "|ya|pak|bu ya|🙏"}},
	{"insya Allah coming", understand.MeansYes, []string{"insya allah|in sha allah|insha allah|insyaallah|inshaallah|in syaa Allah|insyaalloh|isyaallah", "hadir|saya hadir|bisa|datang|kami ikut", "|ya|pak"}},

	// How many.
	{"people without a verb", understand.MeansYes, []string{"|kami|kita|saya", "berdua|bertiga|berempat|3 orang|dua orang", "|ya bu|pak|ya, sama istri|sama anak|ya bu, suami istri sama 2 anak|dari kelompok kami|sama si bungsu|dengan bendahara"}},

	// Corrections and contrast: what comes last counts.
	{"corrected to yes", understand.MeansYes, []string{"saya usahakan|mungkin bisa|ga bisa|belum tahu|insya allah|ga ikut", ", eh|eh|, ralat|eh maaf", "jadi deng pasti hadir|saya pasti datang|bisa deng hadir|jadi hadir pak|jadinya saya bisa ikut"}},
	{"corrected to no", understand.MeansNo, []string{"saya hadir|siap hadir pak|bisa pak|saya ikut|oke", ", eh|eh|, ralat|eh maaf|..eh", "ga jadi|ga bisa deng|ternyata ga bisa|saya ada acara|batal pak|tidak jadi hadir"}},
	{"yes in the end", understand.MeansYes, []string{"tadinya ga bisa|awalnya ragu|kemarin bilang ga bisa|sebenarnya sibuk|tadinya ada acara|capek sih|kemarin sakit", "tapi|, tapi|cuma", "udah izin, jadi bisa ikut|sekarang bisa|saya sempatkan hadir|akhirnya bisa datang|saya usahain pasti datang|jadi bisa hadir"}},
	{"no in the end", understand.MeansNo, []string{"pengennya sih hadir|maunya ikut|tadinya mau datang|rencananya mau hadir|kepengen sih dateng|pengen sih|mau banget|aslinya pengen ikut", "tapi|, cuma|sayangnya", "anak sakit|ada hajatan|ga ada kendaraan|warung ga ada yang jaga|bentrok jadwal|lagi di luar kota|ga ada ongkos|kerja", "|, jadi engga|jadi ga bisa|, jadi batal"}},

	// A reason alone is a no.
	{"elsewhere or busy", understand.MeansNo, []string{"|maaf bu|punten", "|saya|hari itu saya|pas tgl segitu saya|kebetulan", "lagi di luar kota|lagi di Palembang|kerja|masuk shift|lagi dinas luar|umroh|masih sakit|lagi jaga warung|ada hajatan|ada rapat|lagi panen|mudik|hamil besar|dirawat di RSUD|nemenin anak ujian|nganter ibu berobat|ada ujian|ngajar|piket|ke Bandung|ada wisuda adik|lagi sibuk banget|banyak orderan|kaki lagi bengkak|baru lahiran|ga ada kendaraan|ga ada yang jaga toko|ga ada yang nungguin kios|ga dikasih izin bos"}},

	// Somebody else comes.
	{"the one who comes", understand.MeansDelegated, []string{"yang hadir|yang hadir nanti|nanti yang datang|yang kesana|yg berangkat", "Pak Ujang|Bu Nining|anak saya|bendahara kami|Kang Asep|sekretaris|keponakan saya", "|, bendahara kami|, wakil saya|saja|ya bu"}},
	{"sent by me", understand.MeansDelegated, []string{"|nanti|kami", "saya utus|saya tugaskan|saya suruh|diwakilkan ke|saya serahkan ke|dilimpahkan ke|saya kuasakan ke|nitip ke|didelegasikan ke|diwakili|digantikan|saya minta", "Pak Ujang|Bu Nining|anak saya|bendahara|adik saya", "|yang datang|yang hadir|saja yang kesana"}},
	{"does it for me", understand.MeansDelegated, []string{"saya ga bisa,|saya berhalangan,|Bapak tidak dapat hadir,", "Pak Sekda|Bu RT|anak saya|Ustadz Hamid|wakil ketua", "yang akan membuka|yang mendampingi|yang jalan|yang ke lokasi|yang hadir|yang menggantikan"}},
	{"names that are words", understand.MeansDelegated, []string{"yang hadir|diwakilkan ke|saya utus", "Pak Ade|Bu Ana|Pak Isa|Bu Putri|Pak Dede|Pak Hadi|Pak Yoga|Bu Eka", "|ya bu|saja"}},
	{"let them", understand.MeansDelegated, []string{"|saya ga bisa,|saya kerja,|lagi sakit nih,", "biar|biarin|suruh", "Dadan|anak saya|istri|Pak Ujang|bendahara", "yang berangkat|aja yang dateng|yang ke sana|yang mewakili|yang gantian"}},

	// Questions.
	{"short question words", understand.MeansQuestion, []string{"|pak|bu", "acaranya jm brp|acara dmn|jam brp mulainya|tempatnya dmn|daftarnya gmn|kpn acaranya|kpn ya|brp orang boleh|lokasi dmn ya|bayar brp|yg diundang spa aja|ke sananya lewat mana|gmn cara daftarnya|acara apa|parkir dmn|sampe jm brp|knp sy diundang|pembicaranya spa", "|ya|ya pak"}},
	{"tag questions", understand.MeansQuestion, []string{"bawa ktp|pake seragam|dapat makan|ada parkir|bayar|harus daftar dulu|perlu bawa undangan|boleh bawa anak|bisa diwakilkan|dapat sertifikat|ada doorprize|boleh jualan|wajib pake batik|dapet uang transport|disediain makan|tempatnya jauh|boleh ngajak temen|masih bisa daftar", "ga|gak|ngga|tidak|nggak|engga|g", "|ya|pak|bu"}},
	{"asks about oneself", understand.MeansQuestion, []string{"saya ikut|kalau ikut|peserta|siswa", "dapat|boleh|dikasih|wajib", "uang bensin|makan|jualan|bawa anak|sertifikat", "ga|tidak|gak|ngga", "|ya|pak"}},
	{"asks which", understand.MeansQuestion, []string{"|ini|acaranya|bajunya", "online|indoor|bebas|siang", "atau|apa", "offline|outdoor|batik|malam", "|ya|kak"}},
	{"asks for a thing", understand.MeansQuestion, []string{"|maaf|pak", "saya belum dapat suratnya|undangannya belum saya terima|suratnya belum sampai|belum ada surat", ", bisa minta|, boleh minta|, tolong kirim|, mohon dikirim|, minta dong|, bisa minta?"}},
	{"asks for the place", understand.MeansQuestion, []string{"minta|kirim|share|tolong kirim|boleh minta|bisa kirim|spill|mohon dikirim", "lokasinya|alamatnya|serlok|rundown|undangannya|nomor panitia|link pendaftarannya", "|dong|pak|ya bu"}},

	// No more of this.
	{"stop sending", understand.MeansOptOut, []string{"|tolong|mohon|udah", "jangan|stop|ga usah|berhenti|tong|ojo", "kirim|kirimi|wa|chat|hubungi|ngirim pesan|sms|kirim2", "|saya|ke nomor ini|ke sini", "|lagi"}},
	{"delete", understand.MeansOptOut, []string{"|tolong|mohon|minta", "hapus|keluarkan|coret|hilangkan|hapusin|keluarin", "nomor saya|data saya|kontak saya|no saya|nomor ini", "|dari daftar|dari list|dari grup|pak|ya"}},
	{"not me", understand.MeansOptOut, []string{"|maaf|maaf pak,", "ini bukan|saya bukan|bukan", "nomor pak Dedi|pak Dedi|Bu Siti|pemilik toko itu|nomor koperasi|anggota koperasi", "|pak|lagi"}},

	// What was in the way and is no more; what is in the way and does not matter.
	{"freed", understand.MeansYes, []string{"rapatnya|acara yang lain|janji saya|hajatannya|job lain", "dibatalkan|batal|diundur|sudah selesai|ga jadi", "jadi saya bisa hadir|jadi bisa ikut|, saya hadir|, jadi saya ikut pak"}},
	{"well again", understand.MeansYes, []string{"sudah sembuh|udah sehat|anak sudah baikan|ga jadi mudik|ga jadi ke luar kota|tidak sibuk|lagi kosong|hari itu libur|sudah ada yang jaga toko", ", saya hadir|jadi bisa hadir|, bisa pak|jadi saya ikut"}},
	{"coming all the same", understand.MeansYes, []string{"meski|walau|walaupun|biarpun", "sakit|hujan|sibuk|jauh|ga ada kendaraan|capek", "saya tetap hadir|, tetap ikut|saya usahakan pasti datang|kami hadir"}},
	{"not coming all the same", understand.MeansNo, []string{"meski|walau|walaupun", "ingin sekali|pengen ikut|diundang|mau", ", saya ga bisa|saya tidak bisa hadir|, kami tidak dapat hadir"}},
	{"two negations", understand.MeansYes, []string{"ga mungkin ga|masa ga|tidak mungkin tidak|masa saya ga|ga bisa ga|masa diundang ga", "dateng|hadir|ikut", "|pak|dong"}},
	{"not for all of it", understand.MeansYes, []string{"hadir|saya datang|kami ikut|siap hadir", ", tapi|tapi|, cuma", "sebentar|ga bisa lama|sampai dzuhur|telat|agak siang|pulang duluan|telat dikit ya|mau jemput anak dulu"}},
	{"allowed", understand.MeansYes, []string{"suami|bos|istri|ortu|pimpinan", "ngizinin|sudah mengizinkan|udah ngebolehin|kasih izin", ", saya ikut|jadi saya hadir|, bisa hadir|jadi bisa ikut"}},
	{"not allowed", understand.MeansNo, []string{"|maaf bu", "suami|bos|istri|ortu|pimpinan|dokter", "ga ngizinin|ga ngebolehin|melarang|tidak mengizinkan|ga kasih izin|ga ngasih izin", "|pak|saya pergi|, maaf ya"}},
	{"mine, not theirs", understand.MeansYes, []string{"saya dateng|saya hadir|kami ikut", ",|tapi|, tapi", "istri ga bisa|suami tidak ikut|anak ga jadi ikut|sekretaris saya ga bisa"}},
	{"put right", understand.MeansYes, []string{"kemarin salah kirim|maaf tadi salah ketik|kemarin bilang ga bisa|tadi saya bilang ragu", ", yang benar|, sekarang|, jadinya", "saya hadir|kami pasti ikut|saya bisa hadir"}},
	{"no, somebody called, and why", understand.MeansNo, []string{"|maaf|iya", "ga|engga|tidak|nggak|moal", "bu|pak|kak|mas|min|kang", "lagi demam|lagi kerja|ada acara|anak sakit|di luar kota|hujan|ada rapat|lagi sibuk|bentrok|ada halangan|capek"}},
	{"no with its reason", understand.MeansNo, []string{"ga bisa|tidak hadir|maaf ga ikut|absen|belum bisa", "karena|soalnya|,|krn|gara2", "anak sakit|ada rapat|hujan|lagi di luar kota|kerja|ada hajatan|ga ada kendaraan|mau ke Bandung|istri lahiran|toko ga ada yang jaga|ada kelas pengganti|harus ngajar"}},

	// Of somebody else who was invited.
	{"the official comes", understand.MeansYes, []string{"|izin,", "Bapak|Ibu|beliau|Pak Kadis|Pak Bupati|Ibu Camat|Pak Kades", "akan|berkenan|dipastikan|confirm|pasti|insya Allah akan", "hadir|menghadiri|hadir pukul 09.00|rawuh"}},
	{"the official does not come", understand.MeansNo, []string{"|izin,|mohon maaf,", "Bapak|Ibu|beliau|Pak Kadis|Pak Bupati|Ibu Camat|Pak Kades", "tidak dapat|belum dapat|berhalangan|tidak berkenan|tidak bisa|batal", "hadir|menghadiri|rawuh"}},
	{"the official sends", understand.MeansDelegated, []string{"|Bapak berhalangan,", "Bapak menugaskan|diwakili|beliau mengutus|disposisi ke|dilimpahkan ke|mendelegasikan kepada", "Pak Sekda|Sekretaris Dinas|Kabid Koperasi|Asisten II|staf"}},

	{"names of those who come", understand.MeansYes, []string{"saya dan|saya bersama|saya sama", "Pak Ade|Bu Ana|Pak Isa|Bu Putri|Pak Dede|Pak Hadi", "hadir|insya allah hadir|akan datang"}},
	{"ordinary words", understand.MeansYes, []string{"biasa pak,|seperti biasa|dari Bogor selatan|dari samping pasar|satu rombongan|naik bus|balik kerja", "saya hadir|kami ikut|saya datang"}},

	// English bits.
	{"English yes", understand.MeansYes, []string{"|ok|yes|sure", "i will come|i'm coming|we'll be there|count me in|will attend|see you there|i can come|i'll join", "|sir|kak|thanks"}},
	{"English no", understand.MeansNo, []string{"|sorry|no", "can't make it|i can't|not coming|won't attend|unable to come|can not come|i cannot join|cant come", "|sir|kak|thanks"}},

	// Letters held too long, laughter, no punctuation.
	{"long yes", understand.MeansYes, []string{"|siaaap|okeee|iyaaa", "hadiiir|ikuuut|datengggg|bisaaa dateng|pasti hadiirrr", "|wkwk|hehe|kaaak|🔥🔥|hihihi"}},
	{"long no", understand.MeansNo, []string{"|aduuuh|maaaf|yaaah", "gaaa bisaaa|ga ikuuut|gabisaaa|engga dateeeng|nggaaak bisa", "|wkwk|hehe|kaaak|😭😭|hihihi"}},
	{"spoken yes", understand.MeansYes, []string{"iya pak|oh iya bu baik|assalamualaikum pak", "nanti saya hadir ya pak|saya pasti dateng bu|saya ikut ya", "|insya allah sama istri|berdua sama anak|makasih ya pak|jam delapan ya"}},
	{"spoken no", understand.MeansNo, []string{"iya pak|oh iya bu maaf|assalamualaikum pak|makasih undangannya", "saya ga bisa hadir ya pak|kayanya saya ga bisa bu|saya ga ikut dulu ya", "|soalnya lagi sakit|lagi di luar kota|makasih ya pak|ada acara keluarga"}},
}

// Every class is read as a whole, by the rules alone and with what the examples
// teach; a yes is never taken for a no, nor the other way.
func TestReplyFamilies(t *testing.T) {
	t.Parallel()
	for _, f := range families {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			var all []understand.LabelledReply
			for _, text := range f.replies() {
				all = append(all, understand.LabelledReply{Label: f.want, Text: text})
			}
			f.hold(t, "rules", understand.ScoreRules(all), 2)
			f.hold(t, "rules and examples", understand.ScoreReplies(all), 20) // the examples know no grammar: in doubt it asks
		})
	}
}

// hold fails where a reply is turned round, or where more than so many of a
// hundred are misread.
func (f family) hold(t *testing.T, by string, s understand.Score, percent int) {
	t.Helper()
	for _, r := range s.Misses() {
		t.Logf("%s: %q: %s", by, r.Text, r.Reading.Meaning)
		if r.Flipped() {
			t.Errorf("%s: %q is read as %s, not %s", by, r.Text, r.Reading.Meaning, f.want)
		}
	}
	if missed := len(s.Misses()); missed*100 > percent*len(s.Replies) {
		t.Errorf("%s: %d of %d are not read as %s", by, missed, len(s.Replies), f.want)
	}
}
