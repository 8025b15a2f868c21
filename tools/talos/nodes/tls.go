package nodes

import (
	"context"
	"crypto/tls"
	stdx509 "crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/siderolabs/crypto/x509"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"
)

// identity is the answer of the world to "tls.identity": who is at the end that somebody dials. Without an authority it is a machine
// in maintenance mode, which signs for itself and asks for no certificate.
type identity struct {
	// PEM, in base64.
	Certificate string `json:"certificate,omitempty"`
	Key         string `json:"key,omitempty"`

	Addresses []string `json:"addresses"`
	Names     []string `json:"names"`
}

// certificates makes the server's certificate as apid's is made: signed by the cluster's authority, for the node's own addresses.
type certificates struct {
	world *world
	ends  *ends

	mu     sync.Mutex
	issued map[string]*tls.Config
}

const lifetime = 24 * time.Hour

func (c *certificates) configForClient(hello *tls.ClientHelloInfo) (*tls.Config, error) {
	ctx, cancel := context.WithTimeout(hello.Context(), 10*time.Second)
	defer cancel()

	local := hello.Conn.LocalAddr()

	answer, err := c.world.call(ctx, message{Method: "tls.identity", Via: c.ends.via(local)}, nil)
	if err != nil {
		return nil, err
	}

	var who identity
	if err = json.Unmarshal(answer, &who); err != nil {
		return nil, err
	}

	host, _, err := net.SplitHostPort(local.String())
	if err != nil {
		return nil, err
	}

	who.Addresses = append(who.Addresses, host)
	key := fmt.Sprint(who.Certificate, who.Addresses, who.Names)

	c.mu.Lock()
	defer c.mu.Unlock()

	if config := c.issued[key]; config != nil {
		return config, nil
	}

	config, err := serverConfig(who)
	if err == nil {
		c.issued[key] = config
	}

	return config, err
}

func serverConfig(who identity) (*tls.Config, error) {
	signer, err := signerOf(who)
	if err != nil {
		return nil, err
	}

	addresses := make([]net.IP, len(who.Addresses))
	for i, text := range who.Addresses {
		addresses[i] = net.ParseIP(text)
	}

	now := time.Now()

	pair, err := x509.NewKeyPair(signer,
		x509.CommonName("localhost"),
		x509.IPAddresses(addresses),
		x509.DNSNames(append(who.Names, "localhost")),
		x509.NotBefore(now.Add(-time.Minute)),
		x509.NotAfter(now.Add(lifetime)),
		x509.KeyUsage(stdx509.KeyUsageDigitalSignature),
		x509.ExtKeyUsage([]stdx509.ExtKeyUsage{stdx509.ExtKeyUsageServerAuth}),
	)
	if err != nil {
		return nil, err
	}

	config := &tls.Config{
		Certificates: []tls.Certificate{*pair.Certificate},
		MinVersion:   tls.VersionTLS13,
		NextProtos:   []string{"h2"},
		// Each connection is judged by the authority of its moment.
		SessionTicketsDisabled: true,
	}

	if who.Certificate != "" {
		config.ClientAuth = tls.RequireAndVerifyClientCert
		config.ClientCAs = stdx509.NewCertPool()
		config.ClientCAs.AddCert(signer.Crt)
	}

	return config, nil
}

func signerOf(who identity) (*x509.CertificateAuthority, error) {
	if who.Certificate == "" {
		return x509.NewSelfSignedCertificateAuthority()
	}

	certificate, err := base64.StdEncoding.DecodeString(who.Certificate)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}

	key, err := base64.StdEncoding.DecodeString(who.Key)
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}

	return x509.NewCertificateAuthorityFromCertificateAndKey(&x509.PEMEncodedCertificateAndKey{Crt: certificate, Key: key})
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
