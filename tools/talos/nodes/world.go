package nodes

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// message is a line of the protocol, in either direction.
type message struct {
	Listen    string          `json:"listen,omitempty"`
	Listening string          `json:"listening,omitempty"`
	Via       string          `json:"via,omitempty"`
	Call      uint64          `json:"call,omitempty"`
	Cancel    uint64          `json:"cancel,omitempty"`
	Method    string          `json:"method,omitempty"`
	Node      string          `json:"node,omitempty"`
	Authority string          `json:"authority,omitempty"`
	Params    json.RawMessage `json:"params,omitempty"`
	Item      json.RawMessage `json:"item,omitempty"`
	Result    json.RawMessage `json:"result,omitempty"`
	Error     *failure        `json:"error,omitempty"`
}

type failure struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// world is the process that decides.
type world struct {
	in  io.Reader
	out io.Writer

	mu   sync.Mutex
	last uint64
	open map[uint64]*answers
}

// answers queues what the world says to one call, however slowly the client takes it.
type answers struct {
	mu     sync.Mutex
	queued []message
	more   chan struct{}
}

func (a *answers) put(msg message) {
	a.mu.Lock()
	a.queued = append(a.queued, msg)
	a.mu.Unlock()

	select {
	case a.more <- struct{}{}:
	default:
	}
}

func (a *answers) take() []message {
	a.mu.Lock()
	defer a.mu.Unlock()

	taken := a.queued
	a.queued = nil

	return taken
}

func newWorld(in io.Reader, out io.Writer) *world {
	return &world{in: in, out: out, open: map[uint64]*answers{}}
}

func (w *world) send(msg message) {
	line, err := json.Marshal(msg)
	if err != nil {
		panic(err) // every field can be marshalled
	}

	w.mu.Lock()
	defer w.mu.Unlock()

	w.out.Write(append(line, '\n')) //nolint:errcheck // the world has gone: stdin will end next
}

// listen hands out what the world says until it has nothing more to say; each address that it wants an end for goes to wanted.
func (w *world) listen(wanted func(address string) error) error {
	reader := bufio.NewReaderSize(w.in, 1<<16)

	for {
		line, err := reader.ReadBytes('\n') // a snapshot makes a long line

		if line = bytes.TrimSpace(line); len(line) > 0 {
			var msg message

			if wrong := json.Unmarshal(line, &msg); wrong != nil {
				return fmt.Errorf("the world said something else than JSON: %w", wrong)
			}

			if msg.Listen != "" {
				if wrong := wanted(msg.Listen); wrong != nil {
					return wrong
				}

				continue
			}

			w.mu.Lock()
			waiting := w.open[msg.Call]
			w.mu.Unlock()

			if waiting != nil {
				waiting.put(msg)
			}
		}

		if errors.Is(err, io.EOF) {
			return nil
		}

		if err != nil {
			return err
		}
	}
}

// call asks the world and hands every item to each; it returns the result. A world that answers with an error makes it a
// status of that code.
func (w *world) call(ctx context.Context, request message, each func(json.RawMessage) error) (json.RawMessage, error) {
	waiting := &answers{more: make(chan struct{}, 1)}

	w.mu.Lock()
	w.last++
	id := w.last
	w.open[id] = waiting
	w.mu.Unlock()

	defer func() {
		w.mu.Lock()
		delete(w.open, id)
		w.mu.Unlock()
	}()

	request.Call = id
	w.send(request)

	for {
		select {
		case <-ctx.Done():
			w.send(message{Cancel: id})

			return nil, status.FromContextError(ctx.Err()).Err()
		case <-waiting.more:
		}

		for _, msg := range waiting.take() {
			switch {
			case msg.Error != nil:
				return nil, status.Error(codeOf(msg.Error.Code), msg.Error.Message)
			case msg.Item != nil:
				if err := each(msg.Item); err != nil {
					w.send(message{Cancel: id})

					return nil, err
				}
			default:
				return msg.Result, nil
			}
		}
	}
}

func codeOf(name string) codes.Code {
	for code := codes.OK; code <= codes.Unauthenticated; code++ {
		if code.String() == name {
			return code
		}
	}

	return codes.Unknown
}
