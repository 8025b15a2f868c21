// Package machinery lets the rehearsal ask Talos's own machinery library.
//
// What a node, a provider or an engineer would decide does not belong here: the world decides, this answers what Talos's code says.
package machinery

import "homelab/tools/talos/lines"

// Methods are what may be asked.
var Methods = lines.Methods{
	"version":                  lines.Method(version),
	"secrets.generate":         lines.Method(secretsGenerate),
	"config.generate":          lines.Method(configGenerate),
	"config.patch":             lines.Method(configPatch),
	"config.validate":          lines.Method(configValidate),
	"config.inspect":           lines.Method(configInspect),
	"config.changeNeedsReboot": lines.Method(changeNeedsReboot),
	"selector.match":           lines.Method(selectorMatch),
	"talosconfig.generate":     lines.Method(talosconfigGenerate),
	"kubeconfig.generate":      lines.Method(kubeconfigGenerate),
	"upgrade.check":            lines.Method(upgradeCheck),
	"certificate.server":       lines.Method(serverCertificate),
	"kubernetes.check":         lines.Method(kubernetesCheck),
}
