package nodes

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/cosi-project/runtime/api/v1alpha1"
	"github.com/cosi-project/runtime/pkg/resource"
	"github.com/cosi-project/runtime/pkg/resource/meta"
	"github.com/cosi-project/runtime/pkg/resource/protobuf"
	"go.yaml.in/yaml/v4"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	// The resources that the world may speak of, registered by their packages.
	"github.com/siderolabs/talos/pkg/machinery/resources/block"
	"github.com/siderolabs/talos/pkg/machinery/resources/cluster"
	"github.com/siderolabs/talos/pkg/machinery/resources/etcd"
	"github.com/siderolabs/talos/pkg/machinery/resources/k8s"
	"github.com/siderolabs/talos/pkg/machinery/resources/runtime"
)

// resources is the COSI side of the API: `talosctl get`. The world says what there is, in the YAML form of the resources;
// their types, and with them the names that a user may give, are the machinery library's.
type resources struct {
	v1alpha1.UnimplementedStateServer

	*server
}

// kind is a type of resource: its definition, and an empty one of it.
type kind struct {
	definition meta.ResourceDefinitionProvider
	empty      func() resource.Resource
}

var kinds = []kind{
	{meta.ResourceDefinitionExtension{}, func() resource.Resource { return &meta.ResourceDefinition{} }},
	{runtime.MachineStatusExtension{}, func() resource.Resource { return runtime.NewMachineStatus() }},
	{runtime.ExtensionStatusExtension{}, func() resource.Resource { return runtime.NewExtensionStatus("", "") }},
	{block.DiskExtension{}, func() resource.Resource { return block.NewDisk("", "") }},
	{block.SystemDiskExtension{}, func() resource.Resource { return block.NewSystemDisk("", "") }},
	{block.VolumeStatusExtension{}, func() resource.Resource { return block.NewVolumeStatus("", "") }},
	{block.MountStatusExtension{}, func() resource.Resource { return block.NewMountStatus("", "") }},
	{cluster.MemberExtension{}, func() resource.Resource { return cluster.NewMember("", "") }},
	{etcd.MemberExtension{}, func() resource.Resource { return etcd.NewMember("", "") }},
	{k8s.NodenameExtension{}, func() resource.Resource { return k8s.NewNodename("", "") }},
	{k8s.NodeStatusExtension{}, func() resource.Resource { return k8s.NewNodeStatus("", "") }},
}

type resourceParams struct {
	Namespace string `json:"namespace"`
	Type      string `json:"type"`
	ID        string `json:"id,omitempty"`
}

func (r *resources) Get(ctx context.Context, req *v1alpha1.GetRequest) (*v1alpha1.GetResponse, error) {
	found, err := r.find(ctx, "Get", resourceParams{req.Namespace, req.Type, req.Id})
	if err != nil {
		return nil, err
	}

	if len(found) != 1 {
		return nil, status.Errorf(codes.NotFound, "resource %s(%s/%s@undefined) doesn't exist", req.Type, req.Namespace, req.Id)
	}

	return &v1alpha1.GetResponse{Resource: found[0]}, nil
}

func (r *resources) List(req *v1alpha1.ListRequest, stream v1alpha1.State_ListServer) error {
	found, err := r.find(stream.Context(), "List", resourceParams{req.Namespace, req.Type, ""})
	if err != nil {
		return err
	}

	for _, each := range found {
		if err = stream.Send(&v1alpha1.ListResponse{Resource: each}); err != nil {
			return err
		}
	}

	return nil
}

func (r *resources) find(ctx context.Context, verb string, wanted resourceParams) ([]*v1alpha1.Resource, error) {
	targets, many, err := targetsOf(ctx)
	if err != nil {
		return nil, err
	}

	if many {
		return nil, status.Error(codes.InvalidArgument, "one-2-many proxying is not supported for COSI methods")
	}

	params, err := json.Marshal(wanted)
	if err != nil {
		return nil, err
	}

	answer, err := r.ask(ctx, message{Method: "/cosi.resource.State/" + verb, Params: params}, targets[0], nil)
	if err != nil {
		return nil, err
	}

	if wanted.Type == meta.ResourceDefinitionType {
		return definitionsNamed(wanted.ID)
	}

	var listed struct {
		Resources []described `yaml:"resources"`
	}

	if err = yaml.Unmarshal(answer, &listed); err != nil {
		return nil, err
	}

	found := make([]*v1alpha1.Resource, len(listed.Resources))

	for i, each := range listed.Resources {
		if found[i], err = each.encode(); err != nil {
			return nil, status.Error(codes.Internal, err.Error())
		}
	}

	return found, nil
}

// described is a resource in the form in which `talosctl get -o yaml` prints it.
type described struct {
	Metadata resource.Metadata `yaml:"metadata"`
	Spec     yaml.Node         `yaml:"spec"`
}

func (d described) encode() (*v1alpha1.Resource, error) {
	for _, each := range kinds {
		if each.definition.ResourceDefinition().Type != d.Metadata.Type() {
			continue
		}

		made := each.empty()
		*made.Metadata() = d.Metadata

		if err := d.Spec.Decode(made.Spec()); err != nil {
			return nil, fmt.Errorf("%s: %w", d.Metadata.Type(), err)
		}

		return encode(made)
	}

	return nil, fmt.Errorf("resources of type %s are not known here", d.Metadata.Type())
}

func definitionsNamed(id string) ([]*v1alpha1.Resource, error) {
	var found []*v1alpha1.Resource

	for _, each := range kinds {
		definition, err := meta.NewResourceDefinition(each.definition.ResourceDefinition())
		if err != nil {
			return nil, err
		}

		if id != "" && !strings.EqualFold(id, definition.Metadata().ID()) {
			continue
		}

		encoded, err := encode(definition)
		if err != nil {
			return nil, err
		}

		found = append(found, encoded)
	}

	return found, nil
}

func encode(r resource.Resource) (*v1alpha1.Resource, error) {
	message, err := protobuf.FromResource(r)
	if err != nil {
		return nil, err
	}

	return message.Marshal()
}
