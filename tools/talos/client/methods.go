// Package client is Talos's own client, made to call as the published provider does: first without credentials, by asking for disks,
// which only a machine in maintenance mode answers, then with them. It tries nothing again and decides nothing: tests do.
package client

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/cosi-project/runtime/pkg/safe"
	"github.com/siderolabs/crypto/x509"
	machineapi "github.com/siderolabs/talos/pkg/machinery/api/machine"
	talos "github.com/siderolabs/talos/pkg/machinery/client"
	clientconfig "github.com/siderolabs/talos/pkg/machinery/client/config"
	"github.com/siderolabs/talos/pkg/machinery/resources/block"

	"homelab/tools/talos/lines"
)

// Methods are what may be called.
var Methods = lines.Methods{
	"disks":      lines.Method(calling(disks)),
	"apply":      lines.Method(calling(apply)),
	"bootstrap":  lines.Method(calling(bootstrap)),
	"kubeconfig": lines.Method(calling(kubeconfig)),
	"version":    lines.Method(calling(version)),
	"health":     lines.Method(calling(health)),
}

// patience is for a call that a fault keeps waiting.
const patience = 60 * time.Second

type params struct {
	Node     string `json:"node"`
	Endpoint string `json:"endpoint"`

	// PEM, in base64.
	CACertificate     string `json:"caCertificate"`
	ClientCertificate string `json:"clientCertificate"`
	ClientKey         string `json:"clientKey"`

	// Of "apply" alone.
	MachineConfiguration string `json:"machineConfiguration"`
}

type call[R any] func(ctx context.Context, c *talos.Client, p params) (R, error)

func calling[R any](use call[R]) func(params) (R, error) {
	return func(p params) (result R, err error) {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()

		ctx = talos.WithNode(ctx, p.Node)

		c, err := connect(ctx, p)
		if err != nil {
			return result, err
		}

		defer c.Close() //nolint:errcheck

		return use(ctx, c, p)
	}
}

func connect(ctx context.Context, p params) (*talos.Client, error) {
	at := talos.WithEndpoints(p.Endpoint)

	anybody, err := talos.New(ctx, at, talos.WithTLSConfig(&tls.Config{InsecureSkipVerify: true})) //nolint:gosec // maintenance mode
	if err != nil {
		return nil, err
	}

	if _, err = anybody.Disks(ctx); err == nil {
		return anybody, nil
	}

	anybody.Close() //nolint:errcheck

	var pem [3][]byte

	for i, text := range []string{p.CACertificate, p.ClientCertificate, p.ClientKey} {
		if pem[i], err = base64.StdEncoding.DecodeString(text); err != nil {
			return nil, fmt.Errorf("credentials: %w", err)
		}
	}

	login := clientconfig.NewConfig("test", nil, pem[0], &x509.PEMEncodedCertificateAndKey{Crt: pem[1], Key: pem[2]})

	return talos.New(ctx, at, talos.WithConfig(login))
}

type nothing struct{}

type disk struct {
	DevPath   string `json:"devPath"`
	Size      uint64 `json:"size"`
	Transport string `json:"transport"`
}

func disks(ctx context.Context, c *talos.Client, _ params) ([]disk, error) {
	list, err := safe.StateListAll[*block.Disk](ctx, c.COSI)
	if err != nil {
		return nil, err
	}

	return safe.ToSlice(list, func(each *block.Disk) disk {
		spec := each.TypedSpec()

		return disk{spec.DevPath, spec.Size, spec.Transport}
	}), nil
}

func apply(ctx context.Context, c *talos.Client, p params) (nothing, error) {
	_, err := c.ApplyConfiguration(ctx, &machineapi.ApplyConfigurationRequest{
		Data: []byte(p.MachineConfiguration),
		Mode: machineapi.ApplyConfigurationRequest_AUTO,
	})

	return nothing{}, err
}

func bootstrap(ctx context.Context, c *talos.Client, _ params) (nothing, error) {
	return nothing{}, c.Bootstrap(ctx, &machineapi.BootstrapRequest{})
}

type kubeconfigResult struct {
	Kubeconfig string `json:"kubeconfig"`
}

func kubeconfig(ctx context.Context, c *talos.Client, _ params) (kubeconfigResult, error) {
	text, err := c.Kubeconfig(ctx)

	return kubeconfigResult{string(text)}, err
}

type versionResult struct {
	Tag string `json:"tag"`
}

func version(ctx context.Context, c *talos.Client, _ params) (versionResult, error) {
	got, err := c.Version(ctx)
	if err != nil {
		return versionResult{}, err
	}

	return versionResult{got.Messages[0].Version.Tag}, nil
}
