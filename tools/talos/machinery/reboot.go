package machinery

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
	"github.com/siderolabs/talos/pkg/machinery/config/encoder"
	"go.yaml.in/yaml/v4"
)

// What a running node takes over without a reboot. The rule is Talos's CanApplyImmediate (talos v1.12.0,
// internal/app/machined/pkg/runtime/v1alpha1/v1alpha1_runtime.go): these parts of the v1alpha1 document may change, and
// any other document may; the auto mode reboots for the rest.
var appliedImmediately = []string{
	"debug",
	"cluster",
	"machine.acceptedCAs",
	"machine.ca",
	"machine.certSANs",
	"machine.controlPlane",
	"machine.features.hostDNS",
	"machine.features.imageCache",
	"machine.features.kubePrism",
	"machine.features.kubernetesTalosAPIAccess",
	"machine.features.nodeAddressSortAlgorithm",
	"machine.install",
	"machine.kernel",
	"machine.kubelet",
	"machine.logging",
	"machine.network",
	"machine.nodeAnnotations",
	"machine.nodeLabels",
	"machine.nodeTaints",
	"machine.pods",
	"machine.registries",
	"machine.seccompProfiles",
	"machine.sysctls",
	"machine.sysfs",
	"machine.time",
}

type rebootParams struct {
	Current string `json:"current"`
	Next    string `json:"next"`
}

type rebootResult struct {
	NeedsReboot bool   `json:"needsReboot"`
	Why         string `json:"why,omitempty"`
}

func changeNeedsReboot(params rebootParams) (rebootResult, error) {
	current, err := fixedParts(params.Current)
	if err != nil {
		return rebootResult{}, fmt.Errorf("current: %w", err)
	}

	next, err := fixedParts(params.Next)
	if err != nil {
		return rebootResult{}, fmt.Errorf("next: %w", err)
	}

	if changed := differences("", current, next); len(changed) > 0 {
		return rebootResult{true, "cannot be applied without a reboot: " + strings.Join(changed, ", ")}, nil
	}

	return rebootResult{}, nil
}

// fixedParts is the v1alpha1 document less what may change at any time.
func fixedParts(text string) (map[string]any, error) {
	provider, err := configloader.NewFromBytes([]byte(text))
	if err != nil {
		return nil, err
	}

	document := provider.RawV1Alpha1()
	if document == nil {
		return nil, fmt.Errorf("no v1alpha1 document")
	}

	encoded, err := encoder.NewEncoder(document, encoder.WithComments(encoder.CommentsDisabled)).Encode()
	if err != nil {
		return nil, err
	}

	var tree map[string]any
	if err = yaml.Unmarshal(encoded, &tree); err != nil {
		return nil, err
	}

	for _, path := range appliedImmediately {
		keys := strings.Split(path, ".")
		parent := tree

		for _, key := range keys[:len(keys)-1] {
			parent, _ = parent[key].(map[string]any) // nil when absent; delete on a nil map does nothing
		}

		delete(parent, keys[len(keys)-1])
	}

	return tree, nil
}

// differences names the paths at which two trees differ, without their values: those may be secrets.
func differences(path string, a, b any) []string {
	if reflect.DeepEqual(a, b) {
		return nil
	}

	left, leftIsMap := a.(map[string]any)
	right, rightIsMap := b.(map[string]any)

	if !leftIsMap || !rightIsMap {
		return []string{path}
	}

	var paths []string

	for key := range left {
		paths = append(paths, differences(path+"."+key, left[key], right[key])...)
	}

	for key := range right {
		if _, both := left[key]; !both {
			paths = append(paths, path+"."+key)
		}
	}

	slices.Sort(paths)

	return paths
}
