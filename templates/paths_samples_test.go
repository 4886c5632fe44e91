package templates_test

import (
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/templates"
)

// pathSample fills the texts by which people find their way.
func pathSample(key, _ string) templates.Data {
	if key == "auth.role" {
		return templates.Data{"Command": "acara", "Need": event.Lead, "Role": event.Member}
	}
	return nil
}
