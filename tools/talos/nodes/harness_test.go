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
	server := newServer(w)

	go server.Serve(listener) //nolint:errcheck
	go w.listen()             //nolint:errcheck

	t.Cleanup(func() {
		server.Stop()
		worldSpeaks.Close() //nolint:errcheck
		fromNodes.Close()   //nolint:errcheck
	})

	n := &nodes{
		port:    listener.Addr().(*net.TCPAddr).Port,
		bundle:  newBundle(t),
		asked:   make(chan message, 100),
		cancels: make(chan uint64, 100),
	}

	go n.play(worldHears, worldSpeaks, answer)

	return n
}

// play is the world: it gives out the cluster's authority, and follows the script for everything else.
func (n *nodes) play(in io.Reader, out io.Writer, answer script) {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<24)

	say := func(msg map[string]any) {
		line, _ := json.Marshal(msg)         //nolint:errcheck
		_, _ = out.Write(append(line, '\n')) //nolint:errcheck
	}

	for lines.Scan() {
		var request message

		if json.Unmarshal(lines.Bytes(), &request) != nil {
			continue
		}

		if request.Cancel != 0 {
			n.cancels <- request.Cancel

			continue
		}

		if request.Method == "tls.authority" {
			ca := n.bundle.Certs.OS
			say(map[string]any{"call": request.Call, "result": authority{inBase64(ca.Crt), inBase64(ca.Key)}})

			continue
		}

		n.asked <- request

		result, failed := answer(request, func(item any) {
			say(map[string]any{"call": request.Call, "item": item})
		})

		switch {
		case failed != nil:
			say(map[string]any{"call": request.Call, "error": failed})
		case result != nil:
			say(map[string]any{"call": request.Call, "result": result})
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
