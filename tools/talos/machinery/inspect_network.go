package machinery

import (
	"github.com/siderolabs/talos/pkg/machinery/config"
	coreconfig "github.com/siderolabs/talos/pkg/machinery/config/config"
)

type deviceSelector struct {
	BusPath       string `json:"busPath,omitempty"`
	HardwareAddr  string `json:"hardwareAddr,omitempty"`
	PermanentAddr string `json:"permanentAddr,omitempty"`
	PCIID         string `json:"pciID,omitempty"`
	Driver        string `json:"driver,omitempty"`
	Physical      *bool  `json:"physical,omitempty"`
}

type route struct {
	Network string `json:"network"` // empty: the default route
	Gateway string `json:"gateway"`
}

type link struct {
	Kind           string          `json:"kind"` // v1alpha1, or the document's kind (LinkConfig, VLANConfig, LinkAliasConfig, ...)
	Interface      string          `json:"interface"`
	DeviceSelector *deviceSelector `json:"deviceSelector,omitempty"`
	LinkSelector   string          `json:"linkSelector,omitempty"` // CEL, of a LinkAliasConfig
	DHCP           bool            `json:"dhcp"`
	Addresses      []string        `json:"addresses"`
	Routes         []route         `json:"routes"`
	VIP            string          `json:"vip,omitempty"`
	MTU            uint32          `json:"mtu,omitempty"`
}

func inspectNetwork(cfg config.Provider, out *inspected) {
	out.Addresses, out.Gateways, out.Nameservers, out.Interfaces = []string{}, []string{}, []string{}, []link{}

	for _, device := range cfg.Machine().Network().Devices() {
		out.Interfaces = append(out.Interfaces, fromDevice(device))
	}

	for _, document := range cfg.Documents() {
		switch d := document.(type) {
		case coreconfig.NetworkCommonLinkConfig:
			out.Interfaces = append(out.Interfaces, fromLinkDocument(document.Kind(), d))
		case coreconfig.NetworkLinkAliasConfig:
			out.Interfaces = append(out.Interfaces, emptyLink(document.Kind(), d.Name(), d.LinkSelector().String()))
		}
	}

	for _, dhcp := range cfg.NetworkDHCPConfigs() {
		onLink(out, dhcp.Name()).DHCP = true
	}

	for _, vip := range cfg.NetworkVirtualIPConfigs() {
		onLink(out, vip.Link()).VIP = vip.VIP().String()
	}

	for _, one := range out.Interfaces {
		out.Addresses = append(out.Addresses, one.Addresses...)

		for _, r := range one.Routes {
			if r.Gateway != "" {
				out.Gateways = append(out.Gateways, r.Gateway)
			}
		}

		if out.VIP == "" {
			out.VIP = one.VIP
		}
	}

	if resolver := cfg.NetworkResolverConfig(); resolver != nil {
		for _, server := range resolver.Resolvers() {
			out.Nameservers = append(out.Nameservers, server.String())
		}
	}
}

// onLink finds the link that another document names, or adds it: a DHCP or VIP document may be all that is said of it.
func onLink(out *inspected, name string) *link {
	for i := range out.Interfaces {
		if out.Interfaces[i].Interface == name {
			return &out.Interfaces[i]
		}
	}

	out.Interfaces = append(out.Interfaces, emptyLink("", name, ""))

	return &out.Interfaces[len(out.Interfaces)-1]
}

func emptyLink(kind, name, selector string) link {
	return link{Kind: kind, Interface: name, LinkSelector: selector, Addresses: []string{}, Routes: []route{}}
}

func fromDevice(device coreconfig.Device) link {
	out := emptyLink("v1alpha1", device.Interface(), "")
	out.DHCP = device.DHCP()
	out.MTU = uint32(device.MTU()) //nolint:gosec // validated by the library
	out.Addresses = append(out.Addresses, device.Addresses()...)

	for _, r := range device.Routes() {
		network := r.Network()
		if network == "0.0.0.0/0" || network == "::/0" {
			network = ""
		}

		out.Routes = append(out.Routes, route{network, r.Gateway()})
	}

	if vip := device.VIPConfig(); vip != nil {
		out.VIP = vip.IP()
	}

	if selector := device.Selector(); selector != nil {
		out.DeviceSelector = &deviceSelector{
			BusPath:       selector.Bus(),
			HardwareAddr:  selector.HardwareAddress(),
			PermanentAddr: selector.PermanentAddress(),
			PCIID:         selector.PCIID(),
			Driver:        selector.KernelDriver(),
			Physical:      selector.Physical(),
		}
	}

	return out
}

func fromLinkDocument(kind string, document coreconfig.NetworkCommonLinkConfig) link {
	out := emptyLink(kind, document.Name(), "")
	out.MTU = document.MTU().ValueOrZero()

	for _, address := range document.Addresses() {
		out.Addresses = append(out.Addresses, address.Address().String())
	}

	for _, r := range document.Routes() {
		var one route

		if network, given := r.Destination().Get(); given {
			one.Network = network.String()
		}

		if gateway, given := r.Gateway().Get(); given {
			one.Gateway = gateway.String()
		}

		out.Routes = append(out.Routes, one)
	}

	return out
}
