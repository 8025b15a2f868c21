package client

import (
	"context"

	"github.com/cosi-project/runtime/pkg/safe"
	machineapi "github.com/siderolabs/talos/pkg/machinery/api/machine"
	talos "github.com/siderolabs/talos/pkg/machinery/client"
	"github.com/siderolabs/talos/pkg/machinery/constants"
	"github.com/siderolabs/talos/pkg/machinery/resources/block"
	"google.golang.org/protobuf/types/known/emptypb"
)

// healthResult is what the provider's health checks ask of a control plane (talos v1.13.0: pkg/cluster/check, PreBootSequenceChecks).
type healthResult struct {
	Etcd      bool     `json:"etcd"`
	Members   []string `json:"members"`
	MemoryKiB uint64   `json:"memoryKiB"`
	Ephemeral string   `json:"ephemeral"`
}

func health(ctx context.Context, c *talos.Client, _ params) (healthResult, error) {
	var found healthResult

	services, err := c.ServiceInfo(ctx, "etcd")
	if err != nil {
		return found, err
	}

	found.Etcd = len(services) == 1 && services[0].Service.Health.Healthy

	members, err := c.EtcdMemberList(ctx, &machineapi.EtcdMemberListRequest{})
	if err != nil {
		return found, err
	}

	for _, each := range members.Messages[0].Members {
		found.Members = append(found.Members, each.Hostname)
	}

	memory, err := c.MachineClient.Memory(ctx, &emptypb.Empty{})
	if err != nil {
		return found, err
	}

	found.MemoryKiB = memory.Messages[0].Meminfo.Memtotal

	volume, err := safe.StateGetByID[*block.VolumeStatus](ctx, c.COSI, constants.EphemeralPartitionLabel)
	if err != nil {
		return found, err
	}

	found.Ephemeral = volume.TypedSpec().PrettySize

	return found, nil
}
