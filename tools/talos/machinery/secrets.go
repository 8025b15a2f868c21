package machinery

import (
	"encoding/base64"
	"fmt"
	"time"

	"github.com/siderolabs/crypto/x509"
	"github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/config/generate/secrets"
	"github.com/siderolabs/talos/pkg/machinery/constants"
	"github.com/siderolabs/talos/pkg/machinery/gendata"
	"github.com/siderolabs/talos/pkg/machinery/role"
)

// The JSON shapes are those of the Pulumi talos provider (its schema: talos:machine/secrets:Secrets); PEM is in base64.

type keyPair struct {
	Cert string `json:"cert"`
	Key  string `json:"key"`
}

type keyOnly struct {
	Key string `json:"key"`
}

type machineCerts struct {
	Etcd              keyPair `json:"etcd"`
	K8s               keyPair `json:"k8s"`
	K8sAggregator     keyPair `json:"k8sAggregator"`
	K8sServiceAccount keyOnly `json:"k8sServiceaccount"`
	OS                keyPair `json:"os"`
}

type machineCluster struct {
	ID     string `json:"id"`
	Secret string `json:"secret"`
}

type kubernetesSecrets struct {
	BootstrapToken            string `json:"bootstrapToken"`
	SecretboxEncryptionSecret string `json:"secretboxEncryptionSecret"`
	AESCBCEncryptionSecret    string `json:"aescbcEncryptionSecret,omitempty"` // Talos 1.2 and older
}

type trustdInfo struct {
	Token string `json:"token"`
}

type machineSecrets struct {
	Certs      machineCerts      `json:"certs"`
	Cluster    machineCluster    `json:"cluster"`
	Secrets    kubernetesSecrets `json:"secrets"`
	TrustdInfo trustdInfo        `json:"trustdinfo"`
}

type clientConfiguration struct {
	CACertificate     string `json:"caCertificate"`
	ClientCertificate string `json:"clientCertificate"`
	ClientKey         string `json:"clientKey"`
}

type secretsParams struct {
	TalosVersion string `json:"talosVersion"`
}

type secretsResult struct {
	MachineSecrets      machineSecrets      `json:"machineSecrets"`
	ClientConfiguration clientConfiguration `json:"clientConfiguration"`
}

func secretsGenerate(params secretsParams) (secretsResult, error) {
	contract, err := versionContract(params.TalosVersion)
	if err != nil {
		return secretsResult{}, err
	}

	bundle, err := secrets.NewBundle(secrets.NewFixedClock(time.Now()), contract)
	if err != nil {
		return secretsResult{}, err
	}

	admin, err := bundle.GenerateTalosAPIClientCertificateWithTTL(role.MakeSet(role.Admin), constants.TalosAPIDefaultCertificateValidityDuration)
	if err != nil {
		return secretsResult{}, err
	}

	return secretsResult{
		MachineSecrets: fromBundle(bundle),
		ClientConfiguration: clientConfiguration{
			CACertificate:     encode(bundle.Certs.OS.Crt),
			ClientCertificate: encode(admin.Crt),
			ClientKey:         encode(admin.Key),
		},
	}, nil
}

// versionContract reads a Talos version as the provider does: none means that of the library.
func versionContract(talosVersion string) (*config.VersionContract, error) {
	if talosVersion == "" {
		talosVersion = gendata.VersionTag
	}

	contract, err := config.ParseContractFromVersion(talosVersion)
	if err != nil {
		return nil, fmt.Errorf("talosVersion: %w", err)
	}

	return contract, nil
}

func fromBundle(bundle *secrets.Bundle) machineSecrets {
	pair := func(p *x509.PEMEncodedCertificateAndKey) keyPair { return keyPair{encode(p.Crt), encode(p.Key)} }

	return machineSecrets{
		Certs: machineCerts{
			Etcd:              pair(bundle.Certs.Etcd),
			K8s:               pair(bundle.Certs.K8s),
			K8sAggregator:     pair(bundle.Certs.K8sAggregator),
			K8sServiceAccount: keyOnly{encode(bundle.Certs.K8sServiceAccount.Key)},
			OS:                pair(bundle.Certs.OS),
		},
		Cluster: machineCluster(*bundle.Cluster),
		Secrets: kubernetesSecrets{
			BootstrapToken:            bundle.Secrets.BootstrapToken,
			SecretboxEncryptionSecret: bundle.Secrets.SecretboxEncryptionSecret,
			AESCBCEncryptionSecret:    bundle.Secrets.AESCBCEncryptionSecret,
		},
		TrustdInfo: trustdInfo(*bundle.TrustdInfo),
	}
}

func toBundle(from machineSecrets) (*secrets.Bundle, error) {
	var failed error

	bytes := func(path, text string) []byte {
		out, err := base64.StdEncoding.DecodeString(text)
		if err == nil && len(out) == 0 {
			err = fmt.Errorf("empty")
		}

		if err != nil && failed == nil {
			failed = fmt.Errorf("machineSecrets.certs.%s: %w", path, err)
		}

		return out
	}
	pair := func(name string, p keyPair) *x509.PEMEncodedCertificateAndKey {
		return &x509.PEMEncodedCertificateAndKey{Crt: bytes(name+".cert", p.Cert), Key: bytes(name+".key", p.Key)}
	}

	cluster, trustd := secrets.Cluster(from.Cluster), secrets.TrustdInfo(from.TrustdInfo)
	bundle := &secrets.Bundle{
		Clock:   secrets.NewFixedClock(time.Now()),
		Cluster: &cluster,
		Secrets: &secrets.Secrets{
			BootstrapToken:            from.Secrets.BootstrapToken,
			SecretboxEncryptionSecret: from.Secrets.SecretboxEncryptionSecret,
			AESCBCEncryptionSecret:    from.Secrets.AESCBCEncryptionSecret,
		},
		TrustdInfo: &trustd,
		Certs: &secrets.Certs{
			Etcd:              pair("etcd", from.Certs.Etcd),
			K8s:               pair("k8s", from.Certs.K8s),
			K8sAggregator:     pair("k8sAggregator", from.Certs.K8sAggregator),
			K8sServiceAccount: &x509.PEMEncodedKey{Key: bytes("k8sServiceaccount.key", from.Certs.K8sServiceAccount.Key)},
			OS:                pair("os", from.Certs.OS),
		},
	}

	return bundle, failed
}

func encode(pem []byte) string { return base64.StdEncoding.EncodeToString(pem) }
