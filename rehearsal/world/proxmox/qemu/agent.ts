/**
 * The QEMU guest agent: it answers when the config gives the machine its channel and the image carries the agent. Talos
 * starts an extension's service as soon as it has read its definition, so the agent answers in maintenance mode too
 * [talos: controllers/runtime/extension_service.go]. Without the extension nobody ever answers, and a client that
 * waits for addresses waits until its timeout.
 */
import type { VmState } from "../state.ts";
import { GUEST_AGENT } from "../../factory/extensions.ts";
import type { World } from "../../kernel/world.ts";
import { parseNetworkDevice } from "./drive.ts";
import { refuse } from "../errors.ts";

export const AGENT_SILENT = "QEMU guest agent is not running";

export interface AgentInterface {
  name: string;
  "hardware-address": string;
  "ip-addresses": { "ip-address": string; "ip-address-type": "ipv4"; prefix: number }[];
}

/** Throws as Proxmox does while nobody answers. */
export function pingAgent(world: World, vm: VmState): void {
  const enabled = /(^|,)(enabled=)?1(,|$)/.test(String(vm.config["agent"] ?? ""));
  const installed = Object.values(vm.disks).some(
    ({ content }) => content.kind === "talos" && content.image.extensions.includes(GUEST_AGENT),
  );
  if (vm.power !== "running") refuse(`VM ${vm.vmId} is not running`);
  if (!enabled) refuse("No QEMU guest agent configured");
  const answers = world.systems.lifecycle.answers(world, vm.vmId);
  if (!installed || !answers) refuse(AGENT_SILENT);
}

export function agentInterfaces(world: World, vm: VmState): { result: AgentInterface[] } {
  pingAgent(world, vm);
  const [address] = world.systems.lifecycle.addresses(world, vm.vmId);
  const { mac } = parseNetworkDevice(String(vm.config["net0"] ?? ""));
  return {
    result: [
      describe("lo", "00:00:00:00:00:00", "127.0.0.1", 8),
      ...(address ? [describe("eth0", (mac ?? "").toLowerCase(), address, 24)] : []),
    ],
  };
}

function describe(name: string, mac: string, address: string, prefix: number): AgentInterface {
  return {
    name,
    "hardware-address": mac,
    "ip-addresses": [{ "ip-address": address, "ip-address-type": "ipv4", prefix }],
  };
}
