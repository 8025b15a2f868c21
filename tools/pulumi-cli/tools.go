//go:build tools

// Package tools pins the Pulumi CLI for machines that cannot download it: the bootstrap builds it from here.
package tools

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
