// Command pulumi-resource-proxmoxve is the Pulumi plugin "proxmoxve" for machines that cannot download the published one.
//
// It bridges bpg's Terraform provider, the same code that the published plugin bridges, but only the resources that this
// project uses; it is for the rehearsal, and reports the version that the npm package asks the engine for.
//
//	pulumi-resource-proxmoxve schema --out DIR   writes the files that the plugin needs beside it
//	pulumi-resource-proxmoxve ADDRESS            serves the plugin protocol (the engine starts it so)
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/bpg/terraform-provider-proxmox/fwprovider"
	"github.com/bpg/terraform-provider-proxmox/proxmoxtf/provider"
	pftfbridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	pftfgen "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfgen"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
)

const (
	name            = "proxmoxve"
	sdkVersion      = "8.6.0"   // of the npm package @muhlba91/pulumi-proxmoxve
	upstreamVersion = "0.112.0" // of bpg's provider, as in go.mod
	schemaFile      = "schema.json"
	metadataFile    = "bridge-metadata.json"
)

// resources gives each upstream resource in use the token that the npm package registers it under.
var resources = map[string]*tfbridge.ResourceInfo{
	"proxmox_virtual_environment_vm": {Tok: "proxmoxve:index/vmLegacy:VmLegacy"},
	"proxmox_download_file":          {Tok: "proxmoxve:download/file:File"},
}

// dataSources are the questions that the program asks before it makes anything.
var dataSources = map[string]*tfbridge.DataSourceInfo{
	"proxmox_virtual_environment_vms": {Tok: "proxmoxve:index/getVmsLegacy:getVmsLegacy"},
}

func providerInfo(metadata []byte) tfbridge.ProviderInfo {
	upstream := pftfbridge.MuxShimWithPF(
		context.Background(),
		shimv2.NewProvider(provider.ProxmoxVirtualEnvironment()),
		fwprovider.New(upstreamVersion)(),
	)

	info := tfbridge.ProviderInfo{
		P:              upstream,
		Name:           name,
		ResourcePrefix: "proxmox",
		Version:        sdkVersion,
		GitHubOrg:      "bpg",
		Resources:      resources,
		DataSources:    dataSources,
		MetadataInfo:   tfbridge.NewProviderMetadata(metadata),
	}

	ignore := func(unused string, _ shim.Resource) bool {
		info.IgnoreMappings = append(info.IgnoreMappings, unused)

		return true
	}

	upstream.ResourcesMap().Range(ignore)
	upstream.DataSourcesMap().Range(ignore)

	return info
}

// beside reads a generated file from the folder of this executable.
func beside(file string) ([]byte, error) {
	executable, err := os.Executable()
	if err != nil {
		return nil, err
	}

	content, err := os.ReadFile(filepath.Join(filepath.Dir(executable), file))
	if errors.Is(err, os.ErrNotExist) {
		err = fmt.Errorf("%w; make it with: %s schema --out %s", err, executable, filepath.Dir(executable))
	}

	return content, err
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "schema" {
		pftfgen.MainWithMuxer(name, providerInfo(nil))

		return
	}

	schema, schemaErr := beside(schemaFile)
	metadata, metadataErr := beside(metadataFile)

	if err := errors.Join(schemaErr, metadataErr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}

	pftfbridge.MainWithMuxer(context.Background(), name, providerInfo(metadata), schema)
}
