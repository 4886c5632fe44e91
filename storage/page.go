package storage

// DefaultPage is how many documents a page has where a query sets no limit.
const DefaultPage = 100

// Page reads one page for an adapter: up to limit documents, or DefaultPage
// where that is not set. next is the key of the last, to go on after, where
// there is more; read is asked for one too many, which tells.
func Page[T any](limit int, key func(d *T) string, read func(most int) ([]*T, error)) (page []*T, next string, err error) {
	if limit <= 0 {
		limit = DefaultPage
	}
	page, err = read(limit + 1)
	if err != nil {
		return nil, "", err
	}
	if len(page) > limit {
		page = page[:limit]
		next = key(page[limit-1])
	}
	return page, next, nil
}
