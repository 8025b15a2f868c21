package machinery

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"homelab/tools/talos/lines"
)

func certificate(t *testing.T, encoded string) *x509.Certificate {
	t.Helper()

	text, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}

	block, _ := pem.Decode(text)
	if block == nil {
		t.Fatal("no PEM")
	}

	found, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}

	return found
}

func TestProtocol(t *testing.T) {
	t.Parallel()

	refused(t, "nope", params{}, `unknown method "nope"`)
	refused(t, "secrets.generate", params{"talosversion": "v1.12.0", "x": 1}, `unknown field "x"`)

	if got := ask[versionResult](t, "version", nil); got.Machinery != "v1.12.0" || got.KubernetesVersion != "1.35.0" {
		t.Errorf("version: %+v", got)
	}

	// Many lines, blank ones and nonsense among them; the last one has no line end.
	var in, out bytes.Buffer
	for id := range 50 {
		fmt.Fprintf(&in, `{"id":"r%d","method":"version"}`+"\n\n", id)
	}

	in.WriteString("nonsense\n" + `{"id":"last","method":"version","params":{}}`)

	if err := Methods.Serve(io.MultiReader(&in), &out); err != nil {
		t.Fatal(err)
	}

	answers := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(answers) != 52 || strings.Count(out.String(), "v1.12.0") != 51 || !strings.Contains(out.String(), `"id":"last"`) {
		t.Errorf("%d answers: %s", len(answers), out.String())
	}

	if !strings.Contains(out.String(), `{"id":null,"error":{"message":"not a JSON request:`) {
		t.Errorf("no error for nonsense: %s", out.String())
	}
}

func TestPanicIsAnAnswer(t *testing.T) {
	Methods["test.panic"] = lines.Method(func(struct{}) (any, error) { panic("boom") })
	defer delete(Methods, "test.panic")

	refused(t, "test.panic", params{}, "internal error: boom")
}

func TestSecrets(t *testing.T) {
	t.Parallel()

	one, other := newSecrets(t), newSecrets(t)
	if one.MachineSecrets.Cluster.ID == other.MachineSecrets.Cluster.ID {
		t.Error("two clusters have the same id")
	}

	if one.MachineSecrets.Secrets.AESCBCEncryptionSecret != "" || one.MachineSecrets.Secrets.SecretboxEncryptionSecret == "" {
		t.Error("not the encryption secret of a Talos after 1.2")
	}

	admin, authority := certificate(t, one.ClientConfiguration.ClientCertificate), certificate(t, one.ClientConfiguration.CACertificate)
	if err := admin.CheckSignatureFrom(authority); err != nil || admin.Subject.Organization[0] != "os:admin" {
		t.Errorf("client certificate of %v: %v", admin.Subject, err)
	}

	bundle, err := toBundle(one.MachineSecrets)
	if err != nil || fromBundle(bundle) != one.MachineSecrets {
		t.Errorf("secrets do not survive the way to a bundle and back: %v", err)
	}

	refused(t, "secrets.generate", params{"talosVersion": "twelve"}, "talosVersion")
}

func TestClients(t *testing.T) {
	t.Parallel()

	secrets := newSecrets(t)

	talosconfig := ask[talosconfigResult](t, "talosconfig.generate", params{
		"clusterName": "lab", "clientConfiguration": secrets.ClientConfiguration,
		"endpoints": []string{"192.168.1.126"}, "nodes": []string{"192.168.1.126", "192.168.1.127"},
	}).TalosConfig

	for _, wanted := range []string{"context: lab", "- 192.168.1.127", "key: " + secrets.ClientConfiguration.ClientKey} {
		if !strings.Contains(talosconfig, wanted) {
			t.Errorf("no %.40q in the talosconfig", wanted)
		}
	}

	kube := ask[kubeconfigResult](t, "kubeconfig.generate", params{
		"machineSecrets": secrets.MachineSecrets, "clusterName": "lab", "clusterEndpoint": "https://192.168.1.126:6443",
	})
	client := kube.KubernetesClientConfiguration
	admin := certificate(t, client.ClientCertificate)

	if err := admin.CheckSignatureFrom(certificate(t, secrets.MachineSecrets.Certs.K8s.Cert)); err != nil {
		t.Errorf("client certificate: %v", err)
	}

	if admin.Subject.CommonName != "admin" || admin.Subject.Organization[0] != "system:masters" || client.Host != "https://192.168.1.126:6443" {
		t.Errorf("%v at %s", admin.Subject, client.Host)
	}

	var file struct {
		CurrentContext string `yaml:"current-context"`
		Users          []struct {
			Name string            `yaml:"name"`
			User map[string]string `yaml:"user"`
		} `yaml:"users"`
	}
	if err := yaml.Unmarshal([]byte(kube.KubeconfigRaw), &file); err != nil || file.CurrentContext != "admin@lab" ||
		file.Users[0].User["client-key-data"] != client.ClientKey {
		t.Errorf("kubeconfig of %s: %v", file.CurrentContext, err)
	}

	refused(t, "kubeconfig.generate", params{"machineSecrets": machineSecrets{}}, "machineSecrets.certs.etcd.cert")
}

func TestSelectors(t *testing.T) {
	t.Parallel()

	disks := []disk{
		{DevPath: "/dev/sda", SizeBytes: 34359738368, Transport: "virtio", SystemDisk: true},
		{DevPath: "/dev/vda", SizeBytes: 42949672960, Transport: "virtio", Serial: "data-cp-1", Symlinks: []string{"/dev/disk/by-id/virtio-data"}},
		{DevPath: "/dev/sdb", SizeBytes: 42949672960, Transport: "iscsi"},
	}

	for expression, wanted := range map[string][]bool{
		`disk.size == 42949672960u && disk.transport == "virtio" && !system_disk`: {false, true, false},
		`disk.size == 42949672960u`:                      {false, true, true},
		`disk.size > 33u * GB`:                           {true, true, true},
		`system_disk`:                                    {true, false, false},
		`disk.serial == "data-cp-1"`:                     {false, true, false},
		`"/dev/disk/by-id/virtio-data" in disk.symlinks`: {false, true, false},
		`glob("/dev/sd*", disk.dev_path)`:                {true, false, true},
	} {
		got := ask[selectorResult](t, "selector.match", params{"expression": expression, "disks": disks})
		if fmt.Sprint(got.Matches) != fmt.Sprint(wanted) {
			t.Errorf("%s: %v, wanted %v", expression, got.Matches, wanted)
		}
	}

	for _, bad := range []string{`disk.size == 50 * GiB`, `disk.sise == 1u`, `disk.size`, ``, `disk.size == `} {
		refused(t, "selector.match", params{"expression": bad, "disks": disks}, "expression: ")
	}
}
