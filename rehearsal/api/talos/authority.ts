/** Whose certificates count at the loopback endpoint: those of the cluster that the configured machines belong to. */
import { parseAllDocuments } from "yaml";
import type { MachineState } from "../../world/talos/state.ts";
import { TalosError } from "../../world/talos/errors.ts";
import { answersApi } from "../../world/talos/network/addresses.ts";
import type { World } from "../../world/kernel/world.ts";

export interface Authority {
  /** Base64 of PEM, as machine configs have them. */
  certificate: string;
  key: string;
}

interface Document {
  machine?: { ca?: { crt?: string; key?: string } };
}

/**
 * The one of the control planes, which alone hold its key. Where machines of several clusters run, the newest: the older ones'
 * clients are as wrong here as at a node that got other secrets.
 */
export function authorityOf(world: World): Authority {
  for (const machine of controlPlanes(world)) {
    for (const document of parseAllDocuments(machine.machineConfig ?? "")) {
      const { crt, key } = (document.toJS() as Document | null)?.machine?.ca ?? {};
      if (crt && key) return { certificate: crt, key };
    }
  }
  throw new TalosError("Unavailable", "no control plane is configured yet");
}

/** Where the tunnel behind the endpoint ends, for a client that names no node. */
export function defaultNode(world: World): string {
  const [first] = controlPlanes(world).filter(({ vmId }) => answersApi(world, vmId));
  if (!first) throw new TalosError("Unavailable", "no control plane answers");
  return first.address;
}

function controlPlanes(world: World): MachineState[] {
  return Object.values(world.state.machines)
    .filter(({ facts }) => facts?.machineType === "controlplane")
    .sort(
      (a, b) =>
        (world.state.clusters[b.facts!.clusterId]?.bootstrappedAt ?? 0) -
        (world.state.clusters[a.facts!.clusterId]?.bootstrappedAt ?? 0),
    );
}
