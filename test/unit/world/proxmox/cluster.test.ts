/** Several hosts that make one Proxmox: one space of ids, hosts that are off, machines that go from one to the other. */
import { describe, expect, test } from "vitest";
import {
  clusterResources,
  clusterStatus,
  nodeList,
} from "../../../../rehearsal/api/proxmox/cluster-views.ts";
import { Caller } from "../../../../rehearsal/api/proxmox/access/permission.ts";
import { clusterRoutes } from "../../../../rehearsal/api/proxmox/cluster-routes.ts";
import { findRoute } from "../../../../rehearsal/api/proxmox/routes.ts";
import { download } from "../../../../rehearsal/world/proxmox/storage/files.ts";
import type { Hardware } from "../../../../rehearsal/world/proxmox/hardware/hosts.ts";
import {
  migrate,
  recoverByHa,
  switchOffHost,
  type MigrationRequest,
} from "../../../../rehearsal/world/proxmox/qemu/migrate.ts";
import { createVm, nextVmId } from "../../../../rehearsal/world/proxmox/qemu/vms.ts";
import type { World } from "../../../../rehearsal/world/kernel/world.ts";
import {
  fixture,
  HARDWARE,
  kinds,
  PROVIDER_ACCESS,
  PROVIDER_TOKEN,
  refusal,
  vmParameters,
  withImage,
  withVm,
} from "../../../support/world/proxmox.ts";

const CONTAINERS: Hardware = {
  ...HARDWARE,
  containers: [
    { vmId: 100, name: "pihole", host: "pve2" },
    { vmId: 101, name: "old", host: "pve2", running: false },
  ],
};

const CALLER = new Caller(PROVIDER_ACCESS, PROVIDER_TOKEN);

const byId = (world: World, vmId: number) =>
  clusterResources(world, CALLER, "vm").find((entry) => entry["vmid"] === vmId);

const online: MigrationRequest = { target: "pve2", online: true, withLocalDisks: true };

/** VM 100 with all of its disks on a datastore that both hosts share, running. */
async function onSharedDisks() {
  const made = fixture({
    ...HARDWARE,
    hosts: HARDWARE.hosts.map((host) => ({
      ...host,
      datastores: [
        ...host.datastores,
        { name: "nfs", type: "dir", content: ["images"], sizeGiB: 200, shared: true },
      ],
    })),
  });
  await withImage(made.world);
  const parameters = Object.entries(vmParameters({ start: "1" })).map(([key, value]) => [
    key,
    value.replaceAll("local-lvm", "nfs"),
  ]);
  await createVm(made.world, "pve1", Object.fromEntries(parameters) as Record<string, string>).run();
  return made;
}

describe("containers", () => {
  test("take ids from machines, whichever host is asked", async () => {
    const { world } = fixture(CONTAINERS);
    await withImage(world);
    expect(await refusal(() => createVm(world, "pve1", vmParameters()))).toBe(
      "unable to create VM 100 - CT 100 already exists on node 'pve2'",
    );
    expect(nextVmId(world)).toBe(102);
    const { handle } = findRoute("GET", "/cluster/nextid")!;
    const ask = (vmid: string) =>
      handle({ world, caller: CALLER, tasks: undefined as never, path: [], parameters: { vmid } });
    expect(await refusal(() => Promise.resolve().then(() => ask("101")))).toContain(
      "vmid: VM 101 already exists",
    );
    expect(ask("102")).toBe("102");
  });

  test("are listed with the machines, with host, name and state", () => {
    const { world } = fixture(CONTAINERS);
    expect(byId(world, 100)).toMatchObject({ type: "lxc", node: "pve2", name: "pihole", status: "running" });
    expect(byId(world, 101)).toMatchObject({ type: "lxc", status: "stopped" });
    expect(byId(world, 900)).toMatchObject({ type: "qemu", node: "pve1", name: "nas", status: "running" });
  });
});

describe("a host that is off", () => {
  test("answers nothing, and everything on it stays in the list, without name and figures", async () => {
    const { world, calls } = await withVm({ start: "1" });
    await switchOffHost(world, "pve1");
    expect(calls).toContain("stop 100");
    expect(await refusal(() => createVm(world, "pve1", vmParameters({ vmid: "101" })))).toBe(
      "No route to host",
    );
    expect(byId(world, 100)).toEqual({
      id: "qemu/100",
      vmid: 100,
      type: "qemu",
      node: "pve1",
      status: "unknown",
    });
    expect(nodeList(world, CALLER).map(({ node, status }) => [node, status])).toEqual([
      ["pve1", "offline"],
      ["pve2", "online"],
    ]);
    expect(clusterStatus(world)).toMatchObject([
      { type: "cluster", nodes: 2, quorate: 0 },
      { name: "pve1", online: 0 },
      { name: "pve2", online: 1 },
    ]);
  });

  test("still holds its ids", async () => {
    const { world } = await withVm();
    await withImage(world, "pve2");
    await switchOffHost(world, "pve1");
    expect(await refusal(() => createVm(world, "pve2", vmParameters()))).toContain("VM 100 already exists");
  });

  test("can be described so, with what is on it", () => {
    const [first, second] = HARDWARE.hosts;
    const { world } = fixture({ ...HARDWARE, hosts: [{ ...first!, off: true }, second!] });
    expect(world.state.proxmox.vms["900"]!.power).toBe("stopped");
    expect(byId(world, 900)).toMatchObject({ status: "unknown" });
  });
});

describe("a migration", () => {
  test("takes the machine along while it runs, and copies its local disks", async () => {
    const { world, calls } = await withVm({ start: "1" });
    const vm = world.state.proxmox.vms["100"]!;
    const before = { id: vm.disks["virtio1"]!.id, at: world.clock.now() };
    await migrate(world, "pve1", 100, online).run();
    expect(vm).toMatchObject({ host: "pve2", power: "running", disks: { virtio1: { id: before.id } } });
    expect(world.clock.now() - before.at).toBeGreaterThan(400);
    expect(calls).toEqual(["on 100"]);
    expect(kinds(world).at(-1)).toBe("vm-moved");
    expect(byId(world, 100)).toMatchObject({ node: "pve2", status: "running" });
  });

  test.each<[string, Partial<MigrationRequest>, string]>([
    ["to where it is", { target: "pve1" }, "target: target is local node."],
    ["to a host that does not exist", { target: "pve9" }, "no such cluster node 'pve9'"],
    ["of a running machine, but not online", { online: false }, "can't migrate running VM without --online"],
    ["without its local disks", { withLocalDisks: false }, "can't migrate VM - check log"],
  ])("%s is refused", async (_, change, message) => {
    const { world } = await withVm({ start: "1" });
    expect(await refusal(() => migrate(world, "pve1", 100, { ...online, ...change }))).toContain(message);
    expect(world.state.proxmox.vms["100"]).toMatchObject({ host: "pve1" });
  });

  test("needs the datastores of its disks on the other host", async () => {
    const { world } = await withVm();
    delete world.state.proxmox.hosts["pve2"]!.datastores["local-lvm"];
    expect(await refusal(() => migrate(world, "pve1", 100, online))).toBe(
      "storage 'local-lvm' is not available on node 'pve2'",
    );
  });

  test("goes over the API, and no machine is in HA's hands", () => {
    const paths = clusterRoutes.map(({ method, pattern }) => `${method} ${pattern.source}`);
    expect(paths).toContain("POST ^\\/nodes\\/([^/]+)\\/qemu\\/([^/]+)\\/migrate$");
    const { handle, caught } = findRoute("GET", "/cluster/ha/resources/vm%3A100")!;
    const ask = () =>
      handle({
        world: fixture().world,
        caller: CALLER,
        tasks: undefined as never,
        path: Object.values(caught),
        parameters: {},
      });
    expect(ask).toThrow("no such resource 'vm:100'");
  });
});

describe("HA", () => {
  test("starts a machine on another host once its own is gone, from shared disks", async () => {
    const { world, calls } = await onSharedDisks();
    await switchOffHost(world, "pve1");
    await recoverByHa(world, 100, "pve2");
    expect(world.state.proxmox.vms["100"]).toMatchObject({ host: "pve2", power: "running" });
    expect(calls).toEqual(["on 100", "stop 100", "on 100"]);
  });

  test("cannot with disks of its own on the host that is gone", async () => {
    const { world } = await withVm({ start: "1" });
    await switchOffHost(world, "pve1");
    await expect(recoverByHa(world, 100, "pve2")).rejects.toThrow("has disks of its own on pve1");
  });

  test("shared disks are counted once for all hosts, and go along at once", async () => {
    const { world } = await onSharedDisks();
    const at = world.clock.now();
    const storage = () =>
      clusterResources(world, CALLER, "storage")
        .filter((entry) => entry["storage"] === "nfs")
        .map(({ used }) => used);
    const [here, there] = storage();
    expect(here).toBe(there);
    expect(here).toBeGreaterThan(0);
    await migrate(world, "pve1", 100, { ...online, withLocalDisks: false }).run();
    expect(world.clock.now() - at).toBeLessThan(60);
  });
});

test.each([
  ["8.3.2", false],
  ["8.4.0", true],
  ["9.0.3", true],
])("Proxmox VE %s takes a disk image as import content: %s", async (version, takes) => {
  const { world } = fixture({ ...HARDWARE, version });
  const request = { content: "import", fileName: "talos.qcow2", url: "https://factory.talos.dev/image/x" };
  const answer = await refusal(() => {
    download(world, "pve1", "local", request);
    return Promise.resolve();
  });
  expect(answer).toBe(
    takes ? "(no refusal)" : "Parameter verification failed. filename: invalid filename or wrong extension",
  );
});
