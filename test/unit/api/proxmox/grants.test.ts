/** The token's rights: as the README grants them, enough for everything that the provider asks for, and nothing more. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  GRANTS,
  grant,
  grantsFor,
  START_ORDER,
  type Grant,
} from "../../../../rehearsal/api/proxmox/access/grants.ts";
import { placesOf } from "../../../../rehearsal/api/proxmox/access/places.ts";
import { serveProxmox } from "../../../../rehearsal/api/proxmox/server.ts";
import { REPOSITORY } from "../../../../rehearsal/paths.ts";
import { registerSchematic } from "../../../../rehearsal/world/factory/images.ts";
import { lab } from "../../../components/support/homelabs.ts";
import { fixture, PLACES, SCHEMATIC, withVm } from "../../../support/world/proxmox.ts";
import { call, CREATION, live, TOKEN } from "./client.ts";

async function served<Result>(
  grants: readonly Grant[],
  act: (url: string) => Promise<Result>,
): Promise<Result> {
  const { world } = fixture();
  registerSchematic(world, SCHEMATIC);
  const server = await serveProxmox(world, { token: TOKEN, access: grant(TOKEN, PLACES, grants) });
  try {
    return await act(server.url);
  } finally {
    await server.close();
  }
}

function without(role: string, privilege: string): Grant[] {
  return GRANTS.map((each) =>
    each.role === role
      ? { ...each, privileges: each.privileges.filter((other) => other !== privilege) }
      : each,
  );
}

test("the grants are enough for an image's and a VM's life", async () => {
  expect(await served(GRANTS, live)).toEqual([]);
});

test("a token without any grant gets what everybody gets: versions, names, and lists without anything in them", async () => {
  const refused = await served([], live);
  expect(refused.filter((line) => / 403 /.test(line)).length).toBeGreaterThan(15);
  expect(refused.filter((line) => /GET \/(version|nodes|pools|cluster\/resources):/.test(line))).toEqual([]);
  const machines = await served([], (url) => call(url, "GET", "/cluster/resources", { type: "vm" }));
  expect(machines.body.data).toEqual([]);
  const nodes = await served([], (url) => call(url, "GET", "/nodes"));
  expect(nodes.body.data).toEqual([
    { node: "pve1", id: "node/pve1", type: "node", status: "online" },
    { node: "pve2", id: "node/pve2", type: "node", status: "online" },
  ]);
});

/** What Proxmox says when it misses one. Where several ways are closed it names none. */
const MISSED: Record<string, string> = {
  "VM.Allocate": "Permission check failed",
  "Sys.AccessNetwork": "Permission check failed",
  "SDN.Use": "Permission check failed (/sdn/zones/localnetwork/vmbr0/20, SDN.Use)",
  "Sys.Audit": "Permission check failed (/, Sys.Audit)",
  "HomelabImages Datastore.Audit":
    "Permission check failed (/storage/local, Datastore.Audit|Datastore.AllocateSpace)",
  "HomelabDisks Datastore.Audit": "Permission check failed (/storage/local-lvm, Datastore.Audit)",
  "Datastore.Allocate": "Permission check failed (/storage/local, Datastore.Allocate)",
  "Datastore.AllocateTemplate": "Permission check failed (/storage/local, Datastore.AllocateTemplate)",
  "Datastore.AllocateSpace": "Permission check failed (/storage/local-lvm, Datastore.AllocateSpace)",
};

const each = GRANTS.flatMap(({ role, privileges }) => privileges.map((privilege) => ({ role, privilege })));

test.each(each)(
  "without $privilege of $role something fails, and Proxmox says so",
  async ({ role, privilege }) => {
    const refused = await served(without(role, privilege), live);
    const words =
      MISSED[`${role} ${privilege}`] ??
      MISSED[privilege] ??
      `Permission check failed (/vms/100, ${privilege})`;
    expect(refused.join("\n")).toContain(`: 403 ${words}`);
  },
);

test("a start order takes Sys.Modify on /, and the host's own CD drive Sys.Console", async () => {
  const create = (changes: Record<string, string>) => (url: string) =>
    call(url, "POST", "/nodes/pve1/qemu", { ...CREATION, ...changes });
  const order = create({ startup: "order=1,up=30" });
  expect(await served(GRANTS, order)).toMatchObject({
    status: 403,
    reason: "Permission check failed (/, Sys.Modify)",
  });
  expect(await served([...GRANTS, START_ORDER], order)).toMatchObject({ status: 200 });
  expect(await served(GRANTS, create({ ide3: "file=cdrom,media=cdrom" }))).toMatchObject({
    status: 403,
    reason: "Permission check failed (/, Sys.Console)",
  });
});

test("places that were not granted are closed", async () => {
  const create = (changes: Record<string, string>) => (url: string) =>
    call(url, "POST", "/nodes/pve1/qemu", { ...CREATION, ...changes });
  const disk = await served(GRANTS, create({ virtio1: "file=other:40" }));
  expect(disk.reason).toBe("Permission check failed (/storage/other, Datastore.AllocateSpace)");
  const bridge = await served(GRANTS, create({ net0: "model=virtio,bridge=vmbr9" }));
  expect(bridge.reason).toBe("Permission check failed (/sdn/zones/localnetwork/vmbr9, SDN.Use)");
  const args = await served(GRANTS, create({ args: "-device x" }));
  expect(args).toMatchObject({ status: 500, reason: "only root can set 'args' config" });
});

test("a rehearsal's token has them where the config says, and where machines lie that an older one made", async () => {
  const { state } = (await withVm({ virtio2: "file=tank:1", net1: "virtio,bridge=vmbr1" })).world;
  const config = lab();
  expect(placesOf(config, { proxmox: { hosts: {}, vms: {} } })).toEqual({
    images: ["local"],
    disks: ["local-lvm"],
    bridges: ["vmbr0"],
  });
  expect(placesOf(config, state)).toEqual({
    images: ["local"],
    disks: ["local-lvm", "tank"],
    bridges: ["vmbr0", "vmbr1"],
  });
  expect(grantsFor(config)).toBe(GRANTS);
  expect(grantsFor({ proxmox: { ...config.proxmox, startOrder: true } })).toContain(START_ORDER);
});

/** The commands of the README's first stage, one a line. */
function commands(): string[] {
  const text = readFileSync(join(REPOSITORY, "README.md"), "utf8");
  const stage = /### 1\. Proxmox\n([\s\S]*?)\n### 2\./.exec(text)![1]!;
  const blocks = [...stage.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block!);
  return blocks
    .join("")
    .replaceAll(/\\\n\s*/g, "")
    .split("\n")
    .map((line) => line.trim());
}

test("the README grants exactly this", () => {
  const roles = commands().flatMap((line) => {
    const [, role, privileges] = /^pveum role add (\S+) --privs "([^"]+)"$/.exec(line) ?? [];
    return role ? [[role, privileges!.split(/\s+/).sort()]] : [];
  });
  const acl = commands().flatMap((line) => {
    const [, path, role, rest = ""] =
      /^pveum acl modify (\S+) --users pulumi@pve --roles (\S+)(.*)$/.exec(line) ?? [];
    return path ? [{ path, role, propagate: rest.trim() !== "--propagate 0" }] : [];
  });
  const places = { images: ["local"], disks: ["local-lvm"], bridges: ["vmbr0"] };
  expect(Object.fromEntries(roles)).toEqual(
    Object.fromEntries(GRANTS.map(({ role, privileges }) => [role, [...privileges].sort()])),
  );
  const expected = GRANTS.flatMap(({ role, paths, propagate }) =>
    paths(places).map((path) => ({ path, role, propagate })),
  );
  expect(acl).toHaveLength(expected.length);
  expect(acl).toEqual(expect.arrayContaining(expected));
  expect(commands().filter((line) => /^pveum (role|acl)/.test(line))).toHaveLength(roles.length + acl.length);
});
