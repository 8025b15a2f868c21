/**
 * What the installer does to the system disk in an upgrade: a second boot entry, which becomes the default; the old one stays as
 * the way back. STATE, EPHEMERAL and user volumes are not touched.
 *
 * Sources: talos v1.12.0 cmd/installer/pkg/install/install.go (ModeUpgrade) and preflight.go (the versions alone are checked,
 * and only here: after the drain), machined/revert.go (an upgrade that does not come up goes back).
 */
import type { DiskContent } from "../../proxmox/state.ts";
import type { MachineState } from "../state.ts";
import type { TalosImage } from "../../factory/state.ts";
import type { World } from "../../kernel/world.ts";
import { DURATIONS } from "../durations.ts";
import { bootDisk } from "../disks/boot-disk.ts";
import { installerImage } from "./installers.ts";

export async function install(world: World, machine: MachineState): Promise<void> {
  const disk = bootDisk(world.state.proxmox.vms[machine.vmId]!);
  if (disk?.content.kind !== "talos") throw new Error("system disk not found");
  const image = installerImage(world, machine.sequence!.image!);
  const refusal = await unsupportedJump(world, machine.image.version, image.version);
  if (refusal !== undefined) {
    // The installer's own words go to the console; machined sees its exit code.
    noteRefusal(world, machine, image, refusal);
    throw new Error('task "upgrade" failed: exit code 1');
  }
  await world.clock.sleep(DURATIONS.install);
  disk.content.previous = { image: disk.content.image, untried: true };
  disk.content.image = { ...image, ...(machine.image.arch ? { arch: machine.image.arch } : {}) };
}

/** Why that installer does not upgrade such a host, by the tables of Talos's own library; undefined when it does. */
export async function unsupportedJump(
  world: World,
  host: string,
  target: string,
): Promise<string | undefined> {
  const { refusal } = await world.systems.machinery.call<{ refusal?: string }>("upgrade.check", {
    host,
    target,
  });
  return refusal;
}

type TalosDisk = Extract<DiskContent, { kind: "talos" }>;

/** The first boot after an upgrade: the new entry is kept, or given up for the one before. */
export function settleBootEntry(
  world: World,
  content: TalosDisk,
  vmId: number,
  name: string,
  fails: boolean,
): void {
  const { previous } = content;
  if (!previous?.untried) return;
  const [from, to] = [previous.image, content.image];
  const detail = { vmId, node: name, from: from.version, to: to.version, schematic: to.schematicId };
  if (fails) {
    content.image = from;
    delete content.previous;
    const text = `${name} did not come up with Talos ${to.version} (${to.schematicId.slice(0, 8)}) and boots the image it had`;
    world.note({ kind: "boot-failed", subject: name, severity: "warning", text, detail });
    return;
  }
  previous.untried = false;
  const text = `${name} runs Talos ${to.version} (${to.schematicId.slice(0, 8)}), before it ${from.version} (${from.schematicId.slice(0, 8)})`;
  world.note({ kind: "upgrade-done", subject: name, text, detail });
}

function noteRefusal(world: World, machine: MachineState, image: TalosImage, refusal: string): void {
  const node = machine.facts?.hostname ?? String(machine.vmId);
  world.note({
    kind: "request-refused",
    subject: node,
    severity: "warning",
    text: `the installer of Talos ${image.version} refused on ${node}: pre-flight checks failed: ${refusal}`,
    detail: { vmId: machine.vmId, from: machine.image.version, to: image.version, reason: refusal },
  });
}
