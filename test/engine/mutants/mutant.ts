/** A program that is wrong in one way, and the right cause in words; or its right twin, which a rehearsal must not refuse. */
import type { World } from "../../../rehearsal/world/kernel/world.ts";
import { STACK, type Edit, type Mutation, type Props } from "../support/rehearse.ts";

export const TYPES = {
  schematic: "talos:imageFactory/schematic:Schematic",
  secrets: "talos:machine/secrets:Secrets",
  config: "talos:machine/configurationApply:ConfigurationApply",
  bootstrap: "talos:machine/bootstrap:Bootstrap",
  vm: "proxmoxve:index/vmLegacy:VmLegacy",
  image: "proxmoxve:download/file:File",
  namespace: "kubernetes:core/v1:Namespace",
  release: "kubernetes:helm.sh/v3:Release",
} as const;

/** Overlays of a version and the one after it: for an upgrade. */
export const OLDER = ["cluster.talosVersion=v1.12.0"];
export const NEWER = ["cluster.talosVersion=v1.12.1"];

export interface Mutant {
  what: string;
  mutations?: Mutation[];
  /** Changes of the program's text. */
  edits?: Edit[];
  /** An `up` of the right program comes before, with these overlays, and this happens to its world between the two. */
  after?: { overlays?: string[]; then?: (world: World) => void };
  cause: RegExp;
  /** Overlays of the environment's config. */
  overlays?: string[];
  stack?: string;
  /** Simulated seconds per second. Default: the bench's. */
  timeScale?: number;
  /** What shows the mistake. Default: `up`. */
  command?: "up" | "destroy";
  /** As the rehearsal has them; `all` for what only a second preview shows. */
  previews?: "all" | "none";
}

/** As right as the program itself, only otherwise. */
export type Twin = Omit<Mutant, "cause">;

/** Replaces text in a node's machine-config patches. */
export function patch(from: string | RegExp, to: string): Mutation {
  return {
    type: TYPES.config,
    change: (props) => {
      const before = props["configPatches"] as string[];
      props["configPatches"] = before.map((text) => text.replaceAll(from, to));
      if (before.every((text, index) => text === (props["configPatches"] as string[])[index])) {
        throw new Error(`the mutation of ${String(from)} changes nothing`);
      }
    },
  };
}

export function release(
  chart: "longhorn" | "traefik",
  change: (props: Props) => void,
  customTimeouts?: Mutation["customTimeouts"],
): Mutation {
  return {
    type: TYPES.release,
    change: (props) => props["chart"] === chart && change(props),
    ...(customTimeouts && { customTimeouts }),
  };
}

export function values(chart: "longhorn" | "traefik", change: (values: Props) => void): Mutation {
  return release(chart, (props) => change(props["values"] as Props));
}

/** @param which Part of the resource's name: a node. */
export function vm(which: string, change: (props: Props) => void): Mutation {
  return { type: TYPES.vm, change: (props, name) => name.includes(which) && change(props) };
}

/** Changes what the program promises to whoever builds on it. */
export function outputs(change: (outputs: Props) => void): Mutation {
  return { type: STACK, change };
}
