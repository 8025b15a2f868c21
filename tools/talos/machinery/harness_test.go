package machinery

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"
	"testing"
)

// ask calls a method as the rehearsal does, through JSON both ways.
func ask[R any](t *testing.T, name string, params any) R {
	t.Helper()

	result, message := try[R](t, name, params)
	if message != "" {
		t.Fatalf("%s: %s", name, message)
	}

	return result
}

func refused(t *testing.T, name string, params any, wanted string) {
	t.Helper()

	if _, message := try[any](t, name, params); !strings.Contains(message, wanted) {
		t.Errorf("%s: error is %q, wanted %q in it", name, message, wanted)
	}
}

func try[R any](t *testing.T, name string, params any) (result R, message string) {
	t.Helper()

	line, err := json.Marshal(map[string]any{"id": 1, "method": name, "params": params})
	if err != nil {
		t.Fatal(err)
	}

	var out bytes.Buffer
	if err = Methods.Serve(bytes.NewReader(line), &out); err != nil {
		t.Fatal(err)
	}

	got := struct {
		ID     int
		Result json.RawMessage
		Error  *struct{ Message string }
	}{}
	if err = json.Unmarshal(out.Bytes(), &got); err != nil || got.ID != 1 {
		t.Fatalf("answer %s: %v", out.String(), err)
	}

	if got.Error != nil {
		return result, got.Error.Message
	}

	if err = json.Unmarshal(got.Result, &result); err != nil {
		t.Fatal(err)
	}

	return result, ""
}

type params = map[string]any

const labPatch = `machine:
  install:
    image: factory.talos.dev/nocloud-installer/88d1f7a5/v1.12.0
    diskSelector: {size: "== 34359738368"}
  network:
    interfaces:
      - deviceSelector: {hardwareAddr: "bc:24:11:00:00:01"}
        addresses: [192.168.1.126/24]
        routes: [{network: 0.0.0.0/0, gateway: 192.168.1.1}]
        vip: {ip: 192.168.1.100}
    nameservers: [1.1.1.1, 9.9.9.9]
  nodeLabels: {homelab/storage: "true"}
  sysctls: {vm.nr_hugepages: "1024"}
  kubelet:
    extraMounts:
      - {destination: /var/mnt/longhorn, type: bind, source: /var/mnt/longhorn, options: [bind, rshared, rw]}
cluster:
  allowSchedulingOnControlPlanes: true
---
apiVersion: v1alpha1
kind: HostnameConfig
auto: off
hostname: cp-1
---
apiVersion: v1alpha1
kind: UserVolumeConfig
name: longhorn
provisioning:
  diskSelector:
    match: disk.size == 42949672960u && disk.transport == "virtio" && !system_disk
  minSize: 39GiB
  grow: true
filesystem: {type: xfs}
`

// labPatchFor leaves the virtual address to the control plane: Talos refuses it on a worker.
func labPatchFor(machineType string) string {
	if machineType == "worker" {
		return strings.Replace(labPatch, "        vip: {ip: 192.168.1.100}\n", "", 1)
	}

	return labPatch
}

func newSecrets(t *testing.T) secretsResult {
	t.Helper()

	return ask[secretsResult](t, "secrets.generate", params{"talosVersion": "v1.12.0"})
}

// labSecrets are made once: the RSA key among them takes longer than all the rest.
var labSecrets = sync.OnceValue(func() machineSecrets {
	made, err := secretsGenerate(secretsParams{TalosVersion: "v1.12.0"})
	if err != nil {
		panic(err)
	}

	return made.MachineSecrets
})

func generateParamsFor(t *testing.T, machineType string, patches ...string) params {
	t.Helper()

	return params{
		"clusterName": "lab", "clusterEndpoint": "https://192.168.1.126:6443", "machineType": machineType,
		"machineSecrets": labSecrets(), "talosVersion": "v1.12.0", "kubernetesVersion": "1.35.0",
		"configPatches": append([]string{}, patches...),
	}
}

func labConfig(t *testing.T, machineType string, patches ...string) string {
	t.Helper()

	return ask[machineConfiguration](t, "config.generate", generateParamsFor(t, machineType, patches...)).MachineConfiguration
}

func patch(t *testing.T, config string, patches ...string) string {
	t.Helper()

	return ask[machineConfiguration](t, "config.patch",
		params{"machineConfiguration": config, "configPatches": append([]string{}, patches...)}).MachineConfiguration
}
