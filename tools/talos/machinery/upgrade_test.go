package machinery

import "testing"

func TestUpgradeCheck(t *testing.T) {
	for _, step := range []struct{ host, target, refusal string }{
		{"v1.12.0", "v1.12.1", ""},
		{"v1.11.3", "v1.12.0", ""},
		{"v1.12.0", "v1.11.0", ""},
		{"v1.9.5", "v1.12.0", "host version 1.9.5 is too old to upgrade to Talos 1.12.0"},
		{"v1.12.0", "v1.9.0", "host version 1.12.0 is too new to downgrade to Talos 1.9.0"},
		{"v1.12.0", "v1.20.0", "upgrades to version 1.20.0 are not supported"},
	} {
		got := ask[upgradeCheckResult](t, "upgrade.check", map[string]any{"host": step.host, "target": step.target})
		if got.Refusal != step.refusal {
			t.Errorf("%s to %s: refusal is %q, wanted %q", step.host, step.target, got.Refusal, step.refusal)
		}
	}

	refused(t, "upgrade.check", map[string]any{"host": "newest", "target": "v1.12.0"}, "host:")
}

func TestKubernetesCheck(t *testing.T) {
	for _, pair := range []struct{ kubernetes, talos, refusal string }{
		{"1.35.0", "v1.12.0", ""},
		{"1.34.2", "v1.11.5", ""},
		{"1.35.0", "v1.11.5", "version of Kubernetes 1.35.0 is too new to be used with Talos 1.11.5"},
		{"1.29.0", "v1.12.0", "version of Kubernetes 1.29.0 is too old to be used with Talos 1.12.0"},
	} {
		got := ask[upgradeCheckResult](t, "kubernetes.check", map[string]any{"kubernetes": pair.kubernetes, "talos": pair.talos})
		if got.Refusal != pair.refusal {
			t.Errorf("Kubernetes %s on Talos %s: refusal is %q, wanted %q", pair.kubernetes, pair.talos, got.Refusal, pair.refusal)
		}
	}

	refused(t, "kubernetes.check", map[string]any{"kubernetes": "x", "talos": "v1.12.0"}, "kubernetes:")
}
