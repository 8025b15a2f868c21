package machinery

import (
	stdx509 "crypto/x509"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/siderolabs/crypto/x509"
	clientconfig "github.com/siderolabs/talos/pkg/machinery/client/config"
	"github.com/siderolabs/talos/pkg/machinery/constants"
	"go.yaml.in/yaml/v4"
)

type talosconfigParams struct {
	ClusterName         string              `json:"clusterName"`
	ClientConfiguration clientConfiguration `json:"clientConfiguration"`
	Endpoints           []string            `json:"endpoints"`
	Nodes               []string            `json:"nodes"`
}

type talosconfigResult struct {
	TalosConfig string `json:"talosConfig"`
}

func talosconfigGenerate(params talosconfigParams) (talosconfigResult, error) {
	var pem [3][]byte

	given := params.ClientConfiguration
	for i, text := range []string{given.CACertificate, given.ClientCertificate, given.ClientKey} {
		var err error
		if pem[i], err = base64.StdEncoding.DecodeString(text); err != nil {
			return talosconfigResult{}, fmt.Errorf("clientConfiguration: %w", err)
		}
	}

	client := &x509.PEMEncodedCertificateAndKey{Crt: pem[1], Key: pem[2]}
	file := clientconfig.NewConfig(params.ClusterName, params.Endpoints, pem[0], client)
	file.Contexts[params.ClusterName].Nodes = params.Nodes

	text, err := file.Bytes()

	return talosconfigResult{string(text)}, err
}

type kubeconfigParams struct {
	MachineSecrets  machineSecrets `json:"machineSecrets"`
	ClusterName     string         `json:"clusterName"`
	ClusterEndpoint string         `json:"clusterEndpoint"`
	User            string         `json:"user"`
}

type kubernetesClientConfiguration struct {
	CACertificate     string `json:"caCertificate"`
	ClientCertificate string `json:"clientCertificate"`
	ClientKey         string `json:"clientKey"`
	Host              string `json:"host"`
}

type kubeconfigResult struct {
	KubeconfigRaw                 string                        `json:"kubeconfigRaw"`
	KubernetesClientConfiguration kubernetesClientConfiguration `json:"kubernetesClientConfiguration"`
}

// kubeconfigGenerate makes what a control plane would answer: an admin certificate of a year, signed by the cluster's CA,
// with the names and extensions of Talos (talos v1.12.0, pkg/kubeconfig/generate.go, which is not part of the library).
func kubeconfigGenerate(params kubeconfigParams) (kubeconfigResult, error) {
	user := params.User
	if user == "" {
		user = constants.KubernetesAdminCertCommonName
	}

	bundle, err := toBundle(params.MachineSecrets)
	if err != nil {
		return kubeconfigResult{}, err
	}

	authority, err := x509.NewCertificateAuthorityFromCertificateAndKey(bundle.Certs.K8s)
	if err != nil {
		return kubeconfigResult{}, fmt.Errorf("machineSecrets.certs.k8s: %w", err)
	}

	now := time.Now()

	pair, err := x509.NewKeyPair(authority,
		x509.CommonName(constants.KubernetesAdminCertCommonName),
		x509.Organization(constants.KubernetesAdminCertOrganization),
		x509.NotBefore(now.Add(-10*time.Second)),
		x509.NotAfter(now.Add(constants.KubernetesAdminCertDefaultLifetime)),
		x509.KeyUsage(stdx509.KeyUsageDigitalSignature|stdx509.KeyUsageKeyEncipherment),
		x509.ExtKeyUsage([]stdx509.ExtKeyUsage{stdx509.ExtKeyUsageClientAuth}),
	)
	if err != nil {
		return kubeconfigResult{}, err
	}

	client := kubernetesClientConfiguration{
		CACertificate:     encode(bundle.Certs.K8s.Crt),
		ClientCertificate: encode(pair.CrtPEM),
		ClientKey:         encode(pair.KeyPEM),
		Host:              params.ClusterEndpoint,
	}

	text, err := yaml.Marshal(kubeconfigFile(params.ClusterName, user, client))

	return kubeconfigResult{string(text), client}, err
}

func kubeconfigFile(cluster, user string, client kubernetesClientConfiguration) map[string]any {
	login := user + "@" + cluster

	return map[string]any{
		"apiVersion": "v1",
		"kind":       "Config",
		"clusters": []any{map[string]any{
			"name":    cluster,
			"cluster": map[string]any{"certificate-authority-data": client.CACertificate, "server": client.Host},
		}},
		"contexts": []any{map[string]any{
			"name":    login,
			"context": map[string]any{"cluster": cluster, "namespace": "default", "user": login},
		}},
		"current-context": login,
		"users": []any{map[string]any{
			"name": login,
			"user": map[string]any{"client-certificate-data": client.ClientCertificate, "client-key-data": client.ClientKey},
		}},
	}
}
