import { X509Certificate } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { selfSigned } from "../../../../rehearsal/api/proxmox/certificate.ts";
import { grant } from "../../../../rehearsal/api/proxmox/access/grants.ts";
import { serveProxmox, type ProxmoxServer } from "../../../../rehearsal/api/proxmox/server.ts";
import { registerSchematic } from "../../../../rehearsal/world/factory/images.ts";
import { call as ask, TOKEN, type Form } from "../../api/proxmox/client.ts";
import {
  fixture,
  IMAGE_URL,
  kinds,
  PLACES,
  SCHEMATIC,
  vmParameters,
  withImage,
  type Fixture,
} from "../../../support/world/proxmox.ts";

/** One datastore for images that a disk may be asked for on, too. */
const access = grant(TOKEN, { ...PLACES, disks: [...PLACES.disks, "local"] });

let made: Fixture;
let server: ProxmoxServer;

beforeEach(async () => {
  made = fixture();
  server = await serveProxmox(made.world, { token: TOKEN, access });
});

afterEach(() => server.close());

const call = (method: string, path: string, form?: Form, token?: string) =>
  ask(server.url, method, path, form, token);

test("the certificate is a real one, self-signed, for loopback", () => {
  const { cert } = selfSigned("rehearsal");
  const read = new X509Certificate(cert);
  expect(read.verify(read.publicKey)).toBe(true);
  expect(read.subject).toBe("CN=rehearsal");
  expect(read.checkIP("127.0.0.1")).toBe("127.0.0.1");
  expect(read.checkHost("localhost")).toBe("localhost");
  expect(new Date(read.validTo).getTime()).toBeGreaterThan(Date.now());
});

test("a machine is made by a task, whose status is held until it is done", async () => {
  await withImage(made.world);
  const created = await call("POST", "/nodes/pve1/qemu", vmParameters());
  const upid = String(created.body.data);
  expect(upid).toMatch(/^UPID:pve1:[0-9A-F]{8}:[0-9A-F]{8}:[0-9A-F]{8}:qmcreate:100:rehearsal@pve!homelab:$/);
  const status = await call("GET", `/nodes/pve1/tasks/${encodeURIComponent(upid)}/status`);
  expect(status.body.data).toMatchObject({
    status: "stopped",
    exitstatus: "OK",
    type: "qmcreate",
    id: "100",
  });
  const config = await call("GET", "/nodes/pve1/qemu/100/config");
  expect(config.body.data).toMatchObject({
    cores: 2,
    memory: 4096,
    virtio1: "local-lvm:vm-100-disk-1,serial=data-100,size=40G",
  });
  const volume = await call(
    "GET",
    `/nodes/pve1/storage/local-lvm/content/${encodeURIComponent("local-lvm:vm-100-disk-1")}`,
  );
  expect(volume.body.data).toMatchObject({ format: "raw", size: 42_949_672_960 });
  const resources = await call("GET", "/cluster/resources?type=vm");
  expect(resources.body.data).toContainEqual(
    expect.objectContaining({ vmid: 100, node: "pve1", status: "stopped" }),
  );
});

test("a task that fails says why in its status, its log and the record", async () => {
  const created = await call("POST", "/nodes/pve1/qemu", vmParameters());
  const task = `/nodes/pve1/tasks/${encodeURIComponent(String(created.body.data))}`;
  const why = "unable to create VM 100 - volume 'local:import/talos.qcow2' does not exist";
  expect((await call("GET", `${task}/status`)).body.data).toMatchObject({ exitstatus: why });
  expect((await call("GET", `${task}/log`)).body.data).toEqual([{ n: 1, t: `TASK ERROR: ${why}` }]);
  expect(made.world.state.events.at(-1)).toMatchObject({
    kind: "request-refused",
    severity: "warning",
    detail: { reason: why },
  });
});

test("refusals are in the status line and the body, parameters one by one", async () => {
  await withImage(made.world);
  const taken = await call("POST", "/nodes/pve2/qemu", vmParameters({ vmid: "900" }));
  expect(taken).toMatchObject({
    status: 500,
    reason: "unable to create VM 900 - VM 900 already exists on node 'pve1'",
    body: { data: null },
  });
  const wrong = await call("POST", "/nodes/pve1/qemu", vmParameters({ virtio1: "file=local:40" }));
  expect(wrong).toMatchObject({
    status: 400,
    reason: "Parameter verification failed.",
    body: { data: null, errors: { storage: "storage 'local' does not support vm images" } },
  });
  expect(kinds(made.world).filter((kind) => kind === "request-refused")).toHaveLength(2);
});

test("asking for a machine that is gone is answered, and is no refusal", async () => {
  const gone = await call("GET", "/nodes/pve1/qemu/100/status/current");
  expect(gone).toMatchObject({
    status: 500,
    reason: "Configuration file 'nodes/pve1/qemu-server/100.conf' does not exist",
  });
  expect(kinds(made.world)).toEqual([]);
});

test.each([
  ["a wrong secret", "rehearsal@pve!homelab=guess", "invalid token value!"],
  ["another token", "root@pam!other=guess", "no such token 'other' for user 'root@pam'"],
])(
  "%s is not let in, and leaves no trace: a stranger's requests are none of this world's",
  async (_, token, reason) => {
    expect(await call("GET", "/version", undefined, token)).toMatchObject({ status: 401, reason });
    expect(made.world.state.events).toEqual([]);
  },
);

test("a path that this API does not have is said to be missing", async () => {
  const answer = await call("POST", "/nodes/pve1/qemu/900/clone", { newid: "101" });
  expect(answer).toMatchObject({
    status: 501,
    reason: "Method 'POST /api2/json/nodes/pve1/qemu/900/clone' not implemented",
  });
  expect(made.world.state.events.at(-1)?.text).toContain("clone");
});

test("metadata and download of an image go over the API", async () => {
  registerSchematic(made.world, SCHEMATIC);
  const query = await call("GET", `/nodes/pve1/query-url-metadata?url=${encodeURIComponent(IMAGE_URL)}`);
  expect(query.body.data).toMatchObject({ filename: "nocloud-amd64.qcow2" });
  const form = { content: "import", filename: "talos.qcow2", url: IMAGE_URL };
  const { body } = await call("POST", "/nodes/pve1/storage/local/download-url", form);
  await call("GET", `/nodes/pve1/tasks/${encodeURIComponent(String(body.data))}/status`);
  const files = await call("GET", "/nodes/pve1/storage/local/content?content=import");
  expect(files.body.data).toMatchObject([
    { volid: "local:import/talos.qcow2", content: "import", format: "qcow2" },
  ]);
  expect(
    (
      await call(
        "DELETE",
        `/nodes/pve1/storage/local/content/${encodeURIComponent("local:import/talos.qcow2")}`,
      )
    ).status,
  ).toBe(200);
  expect(await call("GET", "/nodes/pve1/storage/local/content")).toMatchObject({ body: { data: [] } });
});

test("a taken port is one clear sentence", async () => {
  await expect(serveProxmox(made.world, { token: TOKEN, access, port: server.port })).rejects.toThrow(
    `Port ${server.port} on 127.0.0.1 is taken`,
  );
});

test("a machine whose creation was cut off with the last run is cleared away", async () => {
  made.world.state.proxmox.vms["100"] = {
    vmId: 100,
    host: "pve1",
    power: "stopped",
    disks: {},
    config: { lock: "create" },
  };
  const again = await serveProxmox(made.world, { token: TOKEN, access });
  await again.close();
  expect(made.world.state.proxmox.vms["100"]).toBeUndefined();
  expect(made.world.state.events.at(-1)?.text).toContain("cut off");
});
