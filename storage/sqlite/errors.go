package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	driversqlite "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/diskopukm/emileku/storage"
)

// wrap says what was being done and gives the error the meaning that the port
// knows, if it has one.
func wrap(ctx context.Context, op string, err error) error {
	if err == nil {
		return nil
	}
	if known := meaning(ctx, err); known != nil && !errors.Is(err, known) {
		return fmt.Errorf("sqlite: %s: %w: %w", op, known, err)
	}
	return fmt.Errorf("sqlite: %s: %w", op, err)
}

// meaning finds the error of the port, or of ctx, that err stands for.
func meaning(ctx context.Context, err error) error {
	for _, own := range []error{storage.ErrNotFound, storage.ErrConflict, storage.ErrLeaseLost, storage.ErrFull, storage.ErrUnavailable} {
		if errors.Is(err, own) {
			return own
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, sql.ErrNoRows) {
		return storage.ErrNotFound
	}
	if errors.Is(err, errClosed) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, driver.ErrBadConn) || err.Error() == "sql: database is closed" {
		return storage.ErrUnavailable
	}
	var e *driversqlite.Error
	if !errors.As(err, &e) {
		return nil
	}
	switch e.Code() {
	case lib.SQLITE_CONSTRAINT_UNIQUE, lib.SQLITE_CONSTRAINT_PRIMARYKEY:
		return storage.ErrConflict
	}
	switch e.Code() & 0xff { // the rest of an extended code tells details
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED, lib.SQLITE_IOERR, lib.SQLITE_FULL, lib.SQLITE_CANTOPEN,
		lib.SQLITE_READONLY, lib.SQLITE_NOMEM, lib.SQLITE_PROTOCOL, lib.SQLITE_INTERRUPT:
		return storage.ErrUnavailable
	}
	return nil
}
