package machinery

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/siderolabs/net"
	machineapi "github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/compatibility"
	"github.com/siderolabs/talos/pkg/machinery/config/configpatcher"
	"github.com/siderolabs/talos/pkg/machinery/config/encoder"
	"github.com/siderolabs/talos/pkg/machinery/config/generate"
	"github.com/siderolabs/talos/pkg/machinery/config/machine"
	"github.com/siderolabs/talos/pkg/machinery/constants"
	"github.com/siderolabs/talos/pkg/machinery/gendata"
)

type versionParams struct{}

type versionResult struct {
	Machinery         string `json:"machinery"`
	KubernetesVersion string `json:"kubernetesVersion"` // the default of this Talos
}

func version(versionParams) (versionResult, error) {
	return versionResult{Machinery: gendata.VersionTag, KubernetesVersion: constants.DefaultKubernetesVersion}, nil
}

type machineConfiguration struct {
	MachineConfiguration string `json:"machineConfiguration"`
}

type generateParams struct {
	ClusterName       string         `json:"clusterName"`
	ClusterEndpoint   string         `json:"clusterEndpoint"`
	MachineType       string         `json:"machineType"`
	MachineSecrets    machineSecrets `json:"machineSecrets"`
	TalosVersion      string         `json:"talosVersion"`
	KubernetesVersion string         `json:"kubernetesVersion"`
	ConfigPatches     []string       `json:"configPatches"`
	Docs              bool           `json:"docs"`
	Examples          bool           `json:"examples"`
}

// configGenerate gives what the provider's machine configuration function gives: same defaults, same refusals
// (terraform-provider-talos, talos_machine_configuration data source).
func configGenerate(params generateParams) (machineConfiguration, error) {
	machineType, err := machine.ParseType(params.MachineType)
	if err != nil || (machineType != machine.TypeControlPlane && machineType != machine.TypeWorker) {
		return machineConfiguration{}, fmt.Errorf("machineType: %q is neither controlplane nor worker", params.MachineType)
	}

	if err = checkEndpoint(params.ClusterEndpoint); err != nil {
		return machineConfiguration{}, err
	}

	kubernetes := strings.TrimPrefix(params.KubernetesVersion, "v")
	if kubernetes == "" {
		kubernetes = constants.DefaultKubernetesVersion
	} else if err = checkVersions(params.TalosVersion, kubernetes); err != nil {
		return machineConfiguration{}, err
	}

	bundle, err := toBundle(params.MachineSecrets)
	if err != nil {
		return machineConfiguration{}, err
	}

	contract, err := versionContract(params.TalosVersion)
	if err != nil {
		return machineConfiguration{}, err
	}

	input, err := generate.NewInput(params.ClusterName, params.ClusterEndpoint, kubernetes,
		generate.WithVersionContract(contract),
		generate.WithSecretsBundle(bundle),
		generate.WithClusterDiscovery(true),
		generate.WithDNSDomain(constants.DefaultDNSDomain),
		generate.WithInstallDisk("/dev/sda"),
		generate.WithInstallImage(gendata.ImagesRegistry+"/"+gendata.ImagesUsername+"/installer:"+gendata.VersionTag),
	)
	if err != nil {
		return machineConfiguration{}, err
	}

	provider, err := input.Config(machineType)
	if err != nil {
		return machineConfiguration{}, err
	}

	patches, err := loadPatches(params.ConfigPatches)
	if err != nil {
		return machineConfiguration{}, err
	}

	patched, err := configpatcher.Apply(configpatcher.WithConfig(provider), patches)
	if err != nil {
		return machineConfiguration{}, err
	}

	if provider, err = patched.Config(); err != nil {
		return machineConfiguration{}, err
	}

	comments := encoder.CommentsDisabled
	if params.Docs {
		comments |= encoder.CommentsDocs
	}

	if params.Examples {
		comments |= encoder.CommentsExamples
	}

	text, err := provider.EncodeString(encoder.WithComments(comments))

	return machineConfiguration{text}, err
}

func checkEndpoint(endpoint string) error {
	parsed, err := url.Parse(endpoint)
	if err == nil && parsed.Scheme != "https" {
		err = fmt.Errorf("%q does not begin with https://", endpoint)
	}

	if err == nil {
		err = net.ValidateEndpointURI(endpoint)
	}

	if err != nil {
		return fmt.Errorf("clusterEndpoint: %w", err)
	}

	return nil
}

func checkVersions(talosVersion, kubernetesVersion string) error {
	if talosVersion == "" {
		talosVersion = gendata.VersionTag
	}

	talos, err := compatibility.ParseTalosVersion(&machineapi.VersionInfo{Tag: talosVersion})
	if err != nil {
		return fmt.Errorf("talosVersion: %w", err)
	}

	kubernetes, err := compatibility.ParseKubernetesVersion(kubernetesVersion)
	if err != nil {
		return fmt.Errorf("kubernetesVersion: %w", err)
	}

	return kubernetes.SupportedWith(talos)
}

type patchParams struct {
	MachineConfiguration string   `json:"machineConfiguration"`
	ConfigPatches        []string `json:"configPatches"`
}

// configPatch leaves a configuration without patches as it is, byte for byte, like the provider.
func configPatch(params patchParams) (machineConfiguration, error) {
	patches, err := loadPatches(params.ConfigPatches)
	if err != nil {
		return machineConfiguration{}, err
	}

	patched, err := configpatcher.Apply(configpatcher.WithBytes([]byte(params.MachineConfiguration)), patches)
	if err != nil {
		return machineConfiguration{}, err
	}

	text, err := patched.Bytes()

	return machineConfiguration{string(text)}, err
}

func loadPatches(texts []string) ([]configpatcher.Patch, error) {
	for i, text := range texts {
		// The library would read a file of that name. A patch comes in the request, never from this machine's disk.
		if strings.HasPrefix(text, "@") || !strings.ContainsAny(text, "\n {[") {
			return nil, fmt.Errorf("configPatches[%d]: not YAML or JSON: %.40q", i, text)
		}
	}

	patches, err := configpatcher.LoadPatches(texts)
	if err != nil {
		return nil, fmt.Errorf("configPatches: %w", err)
	}

	return patches, nil
}
