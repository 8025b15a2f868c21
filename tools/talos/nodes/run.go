// Package nodes is the gRPC side of the simulated Talos nodes: Talos's own API, on loopback, over mutual TLS.
//
// It only translates, and the parent process (the world) decides. One JSON object a line, both ways. To the world:
//
//	{"listening": 50123}                                                   once, when clients may come
//	{"call": 7, "method": "/machine.MachineService/Version", "node": "10.0.0.11", "authority": "LS0t...", "params": {...}}
//	{"cancel": 7}                                                          the caller has gone
//
// and from it, any number of items of a stream and then one end:
//
//	{"call": 7, "item": {...}}
//	{"call": 7, "result": {...}}   or   {"call": 7, "error": {"code": "Unavailable", "message": "..."}}
//
// Params, items and results are the messages of Talos's API in protobuf's own JSON form. `authority` is the certificate
// authority (base64 of PEM) by which both ends of the connection have proved themselves. What the world does not answer is
// Unimplemented. The program ends when its stdin does.
package nodes

import (
	"flag"
	"fmt"
	"net"
	"os"
)

// Run serves until stdin ends.
func Run(args []string) error {
	flags := flag.NewFlagSet("nodes", flag.ContinueOnError)
	port := flags.Int("port", 0, "port on 127.0.0.1; 0 is any free one")

	if err := flags.Parse(args); err != nil {
		return err
	}

	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
	if err != nil {
		return err
	}

	world := newWorld(os.Stdin, os.Stdout)
	server := newServer(world)

	go server.Serve(listener) //nolint:errcheck // it ends with the process

	world.send(message{Listening: listener.Addr().(*net.TCPAddr).Port})

	err = world.listen()

	server.Stop()

	return err
}
