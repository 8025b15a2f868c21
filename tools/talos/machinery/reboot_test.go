package machinery

import (
	"strings"
	"testing"
)

func TestChangeNeedsReboot(t *testing.T) {
	t.Parallel()

	current := labConfig(t, "controlplane", labPatch)

	for change, why := range map[string]string{
		`machine: {nodeLabels: {a: b}}`:                           "",
		`machine: {sysctls: {vm.nr_hugepages: "2048"}}`:           "",
		`machine: {kubelet: {extraArgs: {v: "2"}}}`:               "",
		`machine: {install: {image: other:v1}}`:                   "",
		`machine: {features: {kubePrism: {port: 7446}}}`:          "",
		`cluster: {apiServer: {certSANs: [x]}}`:                   "",
		"apiVersion: v1alpha1\nkind: HostnameConfig\nhostname: b": "",
		`machine: {env: {A: secret-value}}`:                       ".machine.env",
		`machine: {udev: {rules: [r]}}`:                           ".machine.udev",
		`machine: {features: {diskQuotaSupport: false}}`:          ".machine.features.diskQuotaSupport",
		`machine: {token: secret-value}`:                          ".machine.token",
	} {
		got := ask[rebootResult](t, "config.changeNeedsReboot", params{"current": current, "next": patch(t, current, change)})
		if got.NeedsReboot != (why != "") || !strings.HasSuffix(got.Why, why) || strings.Contains(got.Why, "secret-value") {
			t.Errorf("%s: %+v", change, got)
		}
	}

	refused(t, "config.changeNeedsReboot", params{"current": current, "next": "x: y"}, "next: ")
}
