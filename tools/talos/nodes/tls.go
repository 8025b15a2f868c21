package nodes

import (
	"context"
	"crypto/tls"
	stdx509 "crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/siderolabs/crypto/x509"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"
)

// authority is the answer of the world to "tls.authority": whose certificates count here. There is none until a node is
// configured, and it changes when the cluster gets other secrets.
type authority struct {
	// PEM, in base64.
	Certificate string `json:"certificate"`
	Key         string `json:"key"`
}

// certificates makes the server's certificate as apid's is made: signed by the cluster's authority.
type certificates struct {
	world *world

	mu     sync.Mutex
	issued map[string]*tls.Config
}

const lifetime = 24 * time.Hour

func (c *certificates) configForClient(hello *tls.ClientHelloInfo) (*tls.Config, error) {
	ctx, cancel := context.WithTimeout(hello.Context(), 10*time.Second)
	defer cancel()

	answer, err := c.world.call(ctx, message{Method: "tls.authority"}, nil)
	if err != nil {
		return nil, err
	}

	var ca authority
	if err = json.Unmarshal(answer, &ca); err != nil {
		return nil, err
	}

	c.mu.Lock()
	defer c.mu.Unlock()

	if config := c.issued[ca.Certificate]; config != nil {
		return config, nil
	}

	config, err := serverConfig(ca)
	if err == nil {
		c.issued[ca.Certificate] = config
	}

	return config, err
}

func serverConfig(ca authority) (*tls.Config, error) {
	certificate, err := base64.StdEncoding.DecodeString(ca.Certificate)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}

	key, err := base64.StdEncoding.DecodeString(ca.Key)
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}

	signer, err := x509.NewCertificateAuthorityFromCertificateAndKey(&x509.PEMEncodedCertificateAndKey{Crt: certificate, Key: key})
	if err != nil {
		return nil, err
	}

	now := time.Now()

	pair, err := x509.NewKeyPair(signer,
		x509.CommonName("localhost"),
		x509.IPAddresses([]net.IP{net.IPv4(127, 0, 0, 1)}),
		x509.DNSNames([]string{"localhost"}),
		x509.NotBefore(now.Add(-time.Minute)),
		x509.NotAfter(now.Add(lifetime)),
		x509.KeyUsage(stdx509.KeyUsageDigitalSignature),
		x509.ExtKeyUsage([]stdx509.ExtKeyUsage{stdx509.ExtKeyUsageServerAuth}),
	)
	if err != nil {
		return nil, err
	}

	clients := stdx509.NewCertPool()
	if !clients.AppendCertsFromPEM(certificate) {
		return nil, errors.New("the authority's certificate is no PEM")
	}

	return &tls.Config{
		Certificates: []tls.Certificate{*pair.Certificate},
		ClientCAs:    clients,
		ClientAuth:   tls.RequireAndVerifyClientCert,
		MinVersion:   tls.VersionTLS13,
		NextProtos:   []string{"h2"},
		// Each connection is judged by the authority of its moment.
		SessionTicketsDisabled: true,
	}, nil
}

// provedBy names the authority of the caller's connection, as the world wants it.
func provedBy(ctx context.Context) string {
	caller, ok := peer.FromContext(ctx)
	if !ok {
		return ""
	}

	info, ok := caller.AuthInfo.(credentials.TLSInfo)
	if !ok || len(info.State.VerifiedChains) == 0 {
		return ""
	}

	chain := info.State.VerifiedChains[0]
	root := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: chain[len(chain)-1].Raw})

	return base64.StdEncoding.EncodeToString(root)
}
