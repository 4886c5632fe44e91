package botapi

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// maxPoll is the longest that the published server holds a getUpdates.
const maxPoll = 50 * time.Second

type update struct {
	id  int
	raw json.RawMessage
}

// push leaves an update for the bot, unless it did not ask for its kind.
func (s *Server) push(kind string, body any) int {
	if s.allowed != nil && !s.allowed[kind] {
		return 0
	}
	s.nextUpdate++
	raw, err := json.Marshal(object{"update_id": s.nextUpdate, kind: body})
	if err != nil {
		panic("botapi: update of kind " + kind + ": " + err.Error())
	}
	s.updates = append(s.updates, update{id: s.nextUpdate, raw: raw})
	close(s.arrived)
	s.arrived = make(chan struct{})
	return s.nextUpdate
}

// Push leaves any update with the bot, for kinds that no method here makes. It
// returns the update's ID, 0 where the bot did not ask for its kind.
func (s *Server) Push(kind string, body any) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.push(kind, body)
}

// Pending counts the updates that the bot has not confirmed.
func (s *Server) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.updates)
}

// getUpdates is called without the lock.
func (s *Server) getUpdates(ctx context.Context, req *request) (any, *apiError) {
	s.mu.Lock()
	if s.webhook != "" {
		s.mu.Unlock()
		return nil, &apiError{Code: http.StatusConflict, Description: "Conflict: can't use getUpdates method while " +
			"webhook is active; use deleteWebhook to delete the webhook first"}
	}
	if raw := req.params["allowed_updates"]; raw != "" {
		var kinds []string
		if json.Unmarshal([]byte(raw), &kinds) != nil {
			s.mu.Unlock()
			return nil, badRequest("can't parse allowed_updates: Expected an Array of String")
		}
		s.allowed = nil
		if len(kinds) > 0 {
			s.allowed = make(map[string]bool)
			for _, k := range kinds {
				s.allowed[k] = true
			}
		}
	}
	if s.poll != nil {
		close(s.poll) // the older call is the one that loses
	}
	mine := make(chan struct{})
	s.poll = mine
	s.confirm(int(req.integer("offset")))
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		if s.poll == mine {
			s.poll = nil
		}
		s.mu.Unlock()
	}()

	limit := int(req.integer("limit"))
	if limit <= 0 || limit > 100 {
		limit = 100
	}
	wait := min(max(time.Duration(req.integer("timeout"))*time.Second, 0), maxPoll)
	timeout := time.NewTimer(wait)
	defer timeout.Stop()
	for {
		s.mu.Lock()
		batch := s.updates[:min(limit, len(s.updates))]
		out := make([]json.RawMessage, 0, len(batch))
		for _, u := range batch {
			out = append(out, u.raw)
		}
		arrived := s.arrived
		s.mu.Unlock()
		if len(out) > 0 || wait == 0 {
			return out, nil
		}
		select {
		case <-arrived:
		case <-timeout.C:
			wait = 0
		case <-mine:
			return nil, &apiError{Code: http.StatusConflict, Description: "Conflict: terminated by other getUpdates " +
				"request; make sure that only one bot instance is running"}
		case <-ctx.Done():
			return out, nil
		case <-s.stop:
			return nil, &apiError{Code: http.StatusInternalServerError, Description: "Internal Server Error: restart"}
		}
	}
}

// confirm forgets the updates before offset; a negative one keeps only the
// last few.
func (s *Server) confirm(offset int) {
	if offset < 0 {
		s.updates = slices.Clone(s.updates[max(0, len(s.updates)+offset):])
		return
	}
	i := slices.IndexFunc(s.updates, func(u update) bool { return u.id >= offset })
	if i < 0 {
		i = len(s.updates)
	}
	if i > 0 {
		s.updates = slices.Clone(s.updates[i:])
		s.touch()
	}
}

func (s *Server) setWebhook(req *request) (any, *apiError) {
	s.webhook = req.params["url"]
	return true, nil
}

func (s *Server) deleteWebhook(req *request) (any, *apiError) {
	s.webhook = ""
	if req.boolean("drop_pending_updates") {
		s.updates = nil
	}
	return true, nil
}

func (s *Server) getWebhookInfo(*request) (any, *apiError) {
	return object{"url": s.webhook, "has_custom_certificate": false, "pending_update_count": len(s.updates)}, nil
}
