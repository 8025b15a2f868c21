package nodes

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cosi-project/runtime/pkg/resource"
	"github.com/cosi-project/runtime/pkg/safe"
	machineapi "github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/client"
	"github.com/siderolabs/talos/pkg/machinery/resources/runtime"
	"go.etcd.io/bbolt"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func version(tag string) map[string]any {
	return map[string]any{"messages": []any{map[string]any{"version": map[string]any{"tag": tag}}}}
}

func TestEachNodeAnswersUnderItsName(t *testing.T) {
	n := start(t, func(request message, _ func(any)) (any, *failure) {
		if request.Node == "10.0.0.2" {
			return nil, &failure{"Unavailable", "no route to host"}
		}

		return version("of " + request.Node), nil
	})

	got, err := n.connect(t, n.bundle).Version(to(t, "10.0.0.1", "10.0.0.2", "10.0.0.3"))
	if got == nil || len(got.Messages) != 2 {
		t.Fatalf("messages are %v", got)
	}

	for i, node := range []string{"10.0.0.1", "10.0.0.3"} {
		if msg := got.Messages[i]; msg.Metadata.GetHostname() != node || msg.Version.Tag != "of "+node {
			t.Errorf("message %d is %v", i, msg)
		}
	}

	if err == nil || !strings.Contains(err.Error(), "10.0.0.2: rpc error: code = Unavailable desc = no route to host") {
		t.Errorf("error is %v", err)
	}

	for _, request := range n.drained() {
		if request.Method != "/machine.MachineService/Version" || request.Authority != inBase64(n.bundle.Certs.OS.Crt) {
			t.Errorf("the world was asked %+v", request)
		}
	}
}

func TestOneNodeAnswersForItself(t *testing.T) {
	n := start(t, func(request message, _ func(any)) (any, *failure) {
		if request.Node == "10.0.0.2" {
			return nil, &failure{"FailedPrecondition", "not yet"}
		}

		return version("v1"), nil
	})
	c := n.connect(t, n.bundle)

	got, err := c.Version(client.WithNode(t.Context(), "10.0.0.1"))
	if err != nil || got.Messages[0].Metadata != nil {
		t.Errorf("answer is %v, %v", got, err)
	}

	if _, err = c.Version(client.WithNode(t.Context(), "10.0.0.2")); status.Code(err) != codes.FailedPrecondition {
		t.Errorf("error is %v", err)
	}
}

func TestWhatTheWorldDoesNotKnow(t *testing.T) {
	n := start(t, func(message, func(any)) (any, *failure) {
		return nil, &failure{"Unimplemented", "method Memory not implemented"}
	})

	if _, err := n.connect(t, n.bundle).Memory(client.WithNode(t.Context(), "10.0.0.1")); status.Code(err) != codes.Unimplemented {
		t.Errorf("error is %v", err)
	}
}

func TestStrangersAreRefusedByEitherSide(t *testing.T) {
	n := start(t, func(message, func(any)) (any, *failure) { return version("v1"), nil })
	stranger := newBundle(t)

	_, err := n.connect(t, stranger).Version(to(t, "10.0.0.1"))
	if err == nil || !strings.Contains(err.Error(), "certificate signed by unknown authority") {
		t.Errorf("a client of another authority: %v", err)
	}

	// One that trusts this server and still is nobody to it.
	impostor := n.connectTrusting(t, stranger, n.bundle.Certs.OS.Crt)

	if _, err = impostor.Version(to(t, "10.0.0.1")); err == nil || !strings.Contains(err.Error(), "tls:") {
		t.Errorf("an impostor: %v", err)
	}

	if asked := n.drained(); len(asked) > 0 {
		t.Errorf("the world was asked %+v", asked)
	}
}

func TestEventsStream(t *testing.T) {
	n := start(t, func(_ message, item func(any)) (any, *failure) {
		item(map[string]any{})
		item(map[string]any{
			"id":      "00000000000000000001",
			"actorId": "actor-1",
			"data":    map[string]any{"@type": "talos/runtime/machine.PhaseEvent", "phase": "drain", "action": "START"},
		})

		return nil, &failure{"Unavailable", "error reading from server: EOF"}
	})
	events := make(chan client.EventResult, 10)

	if err := n.connect(t, n.bundle).EventsWatchV2(client.WithNode(t.Context(), "10.0.0.1"), events, client.WithTailEvents(-1)); err != nil {
		t.Fatal(err)
	}

	first := <-events
	if phase, ok := first.Event.Payload.(*machineapi.PhaseEvent); !ok || phase.Phase != "drain" || first.Event.ActorID != "actor-1" {
		t.Errorf("event is %+v", first)
	}

	if last := <-events; status.Code(last.Error) != codes.Unavailable {
		t.Errorf("the end is %+v", last)
	}

	if params := string(n.drained()[0].Params); !strings.Contains(strings.ReplaceAll(params, " ", ""), `"tailEvents":-1`) {
		t.Errorf("params are %s", params)
	}
}

func TestAClientThatGoesAwayIsTold(t *testing.T) {
	n := start(t, func(_ message, item func(any)) (any, *failure) {
		item(map[string]any{})

		return nil, nil
	})
	ctx := client.WithNode(t.Context(), "10.0.0.1")

	stream, err := n.connect(t, n.bundle).MachineClient.Events(ctx, &machineapi.EventsRequest{})
	if err != nil {
		t.Fatal(err)
	}

	if _, err = stream.Recv(); err != nil {
		t.Fatal(err)
	}

	other := n.connect(t, n.bundle)
	abandoned, err := other.MachineClient.Events(ctx, &machineapi.EventsRequest{})
	if err != nil {
		t.Fatal(err)
	}

	if _, err = abandoned.Recv(); err != nil {
		t.Fatal(err)
	}

	other.Close() //nolint:errcheck

	select {
	case gone := <-n.cancels:
		if gone == 0 {
			t.Error("the cancelled call has no id")
		}
	case <-time.After(20 * time.Second):
		t.Error("the world was not told")
	}
}

func TestResources(t *testing.T) {
	n := start(t, func(request message, _ func(any)) (any, *failure) {
		var params resourceParams
		if err := json.Unmarshal(request.Params, &params); err != nil {
			return nil, &failure{"Internal", err.Error()}
		}

		if params.Type != runtime.MachineStatusType {
			return map[string]any{"resources": []any{}}, nil
		}

		return map[string]any{"resources": []any{map[string]any{
			"metadata": map[string]any{
				"namespace": "runtime", "type": params.Type, "id": "machine", "version": "1", "phase": "running",
				"created": "2026-01-01T00:00:00Z", "updated": "2026-01-01T00:00:00Z",
			},
			"spec": map[string]any{"stage": "upgrading", "status": map[string]any{"ready": true, "unmetConditions": []any{}}},
		}}}, nil
	})
	c := n.connect(t, n.bundle)
	ctx := client.WithNode(t.Context(), "10.0.0.1")
	namespace := ""

	definition, err := c.ResolveResourceKind(ctx, &namespace, "machinestatus")
	if err != nil || namespace != "runtime" || definition.TypedSpec().Type != runtime.MachineStatusType {
		t.Fatalf("definition is %v, %v", definition, err)
	}

	got, err := safe.StateGet[*runtime.MachineStatus](ctx, c.COSI, resource.NewMetadata("runtime", runtime.MachineStatusType, "machine", resource.VersionUndefined))
	if err != nil || got.TypedSpec().Stage != runtime.MachineStageUpgrading || !got.TypedSpec().Status.Ready {
		t.Errorf("resource is %v, %v", got, err)
	}

	if _, err = c.COSI.List(to(t, "10.0.0.1", "10.0.0.2"), got.Metadata()); status.Code(err) != codes.InvalidArgument {
		t.Errorf("several nodes: %v", err)
	}
}

func TestSnapshotIsARealOne(t *testing.T) {
	content := snapshot{Revision: 1040, Entries: []entry{{"/registry/b", "2"}, {"/registry/a", "1"}}}
	n := start(t, func(request message, _ func(any)) (any, *failure) {
		if request.Method == machineapi.MachineService_EtcdRecover_FullMethodName {
			return map[string]any{}, nil
		}

		return content, nil
	})
	c := n.connect(t, n.bundle)

	stream, err := c.EtcdSnapshot(to(t, "10.0.0.1"), &machineapi.EtcdSnapshotRequest{})
	if err != nil {
		t.Fatal(err)
	}

	data, err := io.ReadAll(stream)
	if err != nil || len(data)%512 != 32 {
		t.Fatalf("%d bytes, %v", len(data), err)
	}

	file := filepath.Join(t.TempDir(), "db")
	if err = os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}

	db, err := bbolt.Open(file, 0o400, &bbolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}

	err = db.View(func(tx *bbolt.Tx) error {
		for problem := range tx.Check() {
			return problem
		}

		return nil
	})
	if err = errors.Join(err, db.Close()); err != nil {
		t.Error(err)
	}

	n.drained()

	if _, err = c.EtcdRecover(to(t, "10.0.0.1"), bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}

	var uploaded struct {
		Snapshot snapshot `json:"snapshot"`
		Hashed   bool     `json:"hashed"`
	}
	if err = json.Unmarshal(n.drained()[0].Params, &uploaded); err != nil {
		t.Fatal(err)
	}

	if !uploaded.Hashed || uploaded.Snapshot.Revision != 1040 || len(uploaded.Snapshot.Entries) != 2 || uploaded.Snapshot.Entries[1] != content.Entries[1] {
		t.Errorf("uploaded %+v", uploaded)
	}
}

func TestDamagedSnapshots(t *testing.T) {
	whole, err := encodeSnapshot(snapshot{Revision: 7, Entries: []entry{{"/a", "1"}}})
	if err != nil {
		t.Fatal(err)
	}

	if _, hashed, err := decodeSnapshot(whole[:len(whole)-32]); err != nil || hashed {
		t.Errorf("a copy of the database: hashed %v, %v", hashed, err)
	}

	other := bytes.Clone(whole)
	other[len(other)-1] ^= 1

	if _, hashed, err := decodeSnapshot(other); err != nil || hashed {
		t.Errorf("a wrong sum: hashed %v, %v", hashed, err)
	}

	if _, _, err := decodeSnapshot([]byte("no database")); err == nil {
		t.Error("something else was read as a snapshot")
	}
}
