package whatsapp

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"
)

// idPrefix opens the IDs of WhatsApp's own web client: ours look the same.
const idPrefix = "3EB0"

// editFor is how long after it was sent a message can be changed.
const editFor = 20 * time.Minute

// newMessageID chooses an ID: five random bytes, and the time masked by their
// hash. So the age of a message is known from its ID alone, also after a
// restart, and nothing of that shows.
func newMessageID(now time.Time) string {
	var b [9]byte
	_, _ = rand.Read(b[:5]) // never fails
	binary.BigEndian.PutUint32(b[5:], uint32(now.Unix())^mask(b[:5]))
	return idPrefix + strings.ToUpper(hex.EncodeToString(b[:]))
}

func mask(random []byte) uint32 {
	sum := sha256.Sum256(append([]byte("emileku message "), random...))
	return binary.BigEndian.Uint32(sum[:])
}

// sentAt is when an ID was chosen. For an ID of somebody else it is any time.
func sentAt(id string) (at time.Time, ok bool) {
	raw, err := hex.DecodeString(strings.TrimPrefix(id, idPrefix))
	if err != nil || len(raw) != 9 || !strings.HasPrefix(id, idPrefix) {
		return time.Time{}, false
	}
	return time.Unix(int64(binary.BigEndian.Uint32(raw[5:])^mask(raw[:5])), 0), true
}

// editable reports whether a message of ours can still be changed.
func editable(id string, now time.Time) bool {
	at, ok := sentAt(id)
	age := now.Sub(at)
	return ok && age > -time.Minute && age < editFor-30*time.Second // the change has to arrive in time, too
}

// pollID is the ID of the poll beside a message: the same at each try.
func pollID(message string) string {
	sum := sha256.Sum256([]byte("emileku poll " + message))
	return idPrefix + strings.ToUpper(hex.EncodeToString(sum[:9]))
}
