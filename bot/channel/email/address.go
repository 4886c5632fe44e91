package email

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	gomail "github.com/wneessen/go-mail"
)

// Security says how a connection is encrypted.
type Security string

// Kinds of security.
const (
	TLS           Security = "tls"           // from the first byte: smtps://
	StartTLS      Security = "starttls"      // asked for, and required
	Opportunistic Security = "opportunistic" // where the server offers it
	Unencrypted   Security = "none"
)

// Server is where mails are handed in.
type Server struct {
	Host           string
	Port           int
	User, Password string
	Security       Security
}

// String is the server without its credentials.
func (s Server) String() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

// Default ports.
const (
	portTLS        = 465
	portSubmission = 587
)

// errURL is what is wrong with any address that cannot be read. The address is
// not repeated: it may hold a password.
var errURL = errors.New("it is not like smtp://user:password@mail.contoh.go.id:587 or smtps://user:password@mail.contoh.go.id:465")

// ParseURL reads a server's address: smtp://user:password@host:587 requires
// STARTTLS, smtps://…:465 is encrypted from the start. For smtp,
// ?starttls=opportunistic encrypts where the server can, ?starttls=off never
// does; for a server on this machine off is the default. Characters such as @ in
// a password are written %40. No error repeats a password.
func ParseURL(s string) (Server, error) {
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.Fragment != "" {
		return Server{}, errURL
	}
	out := Server{Host: u.Hostname(), User: u.User.Username()}
	out.Password, _ = u.User.Password()
	query := u.Query()
	policy := query.Get("starttls")
	query.Del("starttls")
	for name := range query {
		return Server{}, fmt.Errorf("%q is no option of it; the only one is starttls", name)
	}
	switch {
	case u.Scheme == "smtps" && policy == "":
		out.Port, out.Security = portTLS, TLS
	case u.Scheme == "smtp":
		out.Port = portSubmission
		if out.Security, err = startTLS(policy, local(out.Host)); err != nil {
			return Server{}, err
		}
	case u.Scheme == "smtps":
		return Server{}, errors.New("smtps:// is encrypted from the start and takes no starttls=")
	default:
		return Server{}, errURL
	}
	if p := u.Port(); p != "" {
		if out.Port, err = strconv.Atoi(p); err != nil || out.Port < 1 || out.Port > 65535 {
			return Server{}, errURL
		}
	}
	if out.User != "" && out.Password == "" {
		return Server{}, errors.New("it names a user but no password: smtp://user:password@host:587")
	}
	if out.User != "" && out.Security != TLS && out.Security != StartTLS && !local(out.Host) {
		return Server{}, errors.New("a password is sent over an encrypted connection only: leave starttls away")
	}
	return out, nil
}

func startTLS(policy string, here bool) (Security, error) {
	switch policy {
	case "required":
		return StartTLS, nil
	case "":
		if here {
			return Unencrypted, nil
		}
		return StartTLS, nil
	case "opportunistic":
		return Opportunistic, nil
	case "off":
		return Unencrypted, nil
	}
	return "", fmt.Errorf("starttls=%s is not known; give required, opportunistic or off", policy)
}

// local reports whether a host is this machine.
func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (s Server) policy() gomail.TLSPolicy {
	switch s.Security {
	case StartTLS:
		return gomail.TLSMandatory
	case Opportunistic:
		return gomail.TLSOpportunistic
	case TLS, Unencrypted:
	}
	return gomail.NoTLS
}
