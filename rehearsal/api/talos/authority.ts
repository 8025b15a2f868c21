/** What a server of Talos's API proves of itself on loopback: by whose authority, and for which names. */
import { parseAllDocuments } from "yaml";
import type { MachineState } from "../../world/talos/state.ts";
import type { World } from "../../world/kernel/world.ts";
import { checkApid, dial } from "../../world/talos/api.ts";
import { TalosError } from "../../world/talos/errors.ts";
import { answersApi } from "../../world/talos/network/addresses.ts";

export interface Authority {
  /** Base64 of PEM, as machine configs have them. */
  certificate: string;
  key: string;
}

/** Without an authority: a machine in maintenance mode, which signs for itself and asks nobody for a certificate. */
export interface Identity extends Partial<Authority> {
  addresses: string[];
  names: string[];
}

/**
 * @param via Address of the machine that is dialled; absent at the tunnel, which ends at a control plane.
 * @throws TalosError when nobody answers there.
 */
export function identityOf(world: World, via?: string): Identity {
  if (!via) return { ...authorityOf(world), addresses: [], names: [] };
  const machine = dial(world, via);
  if (!machine.facts) return { addresses: machine.addresses, names: [] };
  checkApid(world, machine);
  const { hostname, vip, talosCa } = machine.facts;
  const authority = authorityOf(world, talosCa);
  const addresses = [...machine.addresses, ...(vip === undefined ? [] : [vip])];
  return { ...authority, addresses, names: [hostname] };
}

interface Document {
  machine?: { ca?: { crt?: string; key?: string } };
}

/**
 * The one of the control planes, which alone hold its key. Where machines of several clusters run, the newest: the older ones'
 * clients are as wrong here as at a node that got other secrets.
 *
 * @param certificate The one that is wanted, where it is known.
 */
export function authorityOf(world: World, certificate?: string): Authority {
  for (const machine of controlPlanes(world)) {
    for (const document of parseAllDocuments(machine.machineConfig ?? "")) {
      const { crt, key } = (document.toJS() as Document | null)?.machine?.ca ?? {};
      if (crt && key && crt === (certificate ?? crt)) return { certificate: crt, key };
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
