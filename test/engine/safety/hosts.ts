/** Hosts beside the lab's only one, and machines that go from host to host behind the program's back. */
import { expect } from "vitest";
import type { Report } from "../../../rehearsal/report.ts";
import { migrate } from "../../../rehearsal/world/proxmox/qemu/migrate.ts";
import type { World } from "../../../rehearsal/world/kernel/world.ts";
import { causes, type Bench } from "../support/rehearse.ts";

/** As large as the lab's own, and empty. */
export async function addHosts(world: World, ...names: string[]): Promise<void> {
  for (const name of names) {
    const host = structuredClone(world.state.proxmox.hosts["pve"]!);
    for (const datastore of Object.values(host.datastores)) datastore.files = {};
    world.state.proxmox.hosts[name] = { ...host, name };
  }
  await world.commit();
}

/** Somebody migrates it in Proxmox's own interface, while it runs. */
export async function moveVm(world: World, vmId: number, target: string): Promise<void> {
  const { host } = world.state.proxmox.vms[vmId]!;
  await migrate(world, host, vmId, { target, online: true, withLocalDisks: true }).run();
}

/** One datastore of that name on all hosts, as HA needs it; before anything is on it. */
export async function shareDatastore(world: World, name: string): Promise<void> {
  for (const host of Object.values(world.state.proxmox.hosts)) {
    host.datastores[name] = {
      name,
      type: "dir",
      shared: true,
      content: ["images"],
      capacityBytes: 400 * 1024 ** 3,
      files: {},
    };
  }
  await world.commit();
}

// ---------------------------------------------------------------- what a run may do about it

/** What would have happened to a machine, a disk or an image. */
const HARM = /^vm-|^disk-|^format$|^image-|^replica-lost$/;

export const told = (report: Report): string => report.errors.join("\n");

/** Everything on record that touched a machine, a disk or, unless they are expected, an image. */
export const harm = (report: Report, images = true): string[] =>
  report.events
    .map(({ kind, subject }) => `${kind} ${subject}`)
    .filter((line) => HARM.test(line) && (images || !line.startsWith("image-")));

/** Operations on Proxmox that succeeded. */
export const done = (report: Report): string[] =>
  report.operations
    .filter(({ ok, type }) => ok && type.startsWith("proxmoxve:"))
    .map(({ op, name }) => `${op} ${name}`)
    .sort();

/** Refused in the preview that comes before a run, without `protect`: nothing was done, and nothing would have been replaced. */
export async function expectRefused(lab: Bench, overlays: string[], ...lines: string[]): Promise<void> {
  const report = await lab.run("up", { overlays: [...overlays, "protect=false"] });
  for (const line of lines) expect(told(report)).toContain(line);
  expect(report.operations).toEqual([]);
  expect(report.events).toEqual([]);
}

/** The only thing left to do, if any, is an image; after it nothing is. */
export async function expectFollowed(lab: Bench, overlays: string[], operations: string[]): Promise<void> {
  const up = await lab.run("up", { overlays });
  expect(causes(up)).toBe("");
  expect(done(up)).toEqual(operations);
  expect(harm(up, false)).toEqual([]);
  await expectSettled(lab, overlays);
}

/** A second preview is empty. */
export async function expectSettled(lab: Bench, overlays: string[]): Promise<void> {
  expect(Object.keys((await lab.run("preview", { overlays })).changes)).toEqual(["same"]);
}

export const host = (index: number, name: string) => `nodes[${index}].host=${name}`;
export const image = (name: string) => `lab-proxmox-image-${name}-file`;

export const runsOn = (node: string, known: string, written: string, vmId = 127) =>
  `"${node}" (VM ${vmId}) runs on ${known} now, and "${written}" is written; write "${known}", or move it to ${written} by hand`;
