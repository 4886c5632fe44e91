package whatsapp

import (
	"context"
	"fmt"

	"github.com/rs/zerolog"
	"go.mau.fi/util/dbutil"
	"go.mau.fi/whatsmeow/store/sqlstore"
	"go.mau.fi/whatsmeow/store/sqlstore/upgrades"
	"go.mau.fi/whatsmeow/types"
)

// sqliteConns is how many connections the device store may open: readers wait
// for nobody, writers for each other.
const sqliteConns = 4

// SQLite is whatsmeow's own device store in an SQLite database.
type SQLite struct {
	*sqlstore.Container
	db *dbutil.Database
}

// OpenSQLite opens whatsmeow's own device store in an SQLite database, such as
// the embedded one; source must ask for foreign keys and immediate
// transactions. Close it before the database. Its keys are not encrypted: who
// can read the file can speak as the office's account.
func OpenSQLite(ctx context.Context, driver, source string, log zerolog.Logger) (*SQLite, error) {
	db, err := dbutil.NewWithDialect(source, driver)
	if err != nil {
		return nil, fmt.Errorf("whatsapp: open the device store: %w", err)
	}
	db.RawDB.SetMaxOpenConns(sqliteConns)
	db.UpgradeTable, db.VersionTable = upgrades.Table, "whatsmeow_version"
	c := sqlstore.NewWithWrappedDB(db, logger{log})
	if err := c.Upgrade(ctx); err != nil {
		_ = c.Close()
		return nil, fmt.Errorf("whatsapp: prepare the device store: %w", err)
	}
	return &SQLite{Container: c, db: db}, nil
}

// ForgetPerson implements forgetful.
func (s *SQLite) ForgetPerson(ctx context.Context, device types.JID, person ...types.JID) error {
	return s.delete(ctx, device, person,
		"DELETE FROM whatsmeow_contacts WHERE our_jid=$1 AND their_jid=$2",
		"DELETE FROM whatsmeow_chat_settings WHERE our_jid=$1 AND chat_jid=$2",
		"DELETE FROM whatsmeow_message_secrets WHERE our_jid=$1 AND (chat_jid=$2 OR sender_jid=$2)",
		"DELETE FROM whatsmeow_retry_buffer WHERE our_jid=$1 AND chat_jid=$2",
	)
}

// ForgetTokens implements forgetful.
func (s *SQLite) ForgetTokens(ctx context.Context, device types.JID, person ...types.JID) error {
	return s.delete(ctx, device, person, "DELETE FROM whatsmeow_privacy_tokens WHERE our_jid=$1 AND their_jid=$2")
}

func (s *SQLite) delete(ctx context.Context, device types.JID, person []types.JID, statements ...string) error {
	return s.db.DoTxn(ctx, nil, func(ctx context.Context) error {
		for _, p := range person {
			for _, statement := range statements {
				if _, err := s.db.Exec(ctx, statement, device.String(), p.String()); err != nil {
					return fmt.Errorf("whatsapp: forget a person: %w", err)
				}
			}
		}
		return nil
	})
}
