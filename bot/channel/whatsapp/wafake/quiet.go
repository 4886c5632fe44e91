package wafake

import "go.mau.fi/libsignal/logger"

// libsignal makes its logger, a variable of the process, at first use: a data
// race between two clients. And it prints each message that does not decrypt.
func init() {
	if logger.Logger == nil {
		var quiet logger.Loggable = quietLogger{}
		logger.Setup(&quiet)
	}
}

type quietLogger struct{}

func (quietLogger) Debug(_, _ string)   {}
func (quietLogger) Info(_, _ string)    {}
func (quietLogger) Warning(_, _ string) {}
func (quietLogger) Error(_, _ string)   {}
func (quietLogger) Configure(string)    {}
