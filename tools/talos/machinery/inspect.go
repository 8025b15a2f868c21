package machinery

import (
	"fmt"
	"strings"

	"github.com/siderolabs/gen/optional"
	"github.com/siderolabs/talos/pkg/machinery/config"
	coreconfig "github.com/siderolabs/talos/pkg/machinery/config/config"
	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
	"github.com/siderolabs/talos/pkg/machinery/resources/block"
)

type mount struct {
	Destination string   `json:"destination"`
	Source      string   `json:"source"`
	Type        string   `json:"type"`
	Options     []string `json:"options"`
}

type volume struct {
	Kind         string  `json:"kind,omitempty"` // of other volumes: VolumeConfig, RawVolumeConfig, SwapVolumeConfig
	Name         string  `json:"name"`
	VolumeType   string  `json:"volumeType,omitempty"` // of user volumes: partition, disk or directory
	DiskSelector string  `json:"diskSelector"`         // CEL; empty when not given
	MinSizeBytes *uint64 `json:"minSizeBytes"`
	MaxSizeBytes *uint64 `json:"maxSizeBytes"`
	Grow         *bool   `json:"grow"`
	Filesystem   string  `json:"filesystem,omitempty"`
}

type inspected struct {
	MachineType                    string            `json:"machineType"`
	Hostname                       string            `json:"hostname"`
	HostnameAuto                   string            `json:"hostnameAuto"`
	ClusterName                    string            `json:"clusterName"`
	ClusterID                      string            `json:"clusterId"`
	ClusterEndpoint                string            `json:"clusterEndpoint"`
	Token                          string            `json:"token"`
	KubernetesVersion              string            `json:"kubernetesVersion"` // the tag of the kubelet's image
	KubeletImage                   string            `json:"kubeletImage"`
	APIServerVersion               string            `json:"apiServerVersion,omitempty"` // of a control plane: the tag of its API server's image
	InstallImage                   string            `json:"installImage"`
	InstallDisk                    string            `json:"installDisk"`
	InstallDiskSelectorExpr        string            `json:"installDiskSelectorExpr,omitempty"` // CEL
	AllowSchedulingOnControlPlanes bool              `json:"allowSchedulingOnControlPlanes"`
	KubeletExtraMounts             []mount           `json:"kubeletExtraMounts"`
	NodeIPSubnets                  []string          `json:"nodeIPSubnets"` // machine.kubelet.nodeIP.validSubnets
	NodeLabels                     map[string]string `json:"nodeLabels"`
	NodeTaints                     map[string]string `json:"nodeTaints"`
	CertSANs                       []string          `json:"certSANs"`
	Addresses                      []string          `json:"addresses"`
	Gateways                       []string          `json:"gateways"`
	Nameservers                    []string          `json:"nameservers"`
	VIP                            string            `json:"vip,omitempty"`
	Interfaces                     []link            `json:"interfaces"`
	UserVolumes                    []volume          `json:"userVolumes"`
	OtherVolumes                   []volume          `json:"otherVolumes"`
	MachineDisks                   []string          `json:"machineDisks"` // devices of the deprecated machine.disks
	Sysctls                        map[string]string `json:"sysctls"`
	PodSecurityDefault             string            `json:"podSecurityDefault,omitempty"`
	Documents                      []string          `json:"documents"` // kind, or kind/name
}

// configInspect reads a configuration through the interfaces that Talos's controllers read it through, which answer from
// the v1alpha1 document and from the newer ones alike.
func configInspect(params machineConfiguration) (inspected, error) {
	cfg, err := configloader.NewFromBytes([]byte(params.MachineConfiguration))
	if err != nil {
		return inspected{}, err
	}

	if cfg.RawV1Alpha1() == nil {
		return inspected{}, fmt.Errorf("no v1alpha1 document")
	}

	machine, cluster := cfg.Machine(), cfg.Cluster()
	out := inspected{
		MachineType:                    machine.Type().String(),
		ClusterName:                    cluster.Name(),
		ClusterID:                      cluster.ID(),
		Token:                          machine.Security().Token(),
		KubeletImage:                   machine.Kubelet().Image(),
		KubernetesVersion:              imageTag(machine.Kubelet().Image()),
		InstallImage:                   machine.Install().Image(),
		InstallDisk:                    machine.Install().Disk(),
		AllowSchedulingOnControlPlanes: cluster.ScheduleOnControlPlanes(),
		KubeletExtraMounts:             []mount{},
		NodeIPSubnets:                  append([]string{}, machine.Kubelet().NodeIP().ValidSubnets()...),
		NodeLabels:                     orEmpty(machine.NodeLabels()),
		NodeTaints:                     orEmpty(machine.NodeTaints()),
		CertSANs:                       append([]string{}, machine.Security().CertSANs()...),
		MachineDisks:                   []string{},
		Sysctls:                        orEmpty(machine.Sysctls()),
		PodSecurityDefault:             podSecurityDefault(cluster),
		UserVolumes:                    []volume{},
		OtherVolumes:                   []volume{},
		Documents:                      []string{},
	}

	if machine.Type().IsControlPlane() {
		out.APIServerVersion = imageTag(cluster.APIServer().Image())
	}

	if endpoint := cluster.Endpoint(); endpoint != nil {
		out.ClusterEndpoint = endpoint.String()
	}

	selector, err := machine.Install().DiskMatchExpression()
	if err != nil {
		return inspected{}, fmt.Errorf("machine.install.diskSelector: %w", err)
	}

	if selector != nil {
		out.InstallDiskSelectorExpr = selector.String()
	}

	if hostname := cfg.NetworkHostnameConfig(); hostname != nil {
		out.Hostname, out.HostnameAuto = hostname.Hostname(), hostname.AutoHostname().String()
	}

	for _, m := range machine.Kubelet().ExtraMounts() {
		out.KubeletExtraMounts = append(out.KubeletExtraMounts, mount{m.Destination, m.Source, m.Type, append([]string{}, m.Options...)})
	}

	for _, d := range machine.Disks() {
		out.MachineDisks = append(out.MachineDisks, d.Device())
	}

	inspectVolumes(cfg, &out)
	inspectNetwork(cfg, &out)

	return out, nil
}

func inspectVolumes(cfg config.Provider, out *inspected) {
	for _, v := range cfg.UserVolumeConfigs() {
		found := fromProvisioning("", v.Name(), v.Provisioning())
		found.VolumeType = v.Type().ValueOr(block.VolumeTypePartition).String()
		found.Filesystem = v.Filesystem().Type().String()
		out.UserVolumes = append(out.UserVolumes, found)
	}

	for _, document := range cfg.Documents() {
		id := document.Kind()

		if named, ok := document.(coreconfig.NamedDocument); ok {
			id += "/" + named.Name()

			provisioned, ok := document.(interface {
				Provisioning() coreconfig.VolumeProvisioningConfig
			})
			if _, isUser := document.(coreconfig.UserVolumeConfig); ok && !isUser {
				out.OtherVolumes = append(out.OtherVolumes, fromProvisioning(document.Kind(), named.Name(), provisioned.Provisioning()))
			}
		}

		out.Documents = append(out.Documents, id)
	}
}

func fromProvisioning(kind, name string, p coreconfig.VolumeProvisioningConfig) volume {
	out := volume{Kind: kind, Name: name, MinSizeBytes: pointer(p.MinSize()), MaxSizeBytes: pointer(p.MaxSize()), Grow: pointer(p.Grow())}

	if selector, given := p.DiskSelector().Get(); given && !selector.IsZero() {
		out.DiskSelector = selector.String()
	}

	return out
}

func podSecurityDefault(cluster coreconfig.ClusterConfig) string {
	for _, plugin := range cluster.APIServer().AdmissionControl() {
		if plugin.Name() == "PodSecurity" {
			defaults, _ := plugin.Configuration()["defaults"].(map[string]any)
			level, _ := defaults["enforce"].(string)

			return level
		}
	}

	return ""
}

func imageTag(image string) string {
	name, _, _ := strings.Cut(image, "@")
	if at := strings.LastIndex(name, ":"); at > strings.LastIndex(name, "/") {
		return name[at+1:]
	}

	return ""
}

func pointer[T any](value optional.Optional[T]) *T {
	if v, given := value.Get(); given {
		return &v
	}

	return nil
}

func orEmpty[M ~map[string]string](m M) map[string]string {
	if m == nil {
		return map[string]string{}
	}

	return m
}
