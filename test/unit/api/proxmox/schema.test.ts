/** Names, types and ranges of requests, in Proxmox's words; and our table of them against the published schema where that is at hand. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { grant } from "../../../../rehearsal/api/proxmox/access/grants.ts";
import { ROUTES } from "../../../../rehearsal/api/proxmox/routes.ts";
import type { Fact, Facts } from "../../../../rehearsal/api/proxmox/schema/facts.ts";
import { METHODS } from "../../../../rehearsal/api/proxmox/schema/methods.ts";
import { serveProxmox, type ProxmoxServer } from "../../../../rehearsal/api/proxmox/server.ts";
import { REPOSITORY } from "../../../../rehearsal/paths.ts";
import { PLACES, withVm } from "../../world/proxmox/fixture.ts";
import { call, CREATION, TOKEN, type Form } from "./client.ts";

test("every route has its parameters and rights, and nothing else has", () => {
  expect([...ROUTES].sort()).toEqual(Object.keys(METHODS).sort());
});

describe("a request", () => {
  let server: ProxmoxServer;
  beforeAll(async () => {
    const { world } = await withVm();
    server = await serveProxmox(world, { token: TOKEN, access: grant(TOKEN, PLACES) });
  });
  afterAll(() => server.close());

  const UNKNOWN = "property is not defined in schema and the schema does not allow additional properties";
  const config = "/nodes/pve1/qemu/100/config";
  const creation = { ...CREATION, vmid: "101" };
  const list = "invalid format - invalid key in comma-separated list property";

  test.each<[string, string, string, Form, Record<string, string>]>([
    ["an unknown parameter", "GET", "/version", { extra: "0" }, { extra: UNKNOWN }],
    ["one of another method", "PUT", config, { pool: "x" }, { pool: UNKNOWN }],
    [
      "a number past the last",
      "PUT",
      config,
      { scsi31: "local-lvm:1", net32: "virtio" },
      { scsi31: UNKNOWN, net32: UNKNOWN },
    ],
    ["a number written otherwise", "PUT", config, { net00: "virtio,bridge=vmbr0" }, { net00: UNKNOWN }],
    [
      "what every object has",
      "PUT",
      config,
      { constructor: "1", toString: "1" },
      { constructor: UNKNOWN, toString: UNKNOWN },
    ],
    ["no integer", "PUT", config, { cores: "two" }, { cores: "type check ('integer') failed - got 'two'" }],
    ["no boolean", "PUT", config, { onboot: "yes" }, { onboot: "type check ('boolean') failed - got 'yes'" }],
    ["too little", "PUT", config, { cores: "0" }, { cores: "value must have a minimum value of 1" }],
    ["too much", "PUT", config, { cpulimit: "129" }, { cpulimit: "value must have a maximum value of 128" }],
    [
      "none of the values",
      "PUT",
      config,
      { bios: "uefi" },
      { bios: "value 'uefi' does not have a value in the enumeration 'seabios, ovmf'" },
    ],
    [
      "too long",
      "PUT",
      config,
      { description: "x".repeat(8193) },
      { description: "value may only be 8192 characters long" },
    ],
    [
      "an unlike pattern",
      "PUT",
      "/nodes/pve1/qemu/100/resize",
      { disk: "scsi0", size: "40GB" },
      { size: "value does not match the regex pattern" },
    ],
    [
      "what is missing",
      "PUT",
      "/nodes/pve1/qemu/100/resize",
      { disk: "scsi0" },
      { size: "property is missing and it is not optional" },
    ],
    [
      "half of a pair",
      "PUT",
      config,
      { force: "1", name: "x" },
      { delete: "missing property required by 'force'" },
    ],
    [
      "an unknown option of a disk",
      "PUT",
      config,
      { virtio1: "local-lvm:vm-100-disk-2,speed=1" },
      { virtio1: `${list}: speed\n` },
    ],
    [
      "an option of another bus",
      "POST",
      "/nodes/pve1/qemu",
      { ...creation, virtio1: "file=local-lvm:1,ssd=1" },
      { virtio1: `${list}: ssd\n` },
    ],
    [
      "a wrong value of a disk's option",
      "PUT",
      config,
      { scsi1: "local-lvm:1,cache=fast" },
      {
        scsi1:
          "invalid format - format error\nscsi1.cache: value 'fast' does not have a value in the enumeration 'none, writethrough, writeback, unsafe, directsync'\n",
      },
    ],
    [
      "a VLAN that there is none of",
      "PUT",
      config,
      { net0: "virtio,bridge=vmbr0,tag=4095" },
      { net0: "invalid format - format error\nnet0.tag: value must have a maximum value of 4094\n" },
    ],
    [
      "an option twice",
      "PUT",
      config,
      { agent: "1,enabled=0" },
      { agent: "invalid format - duplicate key in comma-separated list property: enabled\n" },
    ],
    [
      "a part of two sides without a name",
      "PUT",
      config,
      { ipconfig0: "dhcp" },
      { ipconfig0: "invalid format - value without key, but schema does not define a default key\n" },
    ],
    [
      "several mistakes at once",
      "POST",
      "/nodes/pve1/qemu",
      { vmid: "101", cores: "0", tablets: "1" },
      { cores: "value must have a minimum value of 1", tablets: UNKNOWN },
    ],
    [
      "a name in the path and another beside it",
      "PUT",
      config,
      { vmid: "900" },
      { vmid: "duplicate parameter (already defined in URI) with conflicting values!" },
    ],
    [
      "no kind of resource",
      "GET",
      "/cluster/resources",
      { type: "pool" },
      { type: "value 'pool' does not have a value in the enumeration 'vm, storage, node, sdn'" },
    ],
  ])("with %s is refused", async (_, method, path, form, errors) => {
    expect(await call(server.url, method, path, form)).toEqual({
      status: 400,
      reason: "Parameter verification failed.",
      body: { data: null, message: "Parameter verification failed.\n", errors },
    });
  });

  test("as the provider makes it is taken, twice the same name included", async () => {
    const form = {
      ...creation,
      node: "pve1",
      net1: "virtio=BC:24:11:00:09:09,bridge=vmbr0",
      virtio15: "local-lvm:1",
    };
    expect(await call(server.url, "POST", "/nodes/pve1/qemu", form)).toMatchObject({ status: 200 });
  });
});

/** The published table, beside the repository where this project is worked on. */
const PUBLISHED = join(REPOSITORY, "..", "..", "shared", "data", "proxmox-9-api.json");

interface Published {
  permissions: unknown;
  parameters: Record<string, PublishedFact>;
}
interface PublishedFact extends Omit<Fact, "keys" | "minimum" | "maximum"> {
  optional?: 0 | 1;
  minimum?: number | string;
  maximum?: number | string;
  keys?: Record<string, PublishedFact>;
}

/** What is compared: of an alias only that there is one, of a format that stands for keys only its name. */
function facts(fact: PublishedFact | Fact, expanded: boolean, optional: boolean): Record<string, unknown> {
  const { type, minimum, maximum, maxLength, pattern, enum: values, format, requires, keys } = fact;
  if (type === undefined) return {};
  const bound = (value: number | string | undefined) => (value === undefined ? undefined : Number(value));
  return {
    type,
    minimum: bound(minimum),
    maximum: bound(maximum),
    maxLength,
    pattern,
    values: values ?? undefined,
    requires,
    optional,
    ...(expanded ? { keys: Object.keys(keys ?? {}).sort() } : { format }),
  };
}

function compare(ours: Facts, published: Record<string, PublishedFact>, path: string): string[] {
  const missing = Object.keys(published).filter((name) => !Object.hasOwn(ours, name));
  const invented = Object.keys(ours).filter((name) => !Object.hasOwn(published, name));
  const both = Object.keys(ours).filter((name) => Object.hasOwn(published, name));
  return [
    ...missing.map((name) => `${path} ${name} is missing`),
    ...invented.map((name) => `${path} ${name} is invented`),
    ...both.flatMap((name) => {
      const [mine, theirs] = [ours[name]!, published[name]!];
      const expanded = theirs.keys !== undefined;
      const [a, b] = [facts(mine, expanded, !mine.required), facts(theirs, expanded, theirs.optional === 1)];
      const differs =
        JSON.stringify(a) === JSON.stringify(b)
          ? []
          : [`${path} ${name}: ${JSON.stringify(a)} is ${JSON.stringify(b)}`];
      return [...differs, ...(expanded ? compare(mine.keys ?? {}, theirs.keys!, `${path} ${name}`) : [])];
    }),
  ];
}

test.skipIf(!existsSync(PUBLISHED))("the table is what Proxmox publishes", () => {
  const published = JSON.parse(readFileSync(PUBLISHED, "utf8")) as Record<string, Published>;
  const own = Object.keys(METHODS).filter((key) => !Object.hasOwn(published, key));
  // Generated from a list in qemu-server: API2/Qemu/Agent.pm.
  expect(own.filter((key) => !key.includes("/agent/"))).toEqual([]);
  const both = Object.keys(METHODS).filter((key) => Object.hasOwn(published, key));
  expect(both.length).toBeGreaterThan(25);
  for (const key of both)
    expect({ key, permission: METHODS[key]!.permission }).toEqual({
      key,
      permission: published[key]!.permissions,
    });
  expect(both.flatMap((key) => compare(METHODS[key]!.parameters, published[key]!.parameters, key))).toEqual(
    [],
  );
});
