package nodes

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/peer"
)

// ends are where clients may dial: the tunnel, and an end of its own for each address that the world names.
type ends struct {
	world  *world
	server *grpc.Server

	mu   sync.Mutex
	port int
	vias map[string]string
}

func newEnds(w *world) *ends {
	e := &ends{world: w, vias: map[string]string{}}
	e.server = newServer(w, e)

	return e
}

// serve tells the world once clients may come.
func (e *ends) serve(listener net.Listener, via string) {
	at := listener.Addr().String()

	e.mu.Lock()
	e.vias[at] = via

	if via == "" {
		e.port = listener.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // it listens on TCP
	}
	e.mu.Unlock()

	go e.server.Serve(listener) //nolint:errcheck // it ends with the process

	e.world.send(message{Listening: at, Via: via})
}

// open makes the end of an address: at the tunnel's port on a loopback address that ends like it, so that it is the same in every
// run; where the system has no such address, or somebody listens there, on any free port.
func (e *ends) open(address string) error {
	_, rest, _ := strings.Cut(address, ".")

	listener, err := net.Listen("tcp", fmt.Sprintf("127.%s:%d", rest, e.port))
	if err != nil {
		listener, err = net.Listen("tcp", "127.0.0.1:0")
	}

	if err == nil {
		e.serve(listener, address)
	}

	return err
}

// via is the address whose end a connection came in by; empty for the tunnel.
func (e *ends) via(local net.Addr) string {
	e.mu.Lock()
	defer e.mu.Unlock()

	return e.vias[local.String()]
}

func (e *ends) dialled(ctx context.Context) string {
	if caller, ok := peer.FromContext(ctx); ok && caller.LocalAddr != nil {
		return e.via(caller.LocalAddr)
	}

	return ""
}
