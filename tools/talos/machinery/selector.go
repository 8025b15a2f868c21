package machinery

import (
	"fmt"

	"github.com/siderolabs/talos/pkg/machinery/api/resource/definitions/block"
	"github.com/siderolabs/talos/pkg/machinery/cel"
	"github.com/siderolabs/talos/pkg/machinery/cel/celenv"
)

type disk struct {
	DevPath    string   `json:"devPath"`
	SizeBytes  uint64   `json:"sizeBytes"`
	Serial     string   `json:"serial"`
	WWID       string   `json:"wwid"`
	Model      string   `json:"model"`
	Transport  string   `json:"transport"`
	Rotational bool     `json:"rotational"`
	Readonly   bool     `json:"readonly"`
	CDROM      bool     `json:"cdrom"`
	BusPath    string   `json:"busPath"`
	Symlinks   []string `json:"symlinks"`
	SystemDisk bool     `json:"systemDisk"`
}

type selectorParams struct {
	Expression string `json:"expression"`
	Disks      []disk `json:"disks"`
}

type selectorResult struct {
	Matches []bool `json:"matches"`
}

// selectorMatch evaluates a disk selector in the environment that Talos evaluates it in, one answer for each disk.
func selectorMatch(params selectorParams) (selectorResult, error) {
	environment := celenv.DiskLocator()

	expression, err := cel.ParseBooleanExpression(params.Expression, environment)
	if err != nil {
		return selectorResult{}, fmt.Errorf("expression: %w", err)
	}

	result := selectorResult{Matches: make([]bool, len(params.Disks))}

	for i, d := range params.Disks {
		result.Matches[i], err = expression.EvalBool(environment, map[string]any{
			"system_disk": d.SystemDisk,
			"disk": &block.DiskSpec{
				DevPath:    d.DevPath,
				Size:       d.SizeBytes,
				Serial:     d.Serial,
				Wwid:       d.WWID,
				Model:      d.Model,
				Transport:  d.Transport,
				Rotational: d.Rotational,
				Readonly:   d.Readonly,
				Cdrom:      d.CDROM,
				BusPath:    d.BusPath,
				Symlinks:   d.Symlinks,
			},
		})
		if err != nil {
			return selectorResult{}, fmt.Errorf("expression on disk %d (%s): %w", i, d.DevPath, err)
		}
	}

	return result, nil
}
