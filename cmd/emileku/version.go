package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

type versionCmd struct{}

// Run implements the subcommand.
func (versionCmd) Run() error {
	_, err := fmt.Println("emileku", version(), runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH)
	return err
}

// stamped is set by the linker where a build does not see the repository:
//
//	go build -ldflags "-X main.stamped=v1.2.3"
var stamped string

// version is what was stamped, the module's version, or the commit that was
// built.
func version() string {
	if stamped != "" {
		return stamped
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v, dirty := info.Main.Version, false
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && (v == "" || v == "(devel)") && len(s.Value) >= 12:
			v = s.Value[:12]
		case s.Key == "vcs.modified":
			dirty = s.Value == "true"
		}
	}
	if v == "" {
		v = "(devel)"
	}
	if dirty && !strings.HasSuffix(v, "+dirty") {
		v += "+dirty"
	}
	return v
}
