package nodes

import (
	"encoding/json"
	"sync"

	"github.com/siderolabs/talos/pkg/machinery/api/common"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// replies is the way back to a client. Of a request to several nodes every answer names its node, and a node's failure is an
// answer too: the client sees who failed beside those who did not (talos v1.12.0, internal/app/apid/pkg/backend/apid.go).
type replies struct {
	method protoreflect.MethodDescriptor
	stream grpc.ServerStream
	many   bool

	sending sync.Mutex
}

func (s *server) unary(out *replies, request message, targets []string) error {
	all, err := newMessage(out.method.Output())
	if err != nil {
		return err
	}

	parts := make([]proto.Message, len(targets))
	failures := make([]error, len(targets))

	var asking sync.WaitGroup

	for i, node := range targets {
		asking.Go(func() {
			var answer json.RawMessage

			if answer, failures[i] = s.ask(out.stream.Context(), request, node, nil); failures[i] == nil {
				parts[i], failures[i] = out.read(answer)
			}
		})
	}

	asking.Wait()

	for i, node := range targets {
		switch {
		case failures[i] == nil:
			out.name(parts[i], node)
		case out.many:
			parts[i] = out.failed(node, failures[i])
		default:
			return failures[i]
		}

		proto.Merge(all, parts[i])
	}

	return out.send(all)
}

func (s *server) streamed(out *replies, request message, targets []string) error {
	failures := make([]error, len(targets))

	var asking sync.WaitGroup

	for i, node := range targets {
		asking.Go(func() {
			_, failures[i] = s.ask(out.stream.Context(), request, node, func(item json.RawMessage) error {
				msg, err := out.read(item)
				if err != nil {
					return err
				}

				out.name(msg, node)

				return out.send(msg)
			})

			if failures[i] != nil && out.many {
				failures[i] = out.send(out.failed(node, failures[i]))
			}
		})
	}

	asking.Wait()

	for _, err := range failures {
		if err != nil {
			return err
		}
	}

	return nil
}

func (out *replies) read(answer json.RawMessage) (proto.Message, error) {
	msg, err := newMessage(out.method.Output())
	if err != nil {
		return nil, err
	}

	if len(answer) == 0 {
		answer = json.RawMessage("{}")
	}

	return msg, protojson.Unmarshal(answer, msg)
}

func (out *replies) send(msg proto.Message) error {
	out.sending.Lock()
	defer out.sending.Unlock()

	return out.stream.SendMsg(msg)
}

// name writes the node into an answer: into each of the messages of a unary one, or into the item of a stream.
func (out *replies) name(msg proto.Message, node string) {
	if out.many {
		out.mark(msg, &common.Metadata{Hostname: node})
	}
}

func (out *replies) failed(node string, err error) proto.Message {
	msg, _ := newMessage(out.method.Output()) //nolint:errcheck // it was found before

	if !out.method.IsStreamingServer() {
		if list := out.method.Output().Fields().ByName("messages"); list != nil {
			value := msg.ProtoReflect().Mutable(list).List()
			value.Append(value.NewElement())
		}
	}

	out.mark(msg, &common.Metadata{Hostname: node, Error: err.Error(), Status: status.Convert(err).Proto()})

	return msg
}

func (out *replies) mark(msg proto.Message, md *common.Metadata) {
	if out.method.IsStreamingServer() {
		setMetadata(msg.ProtoReflect(), md)

		return
	}

	if list := out.method.Output().Fields().ByName("messages"); list != nil {
		messages := msg.ProtoReflect().Get(list).List()

		for i := range messages.Len() {
			setMetadata(messages.Get(i).Message(), md)
		}
	}
}

func setMetadata(msg protoreflect.Message, md *common.Metadata) {
	if field := msg.Descriptor().Fields().ByName("metadata"); field != nil {
		msg.Set(field, protoreflect.ValueOfMessage(md.ProtoReflect()))
	}
}
