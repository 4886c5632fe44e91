package whatsapp

import (
	"slices"
	"sync"
)

// cache remembers the latest values by key and forgets the oldest.
type cache[V any] struct {
	mu    sync.Mutex
	most  int
	order []string
	kept  map[string]V
}

func newCache[V any](most int) cache[V] { return cache[V]{most: most, kept: map[string]V{}} }

func (c *cache[V]) get(key string) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v, ok := c.kept[key]
	return v, ok
}

func (c *cache[V]) put(key string, v V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.kept[key]; !known {
		c.order = append(c.order, key)
	}
	c.kept[key] = v
	if len(c.order) > c.most {
		delete(c.kept, c.order[0])
		c.order = c.order[1:]
	}
}

// drop forgets the values that match.
func (c *cache[V]) drop(matches func(V) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.order = slices.DeleteFunc(c.order, func(key string) bool {
		if !matches(c.kept[key]) {
			return false
		}
		delete(c.kept, key)
		return true
	})
}
