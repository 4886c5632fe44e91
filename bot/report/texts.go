package report

// The words printed on pictures and in calendar files. They stand here and
// not among the message templates because their length is part of the layout.
const (
	brand      = "E-MILE KU"
	brandLong  = "Event Milenial Koperasi dan UKM"
	officeName = "Dinas Koperasi dan UKM Kabupaten Bogor"
	officeTel  = "(021) 87929919"
	officeVow  = "Kami tidak pernah mengirim file APK atau meminta kode OTP."

	labelTicket = "TIKET PESERTA"
	labelWhen   = "WAKTU"
	labelWhere  = "TEMPAT"
	labelBooth  = "NOMOR STAN"
	labelHeads  = "JUMLAH"
	labelNumber = "NOMOR PENDAFTARAN"
	unitHeads   = "orang"
	boothPrefix = "Stan "
	ticketHint  = "Tunjukkan tiket ini di meja registrasi."
	ticketVoid  = "Tiket ini tidak berlaku."

	calendarAlarm = "Besok: "

	timelineHeading = "Tugas tim"
	timelineOf      = "dari %d selesai"
	timelineLateN   = "%d terlambat"
	timelineDay     = "Hari H"
	timelineToday   = "Hari ini"
	timelineDone    = "selesai"
	timelineLate    = "terlambat"
	timelineSoon    = "segera"
	timelineSkipped = "tidak diperlukan"
	timelineOpen    = "belum"

	recapHeading    = "Rekap pendaftaran"
	recapAsOf       = "per "
	recapTotal      = "pendaftaran"
	recapByAudience = "Menurut jenis peserta"
	recapByDistrict = "Menurut kecamatan"
	recapByDay      = "Menurut hari"
	recapLastDays   = "%d hari terakhir"
	recapOf         = "%s dari %s"
	recapNoQuota    = "%s, tanpa kuota"
	recapWaiting    = "%s menunggu"
	recapFull       = "penuh"
	recapOthers     = "Lainnya (%d kecamatan)"
	recapUnknown    = "Tidak diisi"
	recapNone       = "Belum ada pendaftaran."
)
