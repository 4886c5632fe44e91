package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/rs/zerolog"
)

// webServer serves health, metrics and, in demo, the practice page.
type webServer struct {
	address  string
	listener net.Listener
	mux      *http.ServeMux
	server   *http.Server
	log      zerolog.Logger
	// ready: all parts run, or this instance waits to take over.
	ready atomic.Bool
	prog  atomic.Pointer[program]
}

const pingWithin = 2 * time.Second

func newWebServer(address string, p *program, log zerolog.Logger) *webServer {
	w := &webServer{address: address, log: log, mux: http.NewServeMux()}
	w.prog.Store(p)
	w.mux.HandleFunc("GET /livez", func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte("ok\n")) })
	w.mux.HandleFunc("GET /readyz", w.readyz)
	w.mux.HandleFunc("GET /metrics", w.metrics)
	w.server = &http.Server{Handler: w.mux, ReadHeaderTimeout: 10 * time.Second}
	return w
}

// show adds a page at the root; before serve.
func (w *webServer) show(page http.Handler) { w.mux.Handle("/", page) }

func (w *webServer) readyz(rw http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), pingWithin)
	defer cancel()
	p := w.prog.Load()
	switch {
	case !w.ready.Load() || p == nil:
		http.Error(rw, "starting or stopping", http.StatusServiceUnavailable)
	case p.store.Ping(ctx) != nil:
		http.Error(rw, "database away", http.StatusServiceUnavailable)
	default:
		_, _ = rw.Write([]byte("ok\n"))
	}
}

func (w *webServer) metrics(rw http.ResponseWriter, r *http.Request) {
	p := w.prog.Load()
	if p == nil {
		http.Error(rw, "starting", http.StatusServiceUnavailable)
		return
	}
	promhttp.HandlerFor(p.registry, promhttp.HandlerOpts{}).ServeHTTP(rw, r)
}

func (w *webServer) listen() error {
	l, err := net.Listen("tcp", w.address)
	if err != nil {
		return fmt.Errorf("HTTP_ADDR %s: %w; give another address such as 127.0.0.1:8090", w.address, err)
	}
	w.listener = l
	return nil
}

func (w *webServer) addr() string { return w.listener.Addr().String() }

func (w *webServer) serve(ctx context.Context) error {
	ended := make(chan error, 1)
	go func() { ended <- w.server.Serve(w.listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("http: %w", err)
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if err := w.server.Shutdown(stop); err != nil {
		_ = w.server.Close()
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("http: %w", err)
	}
	return nil
}
