package nodes

import (
	"crypto/tls"
	"slices"
	"strings"
	"testing"

	"github.com/siderolabs/talos/pkg/machinery/client"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func openEnd(n *nodes, address string) string {
	n.say(message{Listen: address})

	for {
		if msg := <-n.listening; msg.Via == address {
			return msg.Listening
		}
	}
}

func asAnybody(t *testing.T, endpoint string) *client.Client {
	t.Helper()

	made, err := client.New(t.Context(), client.WithEndpoints(endpoint), client.WithTLSConfig(&tls.Config{InsecureSkipVerify: true}))
	if err != nil {
		t.Fatal(err)
	}

	t.Cleanup(func() { made.Close() }) //nolint:errcheck

	return made
}

func TestAMachineInMaintenanceModeTakesAnybodyAtItsOwnEnd(t *testing.T) {
	n := start(t, func(message, func(any)) (any, *failure) { return version("v1"), nil })

	if _, err := asAnybody(t, openEnd(n, "192.168.7.11")).Version(client.WithNode(t.Context(), "192.168.7.11")); err != nil {
		t.Fatal(err)
	}

	if asked := n.drained(); len(asked) != 1 || asked[0].Via != "192.168.7.11" || asked[0].Authority != "" {
		t.Errorf("the world was asked %+v", asked)
	}
}

func TestTheTunnelAsksForACertificate(t *testing.T) {
	n := start(t, func(message, func(any)) (any, *failure) { return version("v1"), nil })

	if _, err := asAnybody(t, (<-n.listening).Listening).Version(t.Context()); status.Code(err) != codes.Unavailable {
		t.Errorf("error is %v", err)
	}
}

func TestAServerProvesItsOwnAddresses(t *testing.T) {
	n := start(t, func(message, func(any)) (any, *failure) { return version("v1"), nil })

	for at, wanted := range map[string]string{
		(<-n.listening).Listening:  "10.0.0.1",
		openEnd(n, "192.168.7.12"): "192.168.7.12",
	} {
		conn, err := tls.Dial("tcp", at, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
		if err != nil {
			t.Fatal(err)
		}

		var proved []string
		for _, address := range conn.ConnectionState().PeerCertificates[0].IPAddresses {
			proved = append(proved, address.String())
		}

		conn.Close() //nolint:errcheck

		if host, _, _ := strings.Cut(at, ":"); !slices.Contains(proved, wanted) || !slices.Contains(proved, host) {
			t.Errorf("%s proves %v", at, proved)
		}
	}
}
