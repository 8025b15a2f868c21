package nodes

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/siderolabs/crypto/x509"
	"github.com/siderolabs/talos/pkg/machinery/client"
	clientconfig "github.com/siderolabs/talos/pkg/machinery/client/config"
	"github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/config/generate/secrets"
	"github.com/siderolabs/talos/pkg/machinery/role"
)

// script is what the world of a test answers: items, then a result or a failure.
type script func(request message, item func(any)) (any, *failure)

// nodes is the program under test, between a world that follows a script and Talos's own client.
type nodes struct {
	port    int
	bundle  *secrets.Bundle
	asked   chan message
	cancels chan uint64

	listening chan message
	say       func(any)
}

func newBundle(t *testing.T) *secrets.Bundle {
	t.Helper()

	bundle, err := secrets.NewBundle(secrets.NewFixedClock(time.Now()), config.TalosVersionCurrent)
	if err != nil {
		t.Fatal(err)
	}

	return bundle
}

func start(t *testing.T, answer script) *nodes {
	t.Helper()

	toNodes, worldSpeaks := io.Pipe()
	worldHears, fromNodes := io.Pipe()

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}

	w := newWorld(toNodes, fromNodes)
	ends := newEnds(w)

	go ends.serve(listener, "")
	go w.listen(ends.open) //nolint:errcheck

	t.Cleanup(func() {
		ends.server.Stop()
		worldSpeaks.Close() //nolint:errcheck
		fromNodes.Close()   //nolint:errcheck
	})

	n := &nodes{
		port:    listener.Addr().(*net.TCPAddr).Port,
		bundle:  newBundle(t),
		asked:   make(chan message, 100),
		cancels: make(chan uint64, 100),

		listening: make(chan message, 100),
	}

	n.say = func(msg any) {
		line, _ := json.Marshal(msg)                 //nolint:errcheck
		_, _ = worldSpeaks.Write(append(line, '\n')) //nolint:errcheck
	}

	go n.play(worldHears, answer)

	return n
}

// play is the world: it gives out the cluster's authority, and follows the script for everything else.
func (n *nodes) play(in io.Reader, answer script) {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<24)

	for lines.Scan() {
		var request message

		if json.Unmarshal(lines.Bytes(), &request) != nil {
			continue
		}

		if request.Cancel != 0 {
			n.cancels <- request.Cancel

			continue
		}

		if request.Listening != "" {
			n.listening <- request

			continue
		}

		if request.Method == "tls.identity" {
			ca := n.bundle.Certs.OS
			who := identity{Certificate: inBase64(ca.Crt), Key: inBase64(ca.Key), Addresses: []string{"10.0.0.1"}, Names: []string{"cp-1"}}

			// Whoever has an end of its own here is in maintenance mode.
			if request.Via != "" {
				who = identity{Addresses: []string{request.Via}}
			}

			n.say(map[string]any{"call": request.Call, "result": who})

			continue
		}

		n.asked <- request

		result, failed := answer(request, func(item any) {
			n.say(map[string]any{"call": request.Call, "item": item})
		})

		switch {
		case failed != nil:
			n.say(map[string]any{"call": request.Call, "error": failed})
		case result != nil:
			n.say(map[string]any{"call": request.Call, "result": result})
		}
	}
}

func inBase64(pem []byte) string {
	return base64.StdEncoding.EncodeToString(pem)
}

// connect is Talos's own client, with an admin's certificate of that bundle.
func (n *nodes) connect(t *testing.T, bundle *secrets.Bundle) *client.Client {
	t.Helper()

	return n.connectTrusting(t, bundle, bundle.Certs.OS.Crt)
}

func (n *nodes) connectTrusting(t *testing.T, bundle *secrets.Bundle, authority []byte) *client.Client {
	t.Helper()

	admin, err := secrets.NewAdminCertificateAndKey(time.Now(), bundle.Certs.OS, role.MakeSet(role.Admin), time.Hour)
	if err != nil {
		t.Fatal(err)
	}

	endpoint := fmt.Sprintf("127.0.0.1:%d", n.port)
	file := clientconfig.NewConfig("lab", []string{endpoint}, authority, &x509.PEMEncodedCertificateAndKey{Crt: admin.Crt, Key: admin.Key})

	made, err := client.New(t.Context(), client.WithConfig(file))
	if err != nil {
		t.Fatal(err)
	}

	t.Cleanup(func() { made.Close() }) //nolint:errcheck

	return made
}

func to(t *testing.T, addresses ...string) context.Context {
	t.Helper()

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)

	return client.WithNodes(ctx, addresses...)
}

// drained is what the world was asked so far.
func (n *nodes) drained() []message {
	var all []message

	for len(n.asked) > 0 {
		all = append(all, <-n.asked)
	}

	slices.SortFunc(all, func(a, b message) int { return int(a.Call) - int(b.Call) })

	return all
}
