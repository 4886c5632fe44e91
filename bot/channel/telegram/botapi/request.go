package botapi

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
)

// MaxUpload is what the published server takes in one request, in bytes.
const MaxUpload = 50 << 20

// request is a call's parameters, whichever way they came.
type request struct {
	params map[string]string
	files  map[string]upload
	shown  *Message // set by a method that made a message visible
}

type upload struct {
	name string
	mime string
	data []byte
}

func parseRequest(r *http.Request) (*request, *apiError) {
	req := &request{params: make(map[string]string), files: make(map[string]upload)}
	for k, v := range r.URL.Query() {
		req.params[k] = v[len(v)-1]
	}
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		return nil, &apiError{Code: http.StatusMethodNotAllowed, Description: "Method Not Allowed"}
	}
	if r.Method == http.MethodGet {
		return req, nil
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil && r.ContentLength != 0 {
		return nil, badRequest("wrong content type")
	}
	body := http.MaxBytesReader(nil, r.Body, MaxUpload+1<<20)
	r.Body = body
	switch kind {
	case "application/json":
		return req, req.readJSON(body)
	case "multipart/form-data":
		return req, req.readMultipart(r)
	case "application/x-www-form-urlencoded":
		if err := r.ParseForm(); err != nil {
			return nil, badRequest("can't parse form: %v", err)
		}
		for k, v := range r.PostForm {
			req.params[k] = v[len(v)-1]
		}
	}
	return req, nil
}

func (q *request) readJSON(body io.Reader) *apiError {
	var fields map[string]json.RawMessage
	if err := json.NewDecoder(body).Decode(&fields); err != nil {
		return badRequest("can't parse JSON object")
	}
	for k, raw := range fields {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw)
		}
		q.params[k] = text
	}
	return nil
}

func (q *request) readMultipart(r *http.Request) *apiError {
	reader, err := r.MultipartReader()
	if err != nil {
		return badRequest("can't parse multipart request: %v", err)
	}
	for {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return readError(err)
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return readError(err)
		}
		if part.FileName() == "" {
			q.params[part.FormName()] = string(data)
			continue
		}
		if len(data) > MaxUpload {
			return &apiError{Code: http.StatusRequestEntityTooLarge, Description: "Request Entity Too Large"}
		}
		q.files[part.FormName()] = upload{name: part.FileName(), mime: part.Header.Get("Content-Type"), data: data}
	}
}

func readError(err error) *apiError {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return &apiError{Code: http.StatusRequestEntityTooLarge, Description: "Request Entity Too Large"}
	}
	return badRequest("can't read the request: %v", err)
}

// integer reads a parameter as the published server does: what is no number
// counts as 0.
func (q *request) integer(name string) int64 {
	n, err := strconv.ParseInt(q.params[name], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func (q *request) boolean(name string) bool {
	switch q.params[name] {
	case "true", "True", "TRUE", "1", "yes":
		return true
	}
	return false
}
