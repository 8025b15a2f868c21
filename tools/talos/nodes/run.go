// Package nodes is the gRPC side of the simulated Talos nodes: Talos's own API, on loopback.
//
// It only translates, and the parent process (the world) decides. One JSON object a line, both ways. To the world:
//
//	{"listening": "127.0.0.1:50123"}                                       once, when clients may come: the tunnel
//	{"listening": "127.168.1.11:50123", "via": "192.168.1.11"}             an address has its own end
//	{"call": 7, "method": "/machine.MachineService/Version", "node": "10.0.0.11", "via": "...", "authority": "LS0t...", "params": {...}}
//	{"call": 8, "method": "tls.identity", "via": "..."}                    somebody dials: who is there (tls.go)
//	{"cancel": 7}                                                          the caller has gone
//
// and from it, any number of items of a stream and then one end:
//
//	{"listen": "192.168.1.11"}                                             an end for this address
//	{"call": 7, "item": {...}}
//	{"call": 7, "result": {...}}   or   {"call": 7, "error": {"code": "Unavailable", "message": "..."}}
//
// Params, items and results are the messages of Talos's API in protobuf's own JSON form. `authority` is the certificate
// authority (base64 of PEM) by which both ends of the connection have proved themselves, and absent where none had to; `via` is
// the address whose end was dialled, absent at the tunnel. What the world does not answer is Unimplemented. It ends with its stdin.
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
	ends := newEnds(world)

	ends.serve(listener, "")

	err = world.listen(ends.open)

	ends.server.Stop()

	return err
}
