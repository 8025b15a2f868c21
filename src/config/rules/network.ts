/** Who has which address in the subnet. */
import {
  canonicalCidr,
  contains,
  isNetworkOrBroadcast,
  overlaps,
  parseSubnet,
  usableRange,
  type Subnet,
} from "../addresses.ts";
import type { Draft } from "../draft.ts";
import type { Problem } from "../problem.ts";
import { nodeName, type Rule } from "./rule.ts";

/** Talos's defaults for pods and services (constants.DefaultIPv4PodNet, DefaultIPv4ServiceNet); nodes there lose their routes. */
const CLUSTER_NETS = [
  { cidr: "10.244.0.0/16", use: "pods" },
  { cidr: "10.96.0.0/12", use: "services" },
];

/** RFC 6890: no machine of a network has such an address. */
const RESERVED_NETS = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"];

/** The smallest prefix keeps the subnet inside one private range, the largest leaves room for a gateway and two nodes. */
const PREFIX = { least: 8, most: 29 };

/** The subnet when it can be counted with: written by its first address and of a sensible size. */
function subnetOf(draft: Draft): Subnet | undefined {
  const cidr = draft.network.values.subnet;
  if (cidr === undefined) return undefined;
  const subnet = parseSubnet(cidr);
  return subnet.prefixLength >= PREFIX.least && subnet.prefixLength <= PREFIX.most ? subnet : undefined;
}

function subnetShape(draft: Draft): Problem[] {
  const cidr = draft.network.values.subnet;
  if (cidr === undefined) return [];
  const path = `${draft.network.path}.subnet`;
  const subnet = parseSubnet(cidr);
  if (subnetOf(draft) === undefined) {
    return [
      {
        path,
        message: `"${cidr}" has a prefix of ${subnet.prefixLength}; /${PREFIX.least} to /${PREFIX.most} are allowed`,
      },
    ];
  }
  const canonical = canonicalCidr(subnet);
  if (canonical === cidr) return [];
  return [{ path, message: `"${cidr}" is an address inside a subnet; the subnet itself is "${canonical}"` }];
}

function subnetRange(draft: Draft): Problem[] {
  const subnet = subnetOf(draft);
  if (subnet === undefined) return [];
  const path = `${draft.network.path}.subnet`;
  const reserved = RESERVED_NETS.find((net) => overlaps(subnet, parseSubnet(net)));
  if (reserved !== undefined) {
    return [
      {
        path,
        message: `"${subnet.cidr}" lies in ${reserved}, which is reserved; take a private subnet such as 192.168.1.0/24`,
      },
    ];
  }
  return CLUSTER_NETS.filter((net) => overlaps(subnet, parseSubnet(net.cidr))).map((net) => ({
    path,
    message: `"${subnet.cidr}" overlaps ${net.cidr}, which the cluster uses for ${net.use}; take another subnet`,
  }));
}

function inside(subnet: Subnet, path: string, address: string | undefined): Problem[] {
  if (address === undefined) return [];
  if (!contains(subnet, address)) {
    return [{ path, message: `"${address}" is outside the subnet ${subnet.cidr} (${usableRange(subnet)})` }];
  }
  if (!isNetworkOrBroadcast(subnet, address)) return [];
  return [
    {
      path,
      message: `"${address}" is the network or broadcast address of ${subnet.cidr}; ${usableRange(subnet)} are free to use`,
    },
  ];
}

function addressesInside(draft: Draft): Problem[] {
  const subnet = subnetOf(draft);
  if (subnet === undefined) return [];
  return draft.nodes.flatMap((node) => inside(subnet, `${node.path}.address`, node.values.address));
}

function gatewayInside(draft: Draft): Problem[] {
  const subnet = subnetOf(draft);
  return subnet === undefined
    ? []
    : inside(subnet, `${draft.network.path}.gateway`, draft.network.values.gateway);
}

function vipInside(draft: Draft): Problem[] {
  const subnet = subnetOf(draft);
  return subnet === undefined ? [] : inside(subnet, `${draft.cluster.path}.vip`, draft.cluster.values.vip);
}

function gatewayIsNoNode(draft: Draft): Problem[] {
  const { gateway } = draft.network.values;
  return draft.nodes
    .filter((node) => node.values.address !== undefined && node.values.address === gateway)
    .map((node) => ({
      path: `${node.path}.address`,
      message: `"${gateway}" is the gateway (${draft.network.path}.gateway); a node needs an address of its own`,
    }));
}

function vipIsFree(draft: Draft): Problem[] {
  const { vip } = draft.cluster.values;
  if (vip === undefined) return [];
  const path = `${draft.cluster.path}.vip`;
  const owner = draft.nodes.find((node) => node.values.address === vip);
  if (owner !== undefined) {
    return [
      {
        path,
        message: `"${vip}" is the address of ${nodeName(owner)}; a VIP is an address that no machine has`,
      },
    ];
  }
  if (vip !== draft.network.values.gateway) return [];
  return [{ path, message: `"${vip}" is the gateway; a VIP is an address that no machine has` }];
}

function proxmoxIsNoNode(draft: Draft): Problem[] {
  const { endpoint } = draft.proxmox.values;
  if (endpoint === undefined) return [];
  const { hostname } = new URL(endpoint);
  const taken = [
    ...draft.nodes.map((node) => ({ path: `${node.path}.address`, address: node.values.address })),
    { path: `${draft.cluster.path}.vip`, address: draft.cluster.values.vip },
  ];
  return taken
    .filter(({ address }) => address === hostname)
    .map(({ path }) => ({
      path,
      message: `"${hostname}" is the Proxmox host of ${draft.proxmox.path}.endpoint; take a free address`,
    }));
}

function nameserversOnce(draft: Draft): Problem[] {
  const nameservers = draft.network.values.nameservers ?? [];
  return nameservers.flatMap((address, index) =>
    nameservers.indexOf(address) === index
      ? []
      : [
          {
            path: `${draft.network.path}.nameservers[${index}]`,
            message: `"${address}" is already in the list; name each server once`,
          },
        ],
  );
}

export const NETWORK_RULES: readonly Rule[] = [
  { id: "subnet-shape", check: subnetShape },
  { id: "subnet-range", check: subnetRange },
  { id: "address-in-subnet", check: addressesInside },
  { id: "gateway-in-subnet", check: gatewayInside },
  { id: "gateway-is-no-node", check: gatewayIsNoNode },
  { id: "vip-in-subnet", check: vipInside },
  { id: "vip-is-free", check: vipIsFree },
  { id: "proxmox-is-no-node", check: proxmoxIsNoNode },
  { id: "nameservers-once", check: nameserversOnce },
];
