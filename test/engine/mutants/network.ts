/* eslint-disable @typescript-eslint/no-unsafe-member-access -- inputs on their way to the engine have no types */
/** Networks that look right and carry nothing. */
import { patch, vm, type Mutant, type Twin } from "./mutant.ts";
import type { Mutation, Props } from "../support/rehearse.ts";

/** nocloud's own part: the first address of every machine. */
function ipConfig(change: (ipv4: Props) => void): Mutation {
  return vm("", (props) => change(props["initialization"].ipConfigs[0].ipv4 as Props));
}

const NO_ROUTE =
  /it has no default route .*: no image is pulled and its clock is not in sync|time is not in sync yet/;

export const NETWORK: Mutant[] = [
  {
    what: "a gateway outside the subnet",
    mutations: [
      patch("gateway: 192.168.1.1", "gateway: 10.0.0.1"),
      ipConfig((v) => (v["gateway"] = "10.0.0.1")),
    ],
    cause: /gateway 10\.0\.0\.1 is not on its link/,
  },
  {
    what: "no gateway",
    mutations: [
      patch(/\n\s+routes:\n\s+- network: 0\.0\.0\.0\/0\n\s+gateway: \S+/g, ""),
      ipConfig((v) => delete v["gateway"]),
    ],
    cause: /neither its config nor nocloud names a gateway/,
  },
  {
    what: "addresses with /32",
    mutations: [
      patch(/(192\.168\.1\.\d+)\/24(?=\n\s+routes)/g, "$1/32"),
      ipConfig((v) => (v["address"] = (v["address"] as string).replace("/24", "/32"))),
    ],
    cause: /gateway 192\.168\.1\.1 is not on its link/,
  },
  {
    what: "validSubnets of another network",
    mutations: [patch(/validSubnets:\n(\s+)- \S+/g, "validSubnets:\n$1- 10.0.0.0/8")],
    cause:
      /no suitable node IP found: none of .* is in machine\.kubelet\.nodeIP\.validSubnets 10\.0\.0\.0\/8/,
  },
  {
    what: "validSubnets that exclude the node",
    mutations: [patch(/validSubnets:\n(\s+)- \S+/g, 'validSubnets:\n$1- "!192.168.1.0/24"')],
    cause: /no suitable node IP found/,
  },
  {
    what: "validSubnets of IPv6 only",
    mutations: [patch(/validSubnets:\n(\s+)- \S+/g, "validSubnets:\n$1- fd00::/8")],
    cause: /no suitable node IP found/,
  },
  {
    what: "the VLAN dropped",
    overlays: ["network.vlan=20"],
    mutations: [vm("", (props) => delete props["networkDevices"][0].vlanId)],
    cause: /no route to host/,
  },
  {
    what: "another VLAN on one node",
    overlays: ["network.vlan=20"],
    mutations: [vm("worker-1", (props) => (props["networkDevices"][0].vlanId = 30))],
    cause: /no route to host/,
  },
  {
    what: "a VLAN where the network has none",
    mutations: [vm("cp-1", (props) => (props["networkDevices"][0].vlanId = 20))],
    cause: /no route to host/,
  },
  {
    what: "the card named by its slot, where the image names it eth0",
    mutations: [
      patch(/deviceSelector:\n\s+physical: true/g, "interface: enp6s18"),
      ipConfig((v) => delete v["gateway"]),
    ],
    cause: NO_ROUTE,
  },
];

export const NETWORK_TWINS: Twin[] = [
  {
    what: "the card named eth0",
    mutations: [patch(/deviceSelector:\n\s+physical: true/g, "interface: eth0")],
  },
  { what: "a VLAN", overlays: ["network.vlan=20"], mutations: [] },
  {
    what: "the gateway in nocloud alone",
    mutations: [patch(/\n\s+routes:\n\s+- network: 0\.0\.0\.0\/0\n\s+gateway: \S+/g, "")],
  },
];
