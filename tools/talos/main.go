// Command talos is what the rehearsal needs of Talos's own library. It holds no logic of ours: each part translates, and the
// process that started it decides.
//
//	talos machinery            configs, secrets, selectors: JSON lines, by the methods of machinery/methods.go
//	talos nodes [-port=N]      Talos's own gRPC API for the simulated nodes, see nodes/run.go
//	talos client               Talos's own client, for tests: JSON lines, by the methods of client/methods.go
package main

import (
	"fmt"
	"os"

	"homelab/tools/talos/client"
	"homelab/tools/talos/lines"
	"homelab/tools/talos/machinery"
	"homelab/tools/talos/nodes"
)

var parts = map[string]func(args []string) error{
	"machinery": answering(machinery.Methods),
	"nodes":     nodes.Run,
	"client":    answering(client.Methods),
}

func answering(methods lines.Methods) func([]string) error {
	return func([]string) error { return methods.Serve(os.Stdin, os.Stdout) }
}

func main() {
	if len(os.Args) < 2 || parts[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: talos machinery | nodes [-port=N] | client")
		os.Exit(2)
	}

	if err := parts[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Fprintf(os.Stderr, "talos %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}
