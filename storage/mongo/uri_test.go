package mongo

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestDatabaseOf(t *testing.T) {
	t.Parallel()
	for uri, want := range map[string]string{
		"mongodb://db":        DefaultDatabase,
		"mongodb://db:27017/": DefaultDatabase,
		"mongodb://db/acara":  "acara",
		"mongodb://u:p%2Fq@a:1,b:2/acara?replicaSet=rs": "acara",
		"mongodb://a/?retryWrites=false":                DefaultDatabase,
		"mongodb://%2Ftmp%2Fmongodb.sock/acara%202":     "acara 2",
	} {
		co, got, err := clientOptions(Options{URI: uri})
		if err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", uri, got, err, want)
			continue
		}
		if *co.ServerSelectionTimeout != 5*time.Second || *co.Timeout != operationTimeout {
			t.Errorf("%s: waits %v and %v", uri, *co.ServerSelectionTimeout, *co.Timeout)
		}
		if wc := co.WriteConcern; wc.W != "majority" || wc.Journal == nil || !*wc.Journal {
			t.Errorf("%s: write concern %+v", uri, wc)
		}
	}
	if _, got, _ := clientOptions(Options{URI: "mongodb://db/acara", Database: "lain"}); got != "lain" {
		t.Errorf("Options.Database does not win over the URI: %q", got)
	}
	co, _, err := clientOptions(Options{URI: "mongodb://db/?w=0&journal=false&serverSelectionTimeoutMS=100&timeoutMS=200"})
	if err != nil {
		t.Fatal(err)
	}
	if co.WriteConcern.W != "majority" || *co.ServerSelectionTimeout != 100*time.Millisecond || *co.Timeout != 200*time.Millisecond {
		t.Errorf("write concern %+v, waits %v and %v", co.WriteConcern, *co.ServerSelectionTimeout, *co.Timeout)
	}
}

func TestBadURITellsNoSecret(t *testing.T) {
	t.Parallel()
	for _, uri := range []string{
		"", "localhost:27017", "mongodb://", "mongodb://budi:rahasia@", "mongodb://budi:rahasia@host:port/x",
		"mongodb://budi:raha@sia@host/x", "mongodb://budi:rahasia%zz@host/x", "mongodb://budi:rahasia@host/a%zzb",
		"mongodb://budi:rahasia@host/?tls=maybe", "mongodb://budi:rahasia@a/?authMechanism=rahasia",
	} {
		_, _, err := clientOptions(Options{URI: uri})
		if err == nil {
			t.Errorf("%q is taken", uri)
			continue
		}
		if s := err.Error(); strings.Contains(s, "raha") || strings.Contains(s, "sia") {
			t.Errorf("%q: the error tells the password: %v", uri, err)
		}
	}
	if err := redact(errors.New("dial u:p@h"), "mongodb://u:p@h"); err.Error() != "dial ***@h" {
		t.Error(err)
	}
}
