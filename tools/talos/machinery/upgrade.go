package machinery

import (
	"fmt"

	machineapi "github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/compatibility"
)

type upgradeCheckParams struct {
	// Versions of Talos: what the host runs, and of the installer.
	Host   string `json:"host"`
	Target string `json:"target"`
}

type upgradeCheckResult struct {
	Refusal string `json:"refusal,omitempty"`
}

// upgradeCheck is the pre-flight check of an installer: whether its version takes over a host of that one.
func upgradeCheck(params upgradeCheckParams) (upgradeCheckResult, error) {
	host, err := compatibility.ParseTalosVersion(&machineapi.VersionInfo{Tag: params.Host})
	if err != nil {
		return upgradeCheckResult{}, fmt.Errorf("host: %w", err)
	}

	target, err := compatibility.ParseTalosVersion(&machineapi.VersionInfo{Tag: params.Target})
	if err != nil {
		return upgradeCheckResult{}, fmt.Errorf("target: %w", err)
	}

	if refusal := target.UpgradeableFrom(host); refusal != nil {
		return upgradeCheckResult{Refusal: refusal.Error()}, nil
	}

	return upgradeCheckResult{}, nil
}

type kubernetesCheckParams struct {
	Kubernetes string `json:"kubernetes"`
	Talos      string `json:"talos"`
}

// kubernetesCheck says whether a node of that version of Talos runs that version of Kubernetes.
func kubernetesCheck(params kubernetesCheckParams) (upgradeCheckResult, error) {
	talos, err := compatibility.ParseTalosVersion(&machineapi.VersionInfo{Tag: params.Talos})
	if err != nil {
		return upgradeCheckResult{}, fmt.Errorf("talos: %w", err)
	}

	kubernetes, err := compatibility.ParseKubernetesVersion(params.Kubernetes)
	if err != nil {
		return upgradeCheckResult{}, fmt.Errorf("kubernetes: %w", err)
	}

	if refusal := kubernetes.SupportedWith(talos); refusal != nil {
		return upgradeCheckResult{Refusal: refusal.Error()}, nil
	}

	return upgradeCheckResult{}, nil
}
