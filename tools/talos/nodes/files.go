package nodes

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/api/common"
	machineapi "github.com/siderolabs/talos/pkg/machinery/api/machine"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// chunkSize is how much of a file goes into one message (talos v1.12.0, pkg/chunker/stream).
const chunkSize = 1024

// only is the one node of a request whose answer is a file.
func only(stream grpc.ServerStream) (string, error) {
	targets, many, err := targetsOf(stream.Context())
	if err != nil {
		return "", err
	}

	if many && len(targets) > 1 {
		return "", status.Error(codes.InvalidArgument, "one node at a time")
	}

	return targets[0], nil
}

func (s *server) etcdSnapshot(stream grpc.ServerStream) error {
	var content snapshot

	if err := s.file(stream, &machineapi.EtcdSnapshotRequest{}, machineapi.MachineService_EtcdSnapshot_FullMethodName, &content); err != nil {
		return err
	}

	data, err := encodeSnapshot(content)
	if err != nil {
		return err
	}

	for len(data) > 0 {
		length := min(chunkSize, len(data))

		if err = stream.SendMsg(&common.Data{Bytes: data[:length]}); err != nil {
			return err
		}

		data = data[length:]
	}

	return nil
}

// kubeconfig comes as an archive, like every file that is copied from a node (v1alpha1_server.go, Kubeconfig).
func (s *server) kubeconfig(stream grpc.ServerStream) error {
	var content struct {
		Kubeconfig string `json:"kubeconfig"`
	}

	// Its request is empty, as EtcdSnapshot's is.
	if err := s.file(stream, &machineapi.EtcdSnapshotRequest{}, machineapi.MachineService_Kubeconfig_FullMethodName, &content); err != nil {
		return err
	}

	var packed bytes.Buffer

	zipped := gzip.NewWriter(&packed)
	archive := tar.NewWriter(zipped)

	err := archive.WriteHeader(&tar.Header{
		Typeflag: tar.TypeReg,
		Name:     "kubeconfig",
		Size:     int64(len(content.Kubeconfig)),
		ModTime:  time.Now(),
		Mode:     0o600,
	})
	if err != nil {
		return err
	}

	if _, err = io.WriteString(archive, content.Kubeconfig); err != nil {
		return err
	}

	if err = errors.Join(archive.Close(), zipped.Close()); err != nil {
		return err
	}

	return stream.SendMsg(&common.Data{Bytes: packed.Bytes()})
}

func (s *server) file(stream grpc.ServerStream, request any, method string, into any) error {
	if err := stream.RecvMsg(request); err != nil {
		return err
	}

	node, err := only(stream)
	if err != nil {
		return err
	}

	answer, err := s.ask(stream.Context(), message{Method: method}, node, nil)
	if err != nil {
		return err
	}

	return json.Unmarshal(answer, into)
}

// etcdRecover takes a snapshot in; the world gets what it holds.
func (s *server) etcdRecover(stream grpc.ServerStream) error {
	var data []byte

	for {
		var chunk common.Data

		err := stream.RecvMsg(&chunk)
		if errors.Is(err, io.EOF) {
			break
		}

		if err != nil {
			return err
		}

		data = append(data, chunk.Bytes...)
	}

	node, err := only(stream)
	if err != nil {
		return err
	}

	content, hashed, wrong := decodeSnapshot(data)
	params := map[string]any{"snapshot": content, "hashed": hashed}

	// The node takes any file, and finds out when it recovers from it.
	if wrong != nil {
		params = map[string]any{"damaged": wrong.Error()}
	}

	text, err := json.Marshal(params)
	if err != nil {
		return err
	}

	if _, err = s.ask(stream.Context(), message{Method: machineapi.MachineService_EtcdRecover_FullMethodName, Params: text}, node, nil); err != nil {
		return err
	}

	return stream.SendMsg(&machineapi.EtcdRecoverResponse{Messages: []*machineapi.EtcdRecover{{}}})
}
