package machinery

import (
	stdx509 "crypto/x509"
	"encoding/base64"
	"fmt"
	"net"
	"time"

	"github.com/siderolabs/crypto/x509"
)

type serverCertificateParams struct {
	Authority  keyPair  `json:"authority"`
	CommonName string   `json:"commonName"`
	DNSNames   []string `json:"dnsNames"`
	Addresses  []string `json:"addresses"`
}

// serverCertificate lets an authority of the cluster sign a server's certificate, as a control plane does for its API
// server (talos v1.12.0, controllers/secrets/kubernetes.go). Base64 of PEM, like everything here.
func serverCertificate(params serverCertificateParams) (keyPair, error) {
	crt, err := base64.StdEncoding.DecodeString(params.Authority.Cert)
	if err != nil {
		return keyPair{}, fmt.Errorf("authority.cert: %w", err)
	}

	key, err := base64.StdEncoding.DecodeString(params.Authority.Key)
	if err != nil {
		return keyPair{}, fmt.Errorf("authority.key: %w", err)
	}

	authority, err := x509.NewCertificateAuthorityFromCertificateAndKey(&x509.PEMEncodedCertificateAndKey{Crt: crt, Key: key})
	if err != nil {
		return keyPair{}, fmt.Errorf("authority: %w", err)
	}

	addresses := make([]net.IP, 0, len(params.Addresses))

	for i, text := range params.Addresses {
		address := net.ParseIP(text)
		if address == nil {
			return keyPair{}, fmt.Errorf("addresses[%d]: %q is no IP address", i, text)
		}

		addresses = append(addresses, address)
	}

	now := time.Now()

	pair, err := x509.NewKeyPair(authority,
		x509.CommonName(params.CommonName),
		x509.DNSNames(params.DNSNames),
		x509.IPAddresses(addresses),
		x509.NotBefore(now.Add(-10*time.Second)),
		x509.NotAfter(now.AddDate(1, 0, 0)),
		x509.KeyUsage(stdx509.KeyUsageDigitalSignature|stdx509.KeyUsageKeyEncipherment),
		x509.ExtKeyUsage([]stdx509.ExtKeyUsage{stdx509.ExtKeyUsageServerAuth}),
	)
	if err != nil {
		return keyPair{}, err
	}

	return keyPair{Cert: encode(pair.CrtPEM), Key: encode(pair.KeyPEM)}, nil
}
