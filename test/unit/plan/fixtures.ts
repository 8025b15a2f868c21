/** Plans that are refused: the lab's own configuration, changed before and after, with the lines that refuse the step. */
import { readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { parseEnvironment, withOverlays } from "../../../rehearsal/environment.ts";
import { parseConfig } from "../../../src/config/parse.ts";
import { formatProblem } from "../../../src/config/problem.ts";
import type { HomelabConfig } from "../../../src/config/types.ts";
import { longhornValues } from "../../../src/longhorn/values.ts";
import type { StateResource } from "../../../src/plan/own-state.ts";
import { vmArgs } from "../../../src/proxmox/vm-args.ts";
import type { Retired } from "../../../src/plan/existing.ts";
import { storageStage } from "../../../src/stages.ts";

const ROOT = new URL("../../../", import.meta.url);
const FOLDER = new URL("test/fixtures/refused/", ROOT);

export interface RefusedPlan {
  /** File name without its ending. */
  name: string;
  /** `key=value` overlays of Pulumi.lab.yaml, as the rehearsal takes them. */
  before: string[];
  after: string[];
  expected: string[];
}

export function refusedPlans(): RefusedPlan[] {
  return readdirSync(FOLDER).map((file) => ({
    ...(parse(readFileSync(new URL(file, FOLDER), "utf8")) as Omit<RefusedPlan, "name">),
    name: file.replace(/\.yaml$/, ""),
  }));
}

export function labWith(overlays: string[]): HomelabConfig {
  const text = readFileSync(new URL("Pulumi.lab.yaml", ROOT), "utf8");
  const { plain } = withOverlays(parseEnvironment(text, "Pulumi.lab.yaml"), overlays);
  const parsed = parseConfig(plain);
  if (parsed.ok) return parsed.ok;
  throw new Error(parsed.problems.map(formatProblem).join("\n"));
}

/** How far a run got; by default to its end, with every retirement through. */
export interface Progress {
  /** Names of the nodes whose VM was made. */
  machines?: string[];
  /** Of those, the nodes whose config was applied. */
  kept?: string[];
  retired?: (Retired | string)[];
}

/** What a run of that configuration leaves in the state, as far as plans are judged by it. */
export function stateOf(config: HomelabConfig, progress: Progress = {}): StateResource[] {
  const { cluster, longhorn, traefik } = config;
  const names = config.nodes.map(({ name }) => name);
  const { machines = names, kept = machines } = progress;
  const resource = (type: string, name: string, outputs: object = {}): StateResource => ({
    urn: `urn:pulumi:lab::homelab::${type}::${name}`,
    type,
    outputs: outputs as Record<string, unknown>,
  });
  const stash = (name: string, input: unknown) => resource("pulumi:index:Stash", name, { input });
  const id = cluster.name;
  const { talosVersion, kubernetesVersion, extensions } = cluster;
  const begun = [
    resource("homelab:index:Homelab", id),
    resource("homelab:proxmox:Virtualization", `${id}-proxmox`, {
      macAddresses: Object.fromEntries(config.nodes.map(({ name, macAddress = "" }) => [name, macAddress])),
    }),
    ...config.nodes
      .filter(({ name }) => machines.includes(name))
      .map((node) =>
        resource(
          "proxmoxve:index/vmLegacy:VmLegacy",
          `${id}-proxmox-${node.name}-vm`,
          vmArgs(config, node, "image"),
        ),
      ),
    ...config.nodes
      .filter(({ name }) => kept.includes(name))
      .flatMap(({ name, role }) => [
        stash(`${id}-talos-${name}-kept`, { role }),
        stash(`${id}-talos-upgrade-${name}-image`, { node: name, talosVersion, extensions }),
      ]),
  ];
  if (kept.length < names.length) return begun;
  const release = (chart: string, version: string, values: object = {}) =>
    resource("kubernetes:helm.sh/v3:Release", `${id}-${chart}-release`, { version, values });
  const { retired = config.nodes.flatMap(({ name, retiring }) => (retiring ? [{ name, life: 0 }] : [])) } =
    progress;
  return [
    ...begun,
    stash(`${id}-talos-upgrade-kubernetes-version`, { kubernetesVersion }),
    release("longhorn", longhorn.version, longhornValues(storageStage(config))),
    release("traefik", traefik.version),
    stash("settled", { retired }),
  ];
}
