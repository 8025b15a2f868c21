package machinery

import (
	"fmt"
	"strings"

	"github.com/hashicorp/go-multierror"
	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
	"github.com/siderolabs/talos/pkg/machinery/config/validation"
)

type validateParams struct {
	MachineConfiguration string `json:"machineConfiguration"`
	Mode                 string `json:"mode"`
	Strict               *bool  `json:"strict"`
}

type validateResult struct {
	Warnings []string `json:"warnings"`
	Errors   []string `json:"errors"`
}

// configValidate does what `talosctl validate --strict` does: warnings are errors unless strict is false.
func configValidate(params validateParams) (validateResult, error) {
	result := validateResult{Warnings: []string{}, Errors: []string{}}

	if params.Mode != "cloud" && params.Mode != "metal" {
		return result, fmt.Errorf("mode: %q is neither cloud nor metal", params.Mode)
	}

	provider, err := configloader.NewFromBytes([]byte(params.MachineConfiguration))
	if err != nil {
		result.Errors = append(result.Errors, err.Error())

		return result, nil
	}

	options := []validation.Option{validation.WithLocal()}
	if params.Strict == nil || *params.Strict {
		options = append(options, validation.WithStrict())
	}

	warnings, err := provider.Validate(platformMode(params.Mode), options...)
	result.Warnings = append(result.Warnings, warnings...)
	result.Errors = flatten(result.Errors, "", err)

	return result, nil
}

type platformMode string

func (m platformMode) String() string        { return string(m) }
func (m platformMode) RequiresInstall() bool { return m == "metal" }
func (m platformMode) InContainer() bool     { return false }

// flatten makes one line of each error in a tree of them, each with what its branch was prefixed with.
func flatten(into []string, prefix string, err error) []string {
	var branch []error

	switch e := err.(type) { //nolint:errorlint // it walks the tree itself
	case nil:
		return into
	case *multierror.Error:
		branch = e.WrappedErrors()
	case interface{ Unwrap() []error }:
		branch = e.Unwrap()
	case interface{ Unwrap() error }:
		inner := e.Unwrap()
		if outer, found := strings.CutSuffix(err.Error(), inner.Error()); found {
			return flatten(into, prefix+outer, inner)
		}
	}

	for _, one := range branch {
		into = flatten(into, prefix, one)
	}

	if len(branch) == 0 {
		into = append(into, prefix+err.Error())
	}

	return into
}
