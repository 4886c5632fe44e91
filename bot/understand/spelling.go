package understand

// maxWord is the longest word, in bytes, whose spelling is compared.
const maxWord = 48

// distance counts the typing errors between a and b (a letter too many, one
// missing, a wrong one, two swapped: the optimal string alignment form of
// Damerau-Levenshtein), on bytes, and gives limit+1 as soon as there are more
// than limit.
func distance(a, b string, limit int) int {
	for a != "" && b != "" && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for a != "" && b != "" && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	switch {
	case len(b)-len(a) > limit, len(b) > maxWord:
		return limit + 1
	case a == "":
		return len(b)
	}
	var rows [3][maxWord + 1]uint8
	before, above, row := &rows[0], &rows[1], &rows[2]
	for i := range len(a) + 1 {
		above[i] = uint8(i) //nolint:gosec // at most maxWord
	}
	for j := 1; j <= len(b); j++ {
		row[0] = uint8(j) //nolint:gosec // at most maxWord
		best := row[0]
		for i := 1; i <= len(a); i++ {
			cost := uint8(1)
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(above[i]+1, row[i-1]+1, above[i-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, before[i-2]+1)
			}
			row[i] = d
			best = min(best, d)
		}
		if int(best) > limit {
			return limit + 1
		}
		before, above, row = above, row, before
	}
	return min(int(above[len(a)]), limit+1)
}

// tolerance is how many typing errors a word of n letters may have and still
// be taken for another.
func tolerance(n int) int {
	switch {
	case n < 4:
		return 0
	case n < 7:
		return 1
	case n < 11:
		return 2
	default:
		return 3
	}
}
