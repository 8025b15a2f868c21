package nodes

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"strings"
	"time"

	"github.com/cosi-project/runtime/api/v1alpha1"
	machineapi "github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/constants"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	// What a request may name has to be linked in: its messages are looked up by name.
	_ "github.com/siderolabs/talos/pkg/machinery/api/cluster"
	_ "github.com/siderolabs/talos/pkg/machinery/api/storage"
	_ "github.com/siderolabs/talos/pkg/machinery/api/time"
)

type server struct {
	world *world
	ends  *ends
}

func newServer(w *world, e *ends) *grpc.Server {
	certs := &certificates{world: w, ends: e, issued: map[string]*tls.Config{}}
	s := &server{world: w, ends: e}

	out := grpc.NewServer(
		grpc.Creds(credentials.NewTLS(&tls.Config{GetConfigForClient: certs.configForClient, MinVersion: tls.VersionTLS13})),
		grpc.MaxRecvMsgSize(constants.GRPCMaxMessageSize),
		// Whoever opens a connection and proves nothing does not keep it.
		grpc.ConnectionTimeout(20*time.Second),
		grpc.MaxConcurrentStreams(256),
		grpc.UnknownServiceHandler(s.handle),
	)

	v1alpha1.RegisterStateServer(out, &resources{server: s})

	return out
}

// handle answers every method of Talos's API by its descriptor, so that nothing here knows what a method means. The three
// whose streams carry files are told apart.
func (s *server) handle(_ any, stream grpc.ServerStream) error {
	name, _ := grpc.MethodFromServerStream(stream)

	method, err := describe(name)
	if err != nil {
		return err
	}

	switch name {
	case machineapi.MachineService_EtcdSnapshot_FullMethodName:
		return s.etcdSnapshot(stream)
	case machineapi.MachineService_EtcdRecover_FullMethodName:
		return s.etcdRecover(stream)
	case machineapi.MachineService_Kubeconfig_FullMethodName:
		return s.kubeconfig(stream)
	}

	if method.IsStreamingClient() {
		return status.Errorf(codes.Unimplemented, "method %s not implemented", method.Name())
	}

	request, err := newMessage(method.Input())
	if err != nil {
		return err
	}

	if err = stream.RecvMsg(request); err != nil {
		return err
	}

	params, err := protojson.Marshal(request)
	if err != nil {
		return err
	}

	targets, many, err := targetsOf(stream.Context())
	if err != nil {
		return err
	}

	out := &replies{method: method, stream: stream, many: many}

	if method.IsStreamingServer() {
		return s.streamed(out, message{Method: name, Params: params}, targets)
	}

	return s.unary(out, message{Method: name, Params: params}, targets)
}

// ask passes a request on to one node.
func (s *server) ask(ctx context.Context, request message, node string, each func(json.RawMessage) error) (json.RawMessage, error) {
	request.Node = node
	request.Via = s.ends.dialled(ctx)
	request.Authority = provedBy(ctx)

	return s.world.call(ctx, request, each)
}

func describe(fullMethod string) (protoreflect.MethodDescriptor, error) {
	name := strings.ReplaceAll(strings.TrimPrefix(fullMethod, "/"), "/", ".")

	found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(name))
	if err != nil {
		return nil, status.Errorf(codes.Unimplemented, "unknown service or method %s", fullMethod)
	}

	method, ok := found.(protoreflect.MethodDescriptor)
	if !ok {
		return nil, status.Errorf(codes.Unimplemented, "unknown method %s", fullMethod)
	}

	return method, nil
}

func newMessage(of protoreflect.MessageDescriptor) (proto.Message, error) {
	kind, err := protoregistry.GlobalTypes.FindMessageByName(of.FullName())
	if err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}

	return kind.New().Interface(), nil
}

// targetsOf reads for which nodes a request is, as apid's director does (talos v1.12.0, internal/app/apid/pkg/director).
// `many` is said of `nodes` alone: only then do the answers name their node.
func targetsOf(ctx context.Context) (targets []string, many bool, err error) {
	md, _ := metadata.FromIncomingContext(ctx)
	nodes, node := md["nodes"], md["node"]

	switch {
	case len(node) > 1:
		return nil, false, status.Error(codes.InvalidArgument, "node metadata must be single-valued")
	case len(nodes) > 0:
		return nodes, true, nil
	case len(node) == 1:
		return node, false, nil
	default:
		return []string{""}, false, nil
	}
}
