/* eslint-disable @typescript-eslint/no-unsafe-member-access -- inputs on their way to the engine have no types */
/** Networks that look right and carry nothing. */
import { patch, TYPES, vm, type Mutant, type Twin } from "./mutant.ts";
import type { Edit, Mutation, Props } from "../support/rehearse.ts";
import { tryAll } from "./try-all.ts";

/** nocloud's own part: the first address of every machine. */
function ipConfig(change: (ipv4: Props) => void): Mutation {
  return vm("", (props) => change(props["initialization"].ipConfigs[0].ipv4 as Props));
}

/** How the program names a card of which it knows no address. */
function selector(hardwareAddr: string): Edit {
  return {
    file: "src/talos/machine-config.ts",
    from: "{ physical: true }",
    to: `{ hardwareAddr: "${hardwareAddr}" }`,
  };
}

/** Where Talos and everybody else look for the API. */
function port(to: string): Edit {
  return {
    file: "src/talos/machine-config.ts",
    from: "${cluster.endpoint}:6443",
    to: `\${cluster.endpoint}${to}`,
  };
}

/** A node's own word on where the API is. */
function endpointOf(node: string, url: string): Mutation {
  return {
    type: TYPES.config,
    change: (props, name) =>
      name.includes(node) &&
      (props["configPatches"] as string[]).push(`cluster:\n  controlPlane:\n    endpoint: ${url}\n`),
  };
}

const WITHOUT_GATEWAY = ipConfig((v) => delete v["gateway"]);
const OWN_MACS = [11, 12, 13].map((last, index) => `nodes[${index}].macAddress=BC:24:11:20:00:${last}`);

const NO_ROUTE =
  /it has no default route .*: no image is pulled and its clock is not in sync|time is not in sync yet/;

const MUTANTS: Mutant[] = [
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
    mutations: [patch(/\n\s+routes:\n\s+- network: 0\.0\.0\.0\/0\n\s+gateway: \S+/g, ""), WITHOUT_GATEWAY],
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
    mutations: [patch(/deviceSelector:\n\s+physical: true/g, "interface: enp6s18"), WITHOUT_GATEWAY],
    cause: NO_ROUTE,
  },
  {
    what: "the API's port wrong",
    edits: [port(":6444")],
    cause: /no API server answers at https:\/\/192\.168\.1\.126:6444/,
  },
  {
    what: "the API's port left out",
    edits: [port("")],
    cause: /no API server answers at https:\/\/192\.168\.1\.126(?!:)/,
  },
  {
    what: "the API's port wrong on one node",
    mutations: [endpointOf("worker-1", "https://192.168.1.126:8443")],
    cause: /worker-1 is not Ready in Kubernetes: no API server answers at https:\/\/192\.168\.1\.126:8443/,
  },
  {
    what: "cards by a glob in upper case",
    edits: [selector("BC:24:11:*")],
    mutations: [WITHOUT_GATEWAY],
    cause: NO_ROUTE,
  },
  {
    what: "cards by the glob of another maker",
    edits: [selector("52:54:00:*")],
    mutations: [WITHOUT_GATEWAY],
    cause: NO_ROUTE,
  },
  {
    what: "cards by their addresses in upper case, which then hold no shared address",
    stack: "rack",
    overlays: OWN_MACS,
    edits: [
      { file: "src/talos/machine-config.ts", from: "node.macAddress.toLowerCase()", to: "node.macAddress" },
    ],
    cause: /no API server answers at https:\/\/10\.20\.0\.10:6443/,
  },
];

const TWINS: Twin[] = [
  {
    what: "the card named eth0",
    mutations: [patch(/deviceSelector:\n\s+physical: true/g, "interface: eth0")],
  },
  { what: "cards by a glob in lower case", edits: [selector("bc:24:11:*")], mutations: [WITHOUT_GATEWAY] },
  {
    what: "a node's own word on where the API is",
    mutations: [endpointOf("worker-1", "https://192.168.1.126:6443")],
  },
  { what: "a VLAN", overlays: ["network.vlan=20"] },
  { what: "another gateway on the link", overlays: ["network.gateway=192.168.1.254"] },
  {
    what: "validSubnets that are wider than the network",
    mutations: [patch(/validSubnets:\n(\s+)- \S+/g, "validSubnets:\n$1- 192.168.0.0/16")],
  },
  {
    what: "the gateway in nocloud alone",
    mutations: [patch(/\n\s+routes:\n\s+- network: 0\.0\.0\.0\/0\n\s+gateway: \S+/g, "")],
  },
];

tryAll("network", MUTANTS, TWINS);
