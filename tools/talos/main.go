// Command talos is what the rehearsal needs of Talos's own library. It holds no logic of ours: each part translates, and the
// process that started it, the world, decides.
//
//	talos machinery            configs, secrets, selectors: JSON lines, see machinery/serve.go
//	talos nodes [-port=N]      Talos's own gRPC API for the simulated nodes, see nodes/run.go
package main

import (
	"fmt"
	"os"

	"homelab/tools/talos/machinery"
	"homelab/tools/talos/nodes"
)

var parts = map[string]func(args []string) error{
	"machinery": func([]string) error { return machinery.Serve(os.Stdin, os.Stdout) },
	"nodes":     nodes.Run,
}

func main() {
	if len(os.Args) < 2 || parts[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: talos machinery | nodes [-port=N]")
		os.Exit(2)
	}

	if err := parts[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Fprintf(os.Stderr, "talos %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}
