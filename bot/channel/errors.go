package channel

import (
	"errors"
	"fmt"
	"time"
)

// ErrTooLarge is returned by Fetch for a file over the limit.
var ErrTooLarge = errors.New("channel: file is larger than allowed")

// SendError tells the outbox what to do about a message that did not go out.
// Exactly one of Permanent and Uncertain may be set; with neither the send is
// known not to have happened and may be tried again.
type SendError struct {
	// Permanent: trying again is useless (a bad request, a chat that is gone).
	Permanent bool
	// Blocked: the person does not want us (Telegram's 403). Implies Permanent.
	Blocked bool
	// Uncertain: the answer never came, the message may have been delivered.
	Uncertain bool
	// RetryAfter is how long the network wants us to wait; 0: as we see fit.
	RetryAfter time.Duration
	// Everyone: RetryAfter holds for the whole channel, not this chat alone.
	Everyone bool
	// Restriction: the network forbids such messages for a while. Where it is
	// ColdOnly the message must not be sent again by itself: each try counts
	// against the account.
	Restriction *Restriction
	// Absent: there is no account at that address. Implies Permanent.
	Absent bool
	// MovedTo is the chat's new ID where the network says that it has one.
	MovedTo string
	// Err is the cause. It must hold no token.
	Err error
}

// Error implements error.
func (e *SendError) Error() string {
	kind := "temporary"
	switch {
	case e.Restriction != nil:
		kind = "restricted"
	case e.Blocked:
		kind = "blocked"
	case e.Permanent:
		kind = "permanent"
	case e.Uncertain:
		kind = "uncertain"
	case e.RetryAfter > 0:
		kind = fmt.Sprintf("retry after %s", e.RetryAfter)
	}
	return fmt.Sprintf("send (%s): %v", kind, e.Err)
}

// Unwrap gives the cause.
func (e *SendError) Unwrap() error { return e.Err }

// AsSendError finds the SendError in err, or makes a temporary one of it.
func AsSendError(err error) *SendError {
	if err == nil {
		return nil
	}
	var se *SendError
	if errors.As(err, &se) {
		return se
	}
	return &SendError{Err: err}
}
