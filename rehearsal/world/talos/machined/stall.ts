/**
 * How far a configured node gets. apid answers in any case; etcd and the kubelet wait for a clock that is set, images that can be
 * pulled, and an address that they may use.
 */
import type { MachineState, Stall } from "../state.ts";
import type { VmState } from "../../proxmox/state.ts";
import type { NodeFacts } from "../machine-config/node-facts.ts";
import { nocloudNetwork } from "../network/hardware.ts";
import { inSubnet, sameSubnet } from "../network/addresses.ts";

/** Undefined when nothing holds it up. */
export function findStall(vm: VmState, machine: MachineState, facts: NodeFacts): Stall | undefined {
  const noRoute = machine.image.platform === "nocloud" ? whyNoRoute(vm, facts) : undefined;
  if (noRoute) {
    return {
      what: "offline",
      why: `it has no default route (${noRoute}): no image is pulled and its clock is not in sync, so neither etcd nor the kubelet starts`,
    };
  }
  if (hasNodeAddress(machine.addresses, facts.nodeIpSubnets)) return undefined;
  return {
    what: "kubelet",
    why:
      "no suitable node IP found: none of " +
      `${machine.addresses.join(", ")} is in machine.kubelet.nodeIP.validSubnets ${facts.nodeIpSubnets.join(", ")}, so the kubelet does not start`,
  };
}

/** The kernel takes a gateway only where an address of the link reaches it ("network is unreachable"; linux: net/ipv4/fib_semantics.c). */
function whyNoRoute(vm: VmState, facts: NodeFacts): string | undefined {
  const given = nocloudNetwork(vm);
  const cidrs = [...facts.addresses, ...(given ? [given.cidr] : [])];
  const gateways = [...new Set([...facts.gateways, ...(given?.gateway ? [given.gateway] : [])])];
  if (gateways.length === 0) return "neither its config nor nocloud names a gateway";
  if (gateways.some((gateway) => cidrs.some((cidr) => sameSubnet(gateway, cidr)))) return undefined;
  return `gateway ${gateways.join(", ")} is not on its link, ${[...new Set(cidrs)].join(", ")}`;
}

/** talos: controllers/k8s/nodeip.go and net.FilterIPs: a subnet with `!` excludes. */
function hasNodeAddress(addresses: string[], subnets: string[]): boolean {
  const wanted = subnets.filter((cidr) => !cidr.startsWith("!"));
  const excluded = subnets.filter((cidr) => cidr.startsWith("!")).map((cidr) => cidr.slice(1));
  return addresses.some(
    (address) =>
      (wanted.length === 0 || wanted.some((cidr) => inSubnet(address, cidr))) &&
      !excluded.some((cidr) => inSubnet(address, cidr)),
  );
}
