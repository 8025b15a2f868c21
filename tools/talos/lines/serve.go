// Package lines answers JSON lines by method: one request a line, one answer a line, until there are no more.
//
//	{"id": 1, "method": "config.inspect", "params": {...}}
//	{"id": 1, "result": {...}}   or   {"id": 1, "error": {"message": "..."}}
//
// Requests are handled at the same time, so answers may come in another order.
package lines

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// Handler answers one method.
type Handler func(params json.RawMessage) (any, error)

// Methods are handlers by name.
type Methods map[string]Handler

// Method wraps a typed function; a parameter it does not know is an error, so that a misspelt one is not ignored.
func Method[P, R any](call func(P) (R, error)) Handler {
	return func(raw json.RawMessage) (any, error) {
		var params P

		if len(raw) > 0 {
			decoder := json.NewDecoder(bytes.NewReader(raw))
			decoder.DisallowUnknownFields()

			if err := decoder.Decode(&params); err != nil {
				return nil, fmt.Errorf("params: %w", err)
			}
		}

		return call(params)
	}
}

type request struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
}

type failure struct {
	Message string `json:"message"`
}

type response struct {
	ID     json.RawMessage `json:"id"`
	Result any             `json:"result,omitempty"`
	Error  *failure        `json:"error,omitempty"`
}

func (m Methods) answer(line []byte) (out response) {
	// A bug in one answer must not take the process, and with it a whole rehearsal, down.
	defer func() {
		if caught := recover(); caught != nil {
			out = response{ID: out.ID, Error: &failure{fmt.Sprintf("internal error: %v", caught)}}
		}
	}()

	var req request
	if err := json.Unmarshal(line, &req); err != nil {
		return response{Error: &failure{"not a JSON request: " + err.Error()}}
	}

	out.ID = req.ID

	call, known := m[req.Method]
	if !known {
		out.Error = &failure{fmt.Sprintf("unknown method %q", req.Method)}

		return out
	}

	result, err := call(req.Params)
	if err != nil {
		out.Error = &failure{err.Error()}

		return out
	}

	out.Result = result

	return out
}

// Serve answers every line of in on out, and returns when in has ended and the last answer is written.
func (m Methods) Serve(in io.Reader, out io.Writer) error {
	var (
		writing sync.Mutex
		pending sync.WaitGroup
	)

	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)

	reader := bufio.NewReaderSize(in, 1<<16)

	for {
		line, err := reader.ReadBytes('\n') // a line may be of any length: configs are tens of kilobytes

		if line = bytes.TrimSpace(line); len(line) > 0 {
			pending.Go(func() {
				res := m.answer(line)

				writing.Lock()
				defer writing.Unlock()

				_ = encoder.Encode(res) //nolint:errcheck // the reader has gone: stdin will end next
			})
		}

		if err != nil {
			pending.Wait()

			if errors.Is(err, io.EOF) {
				return nil
			}

			return err
		}
	}
}
