// Package machinery lets the rehearsal ask Talos's own machinery library.
//
// It only translates: one JSON request a line on stdin, one JSON answer a line on stdout, until stdin ends.
//
//	{"id": 1, "method": "config.inspect", "params": {...}}
//	{"id": 1, "result": {...}}   or   {"id": 1, "error": {"message": "..."}}
//
// Requests are handled at the same time, so answers may come in another order. What a node, a provider or an engineer
// would decide does not belong here: the world decides, this answers what Talos's code says.
package machinery

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

type handler func(params json.RawMessage) (any, error)

var methods = map[string]handler{
	"version":                  method(version),
	"secrets.generate":         method(secretsGenerate),
	"config.generate":          method(configGenerate),
	"config.patch":             method(configPatch),
	"config.validate":          method(configValidate),
	"config.inspect":           method(configInspect),
	"config.changeNeedsReboot": method(changeNeedsReboot),
	"selector.match":           method(selectorMatch),
	"talosconfig.generate":     method(talosconfigGenerate),
	"kubeconfig.generate":      method(kubeconfigGenerate),
	"upgrade.check":            method(upgradeCheck),
	"certificate.server":       method(serverCertificate),
	"kubernetes.check":         method(kubernetesCheck),
}

// method wraps a typed function; a parameter it does not know is an error, so that a misspelt one is not ignored.
func method[P, R any](call func(P) (R, error)) handler {
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

func answer(line []byte) (out response) {
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

	call, known := methods[req.Method]
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
func Serve(in io.Reader, out io.Writer) error {
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
				res := answer(line)

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
