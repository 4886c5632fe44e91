package mongo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	driver "go.mongodb.org/mongo-driver/v2/mongo"
	wire "go.mongodb.org/mongo-driver/v2/x/mongo/driver"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/auth"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/topology"

	"github.com/diskopukm/emileku/storage"
)

// unavailableCodes are server errors that pass by themselves: an election, a
// shutdown, a primary that stepped down, a write concern that timed out.
var unavailableCodes = []int{6, 7, 64, 89, 91, 189, 262, 9001, 10058, 10107, 11600, 11602, 13435, 13436}

// fail says what was being done and turns the driver's errors into the port's.
// The server's own words about a duplicate key are left out, since they quote
// the key, which may be somebody's phone number.
func fail(ctx context.Context, doing string, err error) error {
	if err == nil {
		return nil
	}
	if end := ended(ctx, err); end != nil {
		return fmt.Errorf("mongo: %s: %w", doing, end)
	}
	switch {
	case errors.Is(err, storage.ErrNotFound), errors.Is(err, storage.ErrConflict), errors.Is(err, storage.ErrLeaseLost),
		errors.Is(err, storage.ErrFull), errors.Is(err, storage.ErrUnavailable):
		return fmt.Errorf("mongo: %s: %w", doing, err)
	case errors.Is(err, driver.ErrNoDocuments):
		return fmt.Errorf("mongo: %s: %w", doing, storage.ErrNotFound)
	case duplicate(err):
		return fmt.Errorf("mongo: %s: %w: the key is taken", doing, storage.ErrConflict)
	case unavailable(err):
		// The cause is not wrapped: it may be a deadline of the driver's own,
		// which the caller would take for that of ctx.
		return fmt.Errorf("mongo: %s: %w: %v", doing, storage.ErrUnavailable, err) //nolint:errorlint // see above
	}
	return fmt.Errorf("mongo: %s: %w", doing, err)
}

// ended gives ctx's error if that is why err came about. The driver and the
// server stop a little before a deadline.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		return nil
	}
	var ce driver.CommandError
	if !time.Now().Before(deadline) || errors.Is(err, wire.ErrDeadlineWouldBeExceeded) ||
		errors.As(err, &ce) && ce.IsMaxTimeMSExpiredError() {
		return context.DeadlineExceeded
	}
	return nil
}

func unavailable(err error) bool {
	if refused(err) {
		return false
	}
	if driver.IsNetworkError(err) || driver.IsTimeout(err) || errors.Is(err, driver.ErrClientDisconnected) {
		return true
	}
	if se := (topology.ServerSelectionError{}); errors.As(err, &se) {
		return true
	}
	if ce := (topology.ConnectionError{}); errors.As(err, &ce) {
		return true
	}
	if se := driver.ServerError(nil); errors.As(err, &se) {
		for _, code := range unavailableCodes {
			if se.HasErrorCode(code) {
				return true
			}
		}
		return se.HasErrorLabel("RetryableWriteError") || se.HasErrorLabel("TransientTransactionError")
	}
	return false
}

// refused reports whether the server does not take our credentials, which no
// waiting mends.
func refused(err error) bool {
	var ae *auth.Error
	var se wire.Error
	return errors.As(err, &ae) && errors.As(ae.Inner(), &se) && !se.NetworkError()
}

// duplicate reports whether a unique key was taken.
func duplicate(err error) bool {
	if driver.IsDuplicateKeyError(err) {
		return true
	}
	// FerretDB says so of inserts only; an update fails with its engine's error.
	var ce driver.CommandError
	return errors.As(err, &ce) && ce.Name == "InternalError" && strings.Contains(ce.Message, "UNIQUE constraint failed")
}

// onlyDuplicates reports whether all that went wrong in an unordered bulk was
// that n of its documents were there already.
func onlyDuplicates(err error) (n int, ok bool) {
	var be driver.BulkWriteException
	if !errors.As(err, &be) || be.WriteConcernError != nil {
		return 0, false
	}
	for _, we := range be.WriteErrors {
		if !duplicate(we) {
			return 0, false
		}
	}
	return len(be.WriteErrors), true
}

// refusedOf tells which of many inserted documents a unique key refused, by
// their index; any other fault of the insertion is the error.
func refusedOf(err error) (refused map[int]bool, other error) {
	if err == nil {
		return nil, nil
	}
	if _, ok := onlyDuplicates(err); !ok {
		return nil, err
	}
	refused = map[int]bool{}
	var be driver.BulkWriteException
	errors.As(err, &be)
	for _, we := range be.WriteErrors {
		refused[we.Index] = true
	}
	return refused, nil
}
