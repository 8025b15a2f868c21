package machinery

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestGenerate(t *testing.T) {
	t.Parallel()

	for _, machineType := range []string{"controlplane", "worker"} {
		config := labConfig(t, machineType, labPatchFor(machineType))
		for _, mode := range []string{"metal", "cloud"} {
			got := ask[validateResult](t, "config.validate", params{"machineConfiguration": config, "mode": mode})
			if len(got.Errors)+len(got.Warnings) > 0 {
				t.Errorf("%s in %s: %+v", machineType, mode, got)
			}
		}
	}

	if plain, docs := labConfig(t, "worker"), generateParamsFor(t, "worker"); strings.Contains(plain, "# ") {
		t.Error("comments without docs")
	} else {
		docs["docs"] = true
		if !strings.Contains(ask[machineConfiguration](t, "config.generate", docs).MachineConfiguration, "# ") {
			t.Error("no comments with docs")
		}
	}

	for name, change := range map[string]struct {
		key   string
		value any
		words string
	}{
		"machine type": {"machineType", "init", "neither controlplane nor worker"},
		"plain http":   {"clusterEndpoint", "http://192.168.1.126:6443", "https://"},
		"no scheme":    {"clusterEndpoint", "192.168.1.126:6443", "clusterEndpoint"},
		"kubernetes":   {"kubernetesVersion", "1.29.0", "too old"},
		"talos":        {"talosVersion", "x", "talosVersion"},
		"no secrets":   {"machineSecrets", machineSecrets{}, "machineSecrets"},
		"file name":    {"configPatches", []string{"@/etc/hostname"}, "configPatches[0]: not YAML or JSON"},
		"not yaml":     {"configPatches", []string{"hostname"}, "configPatches[0]: not YAML or JSON"},
		"not a map":    {"configPatches", []string{"machine: {sysctls: [1]}"}, "configPatches"},
	} {
		given := generateParamsFor(t, "worker")
		given[change.key] = change.value

		t.Run(name, func(t *testing.T) { refused(t, "config.generate", given, change.words) })
	}
}

func TestPatch(t *testing.T) {
	t.Parallel()

	worker := labConfig(t, "worker")
	if patch(t, worker) != worker {
		t.Error("a configuration without patches is not what it was")
	}

	// A JSON patch fits a single document only; the generated ones of this Talos hold several.
	single, _, _ := strings.Cut(worker, "\n---\n")
	patched := patch(t, single+"\n", `[{"op": "add", "path": "/machine/sysctls", "value": {"a": "b"}}]`, "machine: {sysctls: {c: d}}")

	if got := ask[inspected](t, "config.inspect", params{"machineConfiguration": patched}).Sysctls; fmt.Sprint(got) != "map[a:b c:d]" {
		t.Errorf("sysctls: %v", got)
	}

	refused(t, "config.patch", params{"machineConfiguration": worker, "configPatches": []string{`[{"op": "remove", "path": "/x"}]`}}, "multi-document")
	refused(t, "config.patch", params{"machineConfiguration": "{", "configPatches": []string{"machine: {}"}}, "yaml")
}

func TestValidate(t *testing.T) {
	t.Parallel()

	worker := labConfig(t, "worker", labPatchFor("worker"))

	for name, change := range map[string]struct{ from, to, words string }{
		"unknown key":    {"    kubelet:\n", "    kublet:\n", "kublet"},
		"bad selector":   {"42949672960u", "40 * GiB", "no matching overload"},
		"no size":        {"minSize: 39GiB", "", "min size or max size is required"},
		"hostname twice": {"auto: \"off\"", "auto: stable", "cannot be set at the same time"},
		"two mistakes":   {"minSize: 39GiB", "", "UserVolumeConfig"},
	} {
		broken := strings.Replace(worker, change.from, change.to, 1)
		if broken == worker {
			t.Fatalf("%s: nothing to break in\n%s", name, worker)
		}

		got := ask[validateResult](t, "config.validate", params{"machineConfiguration": broken, "mode": "cloud"})
		if !strings.Contains(strings.Join(got.Errors, "\n"), change.words) {
			t.Errorf("%s: %q", name, got.Errors)
		}
	}

	// A legacy hostname beside the HostnameConfig that a generated configuration holds.
	twice := ask[validateResult](t, "config.validate",
		params{"machineConfiguration": patch(t, worker, "machine: {network: {hostname: x}}"), "mode": "cloud"})
	if !slices.Contains(twice.Errors, "static hostname is already set in v1alpha1 config") {
		t.Errorf("two hostnames: %q", twice.Errors)
	}

	refused(t, "config.validate", params{"machineConfiguration": worker, "mode": "container"}, "mode")
}

func TestStrictTurnsWarningsIntoErrors(t *testing.T) {
	t.Parallel()

	deprecated := patch(t, labConfig(t, "worker"), `machine: {install: {extensions: [{image: ghcr.io/siderolabs/iscsi-tools:v0.2.0}]}}`)
	strict := ask[validateResult](t, "config.validate", params{"machineConfiguration": deprecated, "mode": "cloud"})
	node := ask[validateResult](t, "config.validate", params{"machineConfiguration": deprecated, "mode": "cloud", "strict": false})

	if len(strict.Errors) != 1 || len(strict.Warnings) != 0 || len(node.Errors) != 0 || len(node.Warnings) != 1 {
		t.Errorf("strict: %+v, otherwise: %+v", strict, node)
	}
}

func TestInspect(t *testing.T) {
	t.Parallel()

	got := ask[inspected](t, "config.inspect", params{"machineConfiguration": labConfig(t, "controlplane", labPatch)})
	size := uint64(39 << 30)
	volume := got.UserVolumes[0]

	if len(got.UserVolumes) != 1 || volume.Name != "longhorn" || volume.VolumeType != "partition" || *volume.MinSizeBytes != size ||
		volume.MaxSizeBytes != nil || !*volume.Grow || volume.Filesystem != "xfs" ||
		volume.DiskSelector != `disk.size == 42949672960u && disk.transport == "virtio" && !system_disk` {
		t.Errorf("user volumes: %+v", got.UserVolumes)
	}

	mount := got.KubeletExtraMounts[0]
	if mount.Destination != "/var/mnt/longhorn" || mount.Source != "/var/mnt/longhorn" || fmt.Sprint(mount.Options) != "[bind rshared rw]" {
		t.Errorf("extra mounts: %+v", got.KubeletExtraMounts)
	}

	link := got.Interfaces[0]
	if link.Kind != "v1alpha1" || link.DeviceSelector.HardwareAddr != "bc:24:11:00:00:01" || link.DHCP || link.Routes[0] != (route{"", "192.168.1.1"}) {
		t.Errorf("interfaces: %+v", got.Interfaces)
	}

	for what, pair := range map[string][2]any{
		"machineType":             {got.MachineType, "controlplane"},
		"hostname":                {got.Hostname, "cp-1"},
		"hostnameAuto":            {got.HostnameAuto, "off"},
		"clusterName":             {got.ClusterName, "lab"},
		"clusterEndpoint":         {got.ClusterEndpoint, "https://192.168.1.126:6443"},
		"kubernetesVersion":       {got.KubernetesVersion, "v1.35.0"},
		"installImage":            {got.InstallImage, "factory.talos.dev/nocloud-installer/88d1f7a5/v1.12.0"},
		"installDiskSelectorExpr": {strings.HasPrefix(got.InstallDiskSelectorExpr, "disk.size == 34359738368u && "), true},
		"allowScheduling":         {got.AllowSchedulingOnControlPlanes, true},
		"nodeLabels":              {got.NodeLabels["homelab/storage"], "true"},
		"addresses":               {fmt.Sprint(got.Addresses), "[192.168.1.126/24]"},
		"gateways":                {fmt.Sprint(got.Gateways), "[192.168.1.1]"},
		"nameservers":             {fmt.Sprint(got.Nameservers), "[1.1.1.1 9.9.9.9]"},
		"vip":                     {got.VIP, "192.168.1.100"},
		"sysctls":                 {got.Sysctls["vm.nr_hugepages"], "1024"},
		"podSecurityDefault":      {got.PodSecurityDefault, "baseline"},
		"documents":               {fmt.Sprint(got.Documents), "[v1alpha1 HostnameConfig UserVolumeConfig/longhorn]"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %v, wanted %v", what, pair[0], pair[1])
		}
	}
}

func TestInspectNewerDocuments(t *testing.T) {
	t.Parallel()

	got := ask[inspected](t, "config.inspect", params{"machineConfiguration": labConfig(t, "worker", `apiVersion: v1alpha1
kind: LinkConfig
name: enp0s18
mtu: 9000
addresses: [{address: 192.168.1.127/24}]
routes: [{gateway: 192.168.1.1}, {destination: 10.0.0.0/8, gateway: 192.168.1.2}]
---
apiVersion: v1alpha1
kind: Layer2VIPConfig
name: 192.168.1.101
link: enp0s18
---
apiVersion: v1alpha1
kind: DHCPv4Config
name: enp0s19
---
apiVersion: v1alpha1
kind: LinkAliasConfig
name: net0
selector: {match: 'mac(link.permanent_addr) == "bc:24:11:00:00:02"'}
---
apiVersion: v1alpha1
kind: ResolverConfig
nameservers: [{address: 9.9.9.9}]
---
apiVersion: v1alpha1
kind: VolumeConfig
name: EPHEMERAL
provisioning: {maxSize: 20GiB}
---
apiVersion: v1alpha1
kind: RawVolumeConfig
name: spare
provisioning: {diskSelector: {match: disk.rotational}, minSize: 1GiB}
`)})

	links := map[string]link{}
	for _, one := range got.Interfaces {
		links[one.Interface] = one
	}

	first := links["enp0s18"]
	if first.Kind != "LinkConfig" || first.MTU != 9000 || first.VIP != "192.168.1.101" || len(first.Routes) != 2 || first.Routes[1].Network != "10.0.0.0/8" {
		t.Errorf("enp0s18: %+v", first)
	}

	if !links["enp0s19"].DHCP || !strings.Contains(links["net0"].LinkSelector, "bc:24:11:00:00:02") {
		t.Errorf("interfaces: %+v", got.Interfaces)
	}

	if fmt.Sprintf("%v %v %v %v", got.Addresses, got.Gateways, got.Nameservers, got.VIP) != "[192.168.1.127/24] [192.168.1.1 192.168.1.2] [9.9.9.9] 192.168.1.101" {
		t.Errorf("%v %v %v %v", got.Addresses, got.Gateways, got.Nameservers, got.VIP)
	}

	if len(got.OtherVolumes) != 2 || got.OtherVolumes[0].Kind != "VolumeConfig" || *got.OtherVolumes[0].MaxSizeBytes != 20<<30 ||
		got.OtherVolumes[1].DiskSelector != "disk.rotational" {
		t.Errorf("other volumes: %+v", got.OtherVolumes)
	}
}
