// Package exercise lets the real program run against the local WhatsApp server:
// a crowd that registers at once while connections break off and the program is
// killed, and a sending of invitations to strangers until WhatsApp forbids it.
// The tests of cmd/emileku play small versions of it, the drill the full ones.
//
// The program is the test binary of cmd/emileku (go test -c ./cmd/emileku) told
// by AsProgram to be the program: main itself, in a process of its own that can
// be killed. Only there may it trust another WhatsApp than the real one; the
// shipped binary cannot. The other variables are read there, too.
package exercise

// Variables that the test binary of cmd/emileku reads.
const (
	// AsProgram: be the program.
	AsProgram = "EMILEKU_TEST_AS_PROGRAM"
	// LocalWhatsApp is the local server's wafake.Endpoint.
	LocalWhatsApp = "EMILEKU_TEST_WHATSAPP"
	// NoLimits: send as fast as networks take it.
	NoLimits = "EMILEKU_TEST_NO_LIMITS"
	// ClockOnInput: CLOCK_START is set, and each line of the input is an instant
	// (RFC 3339) up to which the event clock goes, stopping wherever something
	// falls due. ClockMoved and the instant are printed when all is done.
	ClockOnInput = "EMILEKU_TEST_CLOCK_ON_INPUT"
)

// ClockMoved begins the line that answers a line of ClockOnInput.
const ClockMoved = "the clock is at "
