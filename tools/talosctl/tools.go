//go:build tools

// Package tools pins talosctl for machines that cannot download it: the bootstrap builds it from here.
package tools

import _ "github.com/siderolabs/talos/cmd/talosctl"
