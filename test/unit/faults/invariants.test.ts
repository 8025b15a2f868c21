import { expect, test } from "vitest";
import { broken, type Judged } from "../../../rehearsal/faults/invariants.ts";
import type { WorldEvent } from "../../../rehearsal/world/kernel/record.ts";
import type { WorldState } from "../../../rehearsal/world/kernel/state.ts";

const event = (kind: WorldEvent["kind"], detail = {}, more = {}): WorldEvent => ({
  at: 0,
  kind,
  subject: "cp-1",
  text: kind,
  severity: "info",
  detail,
  ...more,
});
const format = (diskId: string, more = {}) =>
  event("format", { vmId: 126, diskId, interface: "virtio1" }, more);

function judged(change: (world: WorldState) => void = () => undefined, destroyed = false): Judged {
  const world = {
    declarations: { 126: { node: "cp-1", osDisk: { sizeBytes: 1 } } },
    proxmox: { hosts: {}, vms: { 126: { vmId: 126, config: { name: "lab-cp-1" } } } },
    machines: {},
    clusters: {},
    events: [format("disk-1"), event("bootstrap")],
  } as unknown as WorldState;
  change(world);
  return { world, destroyed };
}

test("a run as it should be breaks nothing", () => {
  expect(broken(judged())).toEqual([]);
});

test.each<[string, (world: WorldState) => void, string]>([
  [
    "a disk formatted twice",
    ({ events }) => void events.push(format("disk-1")),
    "disk-1 was formatted twice",
  ],
  [
    "an OS disk formatted",
    ({ events }) => void events.push(format("disk-2", { severity: "catastrophe" })),
    "no declared data disk",
  ],
  ["a second bootstrap", ({ events }) => void events.push(event("bootstrap")), "bootstrapped 2 times"],
  ["a missing VM", ({ proxmox }) => void delete proxmox.vms["126"], "VM 126 is missing"],
  [
    "an orphan",
    ({ proxmox }) => void (proxmox.vms["200"] = { ...proxmox.vms["126"]!, vmId: 200 }),
    "VM 200 is an orphan; there are two VMs lab-cp-1",
  ],
  [
    "a catastrophe",
    ({ events }) => void events.push(event("replica-lost", {}, { severity: "catastrophe", text: "gone" })),
    "catastrophe: gone",
  ],
])("%s is found", (_name, change, found) => {
  expect(broken(judged(change)).join("; ")).toContain(found);
});

test("data must still be there, as it was written, and fully replicated", () => {
  const known = { claim: "default/photos", path: "/a", content: "x" };
  const volume =
    (content: string, robustness = "healthy") =>
    (world: WorldState) => {
      const volumes = { v: { claim: known.claim, files: { "/a": { content } }, robustness } };
      world.clusters = { c: { longhorn: { volumes } } } as unknown as WorldState["clusters"];
    };
  expect(broken({ ...judged(volume("x")), known })).toEqual([]);
  expect(broken({ ...judged(volume("y")), known })).toEqual(["/a in default/photos is not what was written"]);
  expect(broken({ ...judged(volume("x", "degraded")), known })).toEqual([
    "the volume of default/photos is degraded",
  ]);
  expect(broken({ ...judged(), known })).toEqual(["the volume of default/photos is gone"]);
});

test("after a destroy nothing of ours is left, and what it loses is meant", () => {
  const gone = judged((world) => {
    world.proxmox.vms = {};
    world.events.push(event("replica-lost", {}, { severity: "catastrophe" }));
  }, true);
  expect(broken(gone)).toEqual([]);
  expect(broken(judged(undefined, true))).toEqual(["VM 126 is an orphan"]);
});
