/** Errors that end an upgrade: what failed, where things were left, and how to go on. */
import type { NodeConfig } from "../config/types.ts";
import type { NodeReport } from "./picture.ts";

export class Stopped extends Error {
  /**
   * @param subject What it is about: a node's name.
   * @param details One line each.
   * @param state Where things were left and what to do, without the closing dot.
   */
  constructor(subject: string, why: string, details: readonly string[], state: string) {
    super(
      [
        `${subject}: ${why}${details.length > 0 ? ":" : "."}`,
        ...details.map((line) => `  ${line}`),
        `${state}, run \`pulumi up\` again: it goes on here. What comes after was not touched.`,
      ].join("\n"),
    );
    this.name = "Stopped";
  }
}

/** Before anything happened to the node. */
export function stopUntouched(
  { name }: NodeConfig,
  why: string,
  todo: string,
  details: readonly string[] = [],
): Stopped {
  return new Stopped(name, why, details, `It was not touched and runs what it ran before. ${todo}. Then`);
}

/** Once the node was told to move. */
export function stopLeft(
  node: NodeConfig,
  why: string,
  report: NodeReport,
  details: readonly string[] = [],
): Stopped {
  return new Stopped(node.name, why, details, `It was left ${whereItIs(report, node)}`);
}

/** Where a node stands, ending in what to do about it. */
function whereItIs({ machine, kubernetes }: NodeReport, { vmId, host }: NodeConfig): string {
  const console = `its console in Proxmox (VM ${vmId} on ${host})`;
  if (machine.state === "silent")
    return `without an answer from it: look at ${console}. Once it runs Talos again, whichever version`;
  if (machine.state === "unconfigured") return `without a machine config: look at ${console}. Then`;
  const cordoned = "seen" in kubernetes && kubernetes.seen?.cordoned ? ", cordoned" : "";
  const unmet = machine.unmet.length > 0 ? ` (${machine.unmet.join("; ")})` : "";
  return (
    `with Talos ${machine.talosVersion}, ${machine.stage}${unmet}${cordoned}. \`talosctl dmesg\` and ${console} say more. ` +
    "Once that is mended"
  );
}
