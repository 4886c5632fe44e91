package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"path"
	"strings"
	"sync/atomic"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"github.com/diskopukm/emileku/bot/channel"
)

// maxAnswer bounds one answer of the API in bytes (100 updates are far less).
const maxAnswer = 32 << 20

// api does one call of the Bot API at a time for whoever asks.
//
// The library turns a configuration into a request to a made-up address; api
// sends it to the real one with the caller's context, which the library has no
// place for. The token is added only there, and what comes back as an error is
// cleaned of it.
type api struct {
	base      string // no slash at the end
	token     string
	secret    string // the part of the token that must not be seen
	transport http.RoundTripper
}

// plain is a call without parameters.
type plain string

// callError says why a call has no result. Its text holds no token.
type callError struct {
	method string
	answer *tgbotapi.APIResponse // what the API said; nil: it said nothing that can be read
	status int                   // of HTTP; 0: no answer came
	sent   bool                  // the whole request may have arrived
	err    error                 // set where answer is nil
}

func (e *callError) Error() string {
	switch {
	case e.answer != nil:
		return fmt.Sprintf("%s: %s (%d)", e.method, e.answer.Description, e.code())
	case e.status != 0:
		return fmt.Sprintf("%s: HTTP status %d: %v", e.method, e.status, e.err)
	}
	return fmt.Sprintf("%s: %v", e.method, e.err)
}

func (e *callError) Unwrap() error { return e.err }

// code is the API's error code, or else that of HTTP.
func (e *callError) code() int {
	if e.answer != nil && e.answer.ErrorCode != 0 {
		return e.answer.ErrorCode
	}
	return e.status
}

// credentials reports whether the API refused the token. A token that was
// never given out is answered 404.
func (e *callError) credentials() bool {
	return e.answer != nil && (e.code() == http.StatusUnauthorized || e.code() == http.StatusNotFound)
}

// retryAfter is how long the API wants us to wait.
func (e *callError) retryAfter() time.Duration {
	if e.answer == nil || e.answer.Parameters == nil {
		return 0
	}
	return time.Duration(e.answer.Parameters.RetryAfter) * time.Second
}

// call does what config says (a tgbotapi.Chattable or a plain method) and
// reads the result into out, unless that is nil. Errors are *callError.
func (a *api) call(ctx context.Context, timeout time.Duration, config, out any) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	x := &exchange{api: a, ctx: ctx}
	bot := &tgbotapi.BotAPI{Client: x}
	bot.SetAPIEndpoint("http://telegram.invalid/%s/%s")
	var err error
	switch config := config.(type) {
	case plain:
		_, err = bot.MakeRequest(string(config), nil)
	case tgbotapi.Chattable:
		_, err = bot.Request(config)
	default:
		err = fmt.Errorf("telegram: %T is no call", config)
	}
	switch {
	case x.failed != nil:
		return x.failed
	case x.answer == nil: // the library did not even ask
		return &callError{method: "request", err: a.clean(err)}
	case !x.answer.Ok:
		x.answer.Description = a.redact(x.answer.Description)
		return &callError{method: x.method, answer: x.answer, status: x.status, sent: true}
	case out == nil:
		return nil
	}
	if err := json.Unmarshal(x.answer.Result, out); err != nil {
		return &callError{method: x.method, status: x.status, sent: true, err: a.clean(err)}
	}
	return nil
}

// exchange is the library's HTTP client for one call.
type exchange struct {
	api    *api
	ctx    context.Context //nolint:containedctx // the library's interface has no place for it
	method string
	status int
	answer *tgbotapi.APIResponse
	failed *callError
}

// Do implements tgbotapi.HTTPClient.
func (x *exchange) Do(req *http.Request) (*http.Response, error) {
	x.method = path.Base(req.URL.Path)
	body, err := x.roundTrip(req)
	if err != nil {
		return nil, err
	}
	// The library reads the answer once more; it is valid by now.
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(body))}, nil
}

func (x *exchange) roundTrip(req *http.Request) ([]byte, error) {
	var headers, broken atomic.Bool
	ctx := httptrace.WithClientTrace(x.ctx, &httptrace.ClientTrace{
		WroteHeaders: func() { headers.Store(true) },
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			if info.Err != nil {
				broken.Store(true)
			}
		},
	})
	fail := func(err error) error {
		x.failed = &callError{
			method: x.method, status: x.status, err: x.api.clean(err), sent: headers.Load() && !broken.Load(),
		}
		return x.failed
	}
	address, err := url.Parse(x.api.base + "/bot" + x.api.token + "/" + x.method)
	if err != nil {
		return nil, fail(errors.New("the address cannot be used"))
	}
	out := req.Clone(ctx)
	out.URL, out.Host = address, address.Host
	resp, err := x.api.transport.RoundTrip(out)
	if err != nil {
		return nil, fail(err)
	}
	defer func() { _ = resp.Body.Close() }()
	x.status = resp.StatusCode
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, fail(fmt.Errorf("the answer broke off: %w", err))
	}
	var answer tgbotapi.APIResponse
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, fail(fmt.Errorf("the answer is not the API's: %w", err))
	}
	if !answer.Ok && answer.ErrorCode == 0 && answer.Description == "" {
		return nil, fail(errors.New("the answer is not the API's"))
	}
	x.answer = &answer
	return body, nil
}

// clean makes err safe to log: without the token, and without the URL that
// net/http would put in front.
func (a *api) clean(err error) error {
	var withURL *url.Error
	if errors.As(err, &withURL) {
		err = withURL.Err
	}
	if err == nil || !strings.Contains(err.Error(), a.secret) {
		return err
	}
	text := a.redact(err.Error())
	for _, kind := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, kind) {
			return fmt.Errorf("%s: %w", text, kind)
		}
	}
	return errors.New(text)
}

func (a *api) redact(s string) string { return strings.ReplaceAll(s, a.secret, "<token>") }

// download gets a file by the path that getFile gave.
func (a *api) download(ctx context.Context, filePath string, limit int64) ([]byte, error) {
	segments := strings.Split(filePath, "/")
	for i, s := range segments {
		if s == "" || s == "." || s == ".." {
			return nil, &callError{method: "download", err: fmt.Errorf("the API gave the path %q", a.redact(filePath))}
		}
		segments[i] = url.PathEscape(s)
	}
	fail := func(status int, err error) error {
		return &callError{method: "download", status: status, err: a.clean(err)}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet,
		a.base+"/file/bot"+a.token+"/"+strings.Join(segments, "/"), nil)
	if err != nil {
		return nil, fail(0, err)
	}
	resp, err := a.transport.RoundTrip(req)
	if err != nil {
		return nil, fail(0, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fail(resp.StatusCode, errors.New("the file is not to be had"))
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return nil, fail(0, err)
	}
	if int64(len(data)) > limit {
		return nil, channel.ErrTooLarge
	}
	return data, nil
}
