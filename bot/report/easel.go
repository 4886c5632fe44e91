package report

import (
	"fmt"
	"runtime"
)

// easels are how many pictures may be drawn at the same time: half of the
// cores. A picture takes tens of milliseconds of a core; without a bound a rush
// of tickets would keep people waiting whose answer is one line of text.
var easels = make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2))

// atEasel waits for a free easel; the caller calls done when the picture is
// drawn.
func atEasel() (done func()) {
	easels <- struct{}{}
	return func() { <-easels }
}

// paint draws a picture at an easel and encodes it as PNG; what names it in
// errors.
func paint(what string, picture func(ts *typeset) (*canvas, error)) ([]byte, error) {
	defer atEasel()()
	ts, err := newTypeset()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	c, err := picture(ts)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	out, err := c.png()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return out, nil
}
