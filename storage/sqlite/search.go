package sqlite

import (
	"context"
	"strings"
	"unicode/utf8"
)

// pieces is what the words of a search (those that are long enough) are to
// an index of pieces: phrases that must all occur.
func pieces(search string) string {
	var phrases []string
	for word := range strings.FieldsSeq(search) {
		if utf8.RuneCountInString(word) >= 3 {
			phrases = append(phrases, `"`+strings.ReplaceAll(word, `"`, `""`)+`"`)
		}
	}
	return strings.Join(phrases, " ")
}

// few reports whether an index of pieces finds so little that it is worth
// starting from. What occurs in many rows fills a page sooner by going
// through them in their order.
func few(ctx context.Context, q querier, index, match string) (bool, error) {
	const many = 2000
	var n int
	err := row(ctx, q, "SELECT count(*) FROM (SELECT 1 FROM "+index+" WHERE "+index+" MATCH ? LIMIT ?)", []any{match, many}, &n)
	return n < many, err
}

// narrow is what to ask of an index of pieces in answer to a search: "" where
// the search has no long word, or too much is found.
func narrow(ctx context.Context, q querier, index, search string) (match string, err error) {
	match = pieces(search)
	if match == "" {
		return "", nil
	}
	if ok, err := few(ctx, q, index, match); err != nil || !ok {
		return "", err
	}
	return match, nil
}
