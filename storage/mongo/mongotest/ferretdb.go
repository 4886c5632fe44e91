package mongotest

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// startTime is how long the child may take to listen.
const startTime = 30 * time.Second

// build makes the binary of the nested module, once for each state of its
// sources, and returns its path.
func build() (string, error) {
	gomod, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	source := filepath.Join(filepath.Dir(strings.TrimSpace(string(gomod))), "storage", "mongo", "ferretdb")
	sum, err := fingerprint(source)
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	dir := filepath.Join(cache, "emileku")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	binary := filepath.Join(dir, "ferretdb-"+sum)
	if _, err := os.Stat(binary); err == nil {
		return binary, nil
	}
	// Several test processes may do this at once: each builds its own file,
	// and the last to rename it wins.
	work, err := os.MkdirTemp(dir, "build")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(work) }()
	cmd := exec.Command("go", "build", "-o", filepath.Join(work, "ferretdb"), ".")
	cmd.Dir = source
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-buildvcs=false", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w: %s", err, lastLine(string(out)))
	}
	return binary, os.Rename(filepath.Join(work, "ferretdb"), binary)
}

// fingerprint names the sources and the compiler.
func fingerprint(source string) (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	for _, name := range []string{"go.mod", "go.sum", "main.go"} {
		data, err := os.ReadFile(filepath.Join(source, name))
		if err != nil {
			return "", err
		}
		h.Write(data)
	}
	return hex.EncodeToString(h.Sum(nil))[:16], nil
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}

// server is a running child. It ends when stdin is closed: with this process,
// whichever way that ends, or when nothing refers to the server any more.
type server struct {
	uri   string
	stdin io.WriteCloser
}

// start runs the child.
func start(binary string) (*server, error) {
	cmd := exec.Command(binary)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	timer := time.AfterFunc(startTime, func() { _ = cmd.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if !timer.Stop() || err != nil {
		return nil, errors.Join(errors.New("start: it did not say where it listens"), err, cmd.Wait())
	}
	// One connection only: its updates are not atomic among connections.
	// It scans on each query: on a loaded machine an operation may take longer
	// than a real server is given.
	return &server{uri: strings.TrimSpace(line) + "?maxPoolSize=1&timeoutMS=180000", stdin: stdin}, nil
}

// drop deletes a database.
func drop(ctx context.Context, uri, name string) error {
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		return err
	}
	return errors.Join(client.Database(name).Drop(ctx), client.Disconnect(ctx))
}
