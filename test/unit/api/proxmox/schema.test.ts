/** Names, types and ranges of requests, in Proxmox's words. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { grant } from "../../../../rehearsal/api/proxmox/access/grants.ts";
import { ROUTES } from "../../../../rehearsal/api/proxmox/routes.ts";
import { METHODS } from "../../../../rehearsal/api/proxmox/schema/methods.ts";
import { serveProxmox, type ProxmoxServer } from "../../../../rehearsal/api/proxmox/server.ts";
import { PLACES, withVm } from "../../../support/world/proxmox.ts";
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
