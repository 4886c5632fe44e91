package understand

import (
	"errors"
	"net/mail"
	"regexp"
	"strings"
	"sync"
)

// What can be wrong with a NIB (Nomor Induk Berusaha, of the OSS system).
var (
	ErrNIBMissing  = errors.New("understand: no NIB in the text")
	ErrNIBTooShort = errors.New("understand: NIB has fewer than 13 digits")
	ErrNIBTooLong  = errors.New("understand: NIB has more than 13 digits")
	ErrNIBIsNIK    = errors.New("understand: 16 digits are a NIK, not a NIB")
)

var nibRun = regexp.MustCompile(`[0-9][0-9 .\-/]*[0-9]`)

// NIB reads the 13 digits of a business registration number, with spaces, dots
// or dashes between them. Errors are the ErrNIB… values.
func NIB(text string) (string, error) {
	longest := ""
	for _, run := range nibRun.FindAllString(lettersToDigits(plain(text)), -1) {
		ds := digits(run)
		if len(ds) == 13 {
			return ds, nil
		}
		if len(ds) > len(longest) {
			longest = ds
		}
	}
	switch n := len(longest); {
	case n < 4:
		return "", ErrNIBMissing
	case n < 13:
		return "", ErrNIBTooShort
	case n == 16:
		return "", ErrNIBIsNIK
	default:
		return "", ErrNIBTooLong
	}
}

// What can be wrong with an e-mail address.
var (
	ErrEmailMissing = errors.New("understand: no e-mail address in the text")
	ErrEmailInvalid = errors.New("understand: e-mail address is not valid")
	ErrTwoEmails    = errors.New("understand: more than one e-mail address in the text")
)

// EmailAddress is an address as it was meant, and, where its host looks
// mistyped, what the person may have wanted.
type EmailAddress struct {
	Address    string // valid in form
	Suggestion string // "" where nothing looks wrong: "budi@gmail.com" for "budi@gmial.com"
}

var (
	emailSpaces = regexp.MustCompile(`\s*(?:@|\[at\]|\(at\)|[ ]at[ ])\s*`)
	emailDots   = regexp.MustCompile(`(@[a-z0-9\-]+)(?:\s*[,;]\s*|\s+\.\s*|\.\s+|\.{2,}|\s*(?:\[dot\]|\(dot\)|[ ]dot[ ]|[ ]titik[ ])\s*)(com|co|net|org|id|go|ac|sch)\b`)
	emailShape  = regexp.MustCompile(`[a-z0-9][a-z0-9._%+\-]*@[a-z0-9][a-z0-9.\-]*[a-z0-9]`)
)

// Email reads an address out of a text and mends what is plainly a slip: spaces
// around the @, "gmail,com", capital letters. Errors are the ErrEmail… values
// and ErrTwoEmails.
func Email(text string) (EmailAddress, error) {
	s := fold(text)
	s = emailSpaces.ReplaceAllString(s, "@")
	s = emailDots.ReplaceAllString(s, "$1.$2")
	found := emailShape.FindAllString(s, 2)
	switch {
	case len(found) == 0 && !strings.Contains(s, "@"):
		return EmailAddress{}, ErrEmailMissing
	case len(found) == 0:
		return EmailAddress{}, ErrEmailInvalid
	case len(found) == 2 && found[0] != found[1]:
		return EmailAddress{}, ErrTwoEmails
	}
	local, host, _ := strings.Cut(found[0], "@")
	e := EmailAddress{Address: found[0]}
	right := likelyHost(host)
	if right != host {
		e.Suggestion = local + "@" + right
	}
	if !strings.Contains(host, ".") && e.Suggestion != "" {
		e.Address = e.Suggestion // "budi@gmail" can only be one thing
	}
	a, err := mail.ParseAddress(e.Address)
	if err != nil || a.Address != e.Address || !strings.Contains(e.Address, ".") || len(e.Address) > 254 || badHost(e.Address) {
		return EmailAddress{}, ErrEmailInvalid
	}
	if e.Suggestion == e.Address {
		e.Suggestion = ""
	}
	return e, nil
}

func badHost(address string) bool {
	_, host, _ := strings.Cut(address, "@")
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return true
		}
	}
	return !strings.Contains(host, ".")
}

var mailHosts = sync.OnceValue(func() map[string]string {
	hosts := meanings("email-domains.tsv")
	for _, e := range lexicon("email-domains.tsv") {
		hosts[e.meaning] = e.meaning
	}
	return hosts
})

// likelyHost gives the common host that host is a misspelling of, else host.
func likelyHost(host string) string {
	hosts := mailHosts()
	if right, ok := hosts[host]; ok {
		return right
	}
	near := ""
	for known, right := range hosts {
		if known == right && len(host) > 7 && distance(host, known, 1) <= 1 {
			if near != "" && near != right {
				return host
			}
			near = right
		}
	}
	if near == "" || host == "mail.com" || host == "email.com" {
		return host
	}
	return near
}

// ErrInstagram: the text holds no Instagram name.
var ErrInstagram = errors.New("understand: no Instagram name in the text")

var (
	instagramURL  = regexp.MustCompile(`(?:instagram\.com|instagr\.am|ig\.me)/(?:m/)?@?([a-z0-9._]+)`)
	instagramMark = regexp.MustCompile(`@\s?([a-z0-9._]+)`)
	instagramLead = regexp.MustCompile(`^(?:(?:nama|akun|account|user|username)\s+)?(?:ig|instagram|insta|ig nya|ignya)?\s*(?:nya)?\s*[:=\-]?\s*`)
	instagramName = regexp.MustCompile(`^[a-z0-9_](?:[a-z0-9._]{0,28}[a-z0-9_])?$`)
)

// Instagram reads an account name without its @: from "@name", an address of a
// profile, "ig: name" or the bare name. Errors are ErrInstagram.
func Instagram(text string) (string, error) {
	s := strings.TrimSpace(fold(text))
	for _, pattern := range []*regexp.Regexp{instagramURL, instagramMark} {
		if m := pattern.FindStringSubmatch(s); m != nil {
			return instagramAccount(m[1])
		}
	}
	s = strings.TrimSpace(instagramLead.ReplaceAllString(s, ""))
	if strings.ContainsAny(s, " \n\t/") {
		return "", ErrInstagram
	}
	return instagramAccount(s)
}

func instagramAccount(s string) (string, error) {
	s = strings.TrimRight(s, ".")
	if !instagramName.MatchString(s) || strings.Contains(s, "..") || s == "p" || s == "reel" {
		return "", ErrInstagram
	}
	return s, nil
}
