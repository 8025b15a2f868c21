package machinery

import (
	"crypto/x509"
	"testing"
)

func TestServerCertificate(t *testing.T) {
	t.Parallel()

	authority := newSecrets(t).MachineSecrets.Certs.K8s

	made := ask[keyPair](t, "certificate.server", params{
		"authority":  authority,
		"commonName": "kube-apiserver",
		"dnsNames":   []string{"localhost"},
		"addresses":  []string{"127.0.0.1", "192.168.1.126"},
	})

	roots := x509.NewCertPool()
	roots.AddCert(certificate(t, authority.Cert))

	for _, name := range []string{"127.0.0.1", "192.168.1.126", "localhost"} {
		if _, err := certificate(t, made.Cert).Verify(x509.VerifyOptions{Roots: roots, DNSName: name}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}

	other := x509.NewCertPool()
	other.AddCert(certificate(t, newSecrets(t).MachineSecrets.Certs.K8s.Cert))

	if _, err := certificate(t, made.Cert).Verify(x509.VerifyOptions{Roots: other}); err == nil {
		t.Error("verified by another cluster's authority")
	}

	refused(t, "certificate.server", params{"authority": authority, "addresses": []string{"here"}}, `addresses[0]: "here" is no IP address`)
	refused(t, "certificate.server", params{"authority": keyPair{Cert: "?"}}, "authority.cert")
}
