/** What the gate asks, how often, and what it refuses, over a client that answers from a list. */
import { expect, test } from "vitest";
import type { Guest, ProxmoxClient } from "../../../src/clients/proxmox/client.ts";
import { nodeFacts, type MachineFacts } from "../../../src/plan/facts.ts";
import { ProxmoxGate } from "../../../src/proxmox/proxmox-gate.ts";
import { lab, nodeOf } from "../../components/support/homelabs.ts";

const config = lab();
const [cp, worker] = ["cp-1", "worker-1"].map((name) => nodeOf(config, name)) as [
  ReturnType<typeof nodeOf>,
  ReturnType<typeof nodeOf>,
];

const guest = (vmId: number, changes: Partial<Guest> = {}): Guest => ({
  vmId,
  kind: "qemu",
  host: "pve",
  name: "nas",
  status: "running",
  tags: [],
  ...changes,
});
const OWN_CP = guest(126, { name: "lab-cp-1", tags: ["controlplane", "lab", "talos"] });
const OWN_WORKER = guest(127, { name: "lab-worker-1", tags: ["lab", "talos", "worker"] });

function gateOver(
  guests: Guest[],
  { hidden = [] as number[], version = "9.1.1", made = [] as MachineFacts[] } = {},
) {
  const asked: string[] = [];
  const answer = <T>(what: string, value: T): Promise<T> => (asked.push(what), Promise.resolve(value));
  const client: ProxmoxClient = {
    version: () => answer("version", version),
    guests: () => answer("guests", [...guests]),
    isTaken: (vmId) =>
      answer(`taken ${vmId}`, hidden.includes(vmId) || guests.some((one) => one.vmId === vmId)),
  };
  const gate = new ProxmoxGate(
    config,
    () => Promise.resolve(made),
    () => answer("connect", client),
  );
  const refusal = (pass: Promise<void>): Promise<string> =>
    pass.then(
      () => "",
      (error: unknown) => (error as Error).message,
    );
  return { gate, asked, refusal };
}

test("where nothing stands against it, everything passes, on one connection and one list", async () => {
  const { gate, asked } = gateOver([guest(900), OWN_WORKER]);
  await gate.beforeImage();
  await gate.beforeCreate(cp);
  await gate.beforeUpdate(worker, "pve");
  expect(asked).toEqual(["connect", "version", "guests", "taken 126"]);
});

test("nothing is taken from a node whose entry is gone while its machine is not where the state has it", async () => {
  const made = [cp, { ...worker, name: "worker-9", vmId: 137 }].map((node) => nodeFacts(config, node));
  const left = (host: string) => gateOver([OWN_CP, guest(137, { host })], { made });
  const strayed = left("pve2");
  expect(await strayed.refusal(strayed.gate.beforeLeaving())).toContain(
    'homelab:nodes: the machine of "worker-9" (VM 137), whose entry is gone, is on pve2 now, not on pve; run `pulumi up --refresh`',
  );
  for (const fine of [left("pve"), gateOver([OWN_CP], { made })])
    expect(await fine.refusal(fine.gate.beforeLeaving())).toBe("");
  const { gate, asked } = gateOver([], { made: made.slice(0, 1) });
  await gate.beforeLeaving();
  expect(asked).toEqual([]);
});

test("nothing is asked before something passes", () => {
  expect(gateOver([]).asked).toEqual([]);
});

const TAKEN = "homelab:nodes[1].vmId: 127 is already taken by";
test.each<[string, Guest, string]>([
  ["a VM on another host", guest(127, { host: "pve2" }), `${TAKEN} VM "nas" on pve2 (running)`],
  [
    "a stopped container",
    guest(127, { kind: "lxc", name: "dns", status: "stopped" }),
    `${TAKEN} container "dns" on pve (stopped)`,
  ],
  [
    "a container with our tags",
    guest(127, { ...OWN_WORKER, kind: "lxc" }),
    `${TAKEN} container "lab-worker-1" on pve (running)`,
  ],
  [
    "something on a host that is off",
    { vmId: 127, kind: "qemu", host: "pve3", status: "unknown", tags: [] },
    `${TAKEN} VM on pve3 (its host is off)`,
  ],
  [
    "another cluster's machine",
    guest(127, { name: "rack-worker-1", tags: ["rack", "talos", "worker"] }),
    `${TAKEN} VM "rack-worker-1" on pve (running)`,
  ],
])("an id of %s stops whatever comes first", async (_, other, expected) => {
  for (const pass of ["image", "create cp-1", "update cp-1", "create worker-1"]) {
    const { gate, refusal } = gateOver([other, ...(pass === "update cp-1" ? [OWN_CP] : [])]);
    const passing = {
      image: () => gate.beforeImage(),
      "create cp-1": () => gate.beforeCreate(cp),
      "update cp-1": () => gate.beforeUpdate(cp, "pve"),
      "create worker-1": () => gate.beforeCreate(worker),
    }[pass]!();
    const told = await refusal(passing);
    expect(told, pass).toBe(
      `This run is refused before it changes Proxmox:\n  ${expected}; give "worker-1" an id that is free`,
    );
  }
});

test("all nodes' ids are told of in one message, and by the others only that they were left", async () => {
  const { gate, refusal } = gateOver([guest(126), guest(127)]);
  const [first, second] = await Promise.all([
    refusal(gate.beforeCreate(cp)),
    refusal(gate.beforeCreate(worker)),
  ]);
  expect(first.match(/homelab:nodes\[\d\]/g)).toEqual(["homelab:nodes[0]", "homelab:nodes[1]"]);
  expect(second).toBe('"worker-1" was left as it is: this run is refused, as said above.');
});

test("a machine of ours that the state does not know stops its own creation, and names what helps", async () => {
  const { gate, refusal } = gateOver([OWN_WORKER]);
  await gate.beforeImage();
  expect(await refusal(gate.beforeCreate(worker))).toContain(
    'taken by VM "lab-worker-1" on pve (running); that is what an interrupted run left behind: `npm run recover` takes it',
  );
});

test("a machine that takes the place of a deleted one is made, though the list still has the old one", async () => {
  const guests = [OWN_CP, OWN_WORKER];
  const { gate } = gateOver(guests);
  await gate.beforeUpdate(cp, "pve");
  guests.pop();
  await expect(gate.beforeCreate(worker)).resolves.toBeUndefined();
});

test("an id whose owner the token cannot see is taken all the same", async () => {
  const { gate, refusal } = gateOver([], { hidden: [127] });
  expect(await refusal(gate.beforeCreate(worker))).toContain(
    "homelab:nodes[1].vmId: 127 is taken by a machine or container that this token cannot see",
  );
});

const MOVED =
  'homelab:nodes[1].host: "worker-1" (VM 127) is on pve2 now, not on pve; run `pulumi up --refresh`';
test.each<[string, Guest]>([
  ["moved by hand", { ...OWN_WORKER, host: "pve2" }],
  [
    "moved by HA, and known by its tags alone",
    guest(127, { tags: OWN_WORKER.tags, host: "pve2", name: "renamed" }),
  ],
  ["moved, and stopped", { ...OWN_WORKER, host: "pve2", status: "stopped" }],
])("a machine that was %s stops changes of it and of others", async (_, moved) => {
  for (const pass of [
    (gate: ProxmoxGate) => gate.beforeUpdate(worker, "pve"),
    (gate: ProxmoxGate) => gate.beforeUpdate(cp, "pve"),
    (gate: ProxmoxGate) => gate.beforeImage(),
  ]) {
    const { gate, refusal } = gateOver([OWN_CP, moved]);
    const told = await refusal(pass(gate));
    expect(told).toContain(MOVED);
    expect(told.split("\n")).toHaveLength(2);
  }
});

test("a machine that is gone is missed where it would be changed", async () => {
  const { gate, refusal } = gateOver([OWN_CP]);
  expect(await refusal(gate.beforeUpdate(worker, "pve"))).toContain(
    'homelab:nodes[1]: VM 127 of "worker-1" is gone from Proxmox; run `pulumi up --refresh`',
  );
});

test.each([
  ["8.3.2", true],
  ["7.4-3", true],
  ["8.4.0", false],
  ["8.4-1", false],
  ["8.10.1", false],
  ["9.0.3", false],
])("Proxmox VE %s is too old: %s", async (version, refused) => {
  const { gate, refusal } = gateOver([], { version });
  const told = await refusal(gate.beforeImage());
  expect(told.includes(`Proxmox VE ${version} answers there, and 8.4 or later is needed`)).toBe(refused);
});
