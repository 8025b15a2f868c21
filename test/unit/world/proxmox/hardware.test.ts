import { expect, test } from "vitest";
import { hardwareFor, installHardware } from "../../../../rehearsal/world/proxmox/hardware/hosts.ts";
import { parseHardware, loadHardware } from "../../../../rehearsal/world/proxmox/hardware/file.ts";
import type { HomelabConfig, NodeConfig } from "../../../../src/config/types.ts";

const node = (index: number, changes: Partial<NodeConfig> = {}): NodeConfig => ({
  name: `node-${index}`,
  role: index === 0 ? "controlplane" : "worker",
  host: "pve1",
  vmId: 900 + index,
  address: `192.168.1.${3 + index}`,
  cores: 4,
  memoryGiB: 8,
  osDisk: { sizeGiB: 32, datastore: "local-lvm" },
  dataDisk: { sizeGiB: 40, datastore: "tank", serial: `data-${index}` },
  extraDisks: [],
  ...changes,
});

const config = {
  cluster: { name: "lab", endpoint: "192.168.1.3" },
  network: {
    subnet: "192.168.1.0/24",
    prefixLength: 24,
    gateway: "192.168.1.5",
    nameservers: ["192.168.1.6"],
    bridge: "vmbr1",
  },
  proxmox: { endpoint: "", insecure: true, imageDatastore: "images", diskDatastore: "local-lvm" },
  nodes: [node(0), node(1, { host: "pve2", cores: 12, memoryGiB: 64 })],
} as unknown as HomelabConfig;

test("a derived homelab has what the config names, and room for it", () => {
  const { hosts, foreignVms } = hardwareFor(config);
  expect(hosts.map(({ name }) => name)).toEqual(["pve1", "pve2"]);
  expect(hosts[0]!.bridges).toEqual(["vmbr0", "vmbr1"]);
  expect(hosts[1]!.cpus).toBe(14);
  expect(hosts[1]!.memoryGiB).toBe(80);
  const byName = Object.fromEntries(hosts[0]!.datastores.map((datastore) => [datastore.name, datastore]));
  expect(Object.keys(byName).sort()).toEqual(["images", "local", "local-lvm", "tank"]);
  expect(byName["local"]).toMatchObject({
    type: "dir",
    content: ["iso", "vztmpl", "backup", "import", "snippets"],
  });
  expect(byName["local-lvm"]).toMatchObject({ type: "lvmthin", content: ["images", "rootdir"] });
  expect(byName["images"]).toMatchObject({ type: "dir" });
  expect(byName["images"]!.content).toContain("import");
  expect(byName["tank"]!.type).toBe("zfspool");
  // Ids and addresses of the environment, its gateway and name server are taken.
  expect(foreignVms).toMatchObject([{ vmId: 902, host: "pve1", address: "192.168.1.7" }]);
});

test("a directory that the config puts disks on holds images too", () => {
  const { hosts } = hardwareFor({ ...config, proxmox: { ...config.proxmox, diskDatastore: "local" } });
  expect(hosts[0]!.datastores.find(({ name }) => name === "local")!.content).toContain("images");
});

test("installed, the foreign machine runs with its disk full of data", () => {
  let last = 0;
  const { hosts, vms } = installHardware(hardwareFor(config), { nextId: (prefix) => `${prefix}-${++last}` });
  expect(hosts["pve1"]!.datastores["local"]!.capacityBytes).toBe(100 * 1024 ** 3);
  expect(vms["902"]).toMatchObject({
    power: "running",
    foreign: true,
    disks: { scsi0: { content: { kind: "foreign" } } },
  });
});

const VALID = `
hosts:
  - name: pve1
    cpus: 8
    memoryGiB: 32
    bridges: [vmbr0]
    datastores:
      - {name: local, type: dir, content: [import], sizeGiB: 50}
      - {name: fast, type: lvmthin, content: [images], sizeGiB: 200}
foreignVms:
  - {vmId: 900, name: nas, host: pve1, address: 192.168.1.50, disks: [{datastore: fast, sizeGiB: 10}]}
`;

test("hosts that are off, containers and the release are read", () => {
  const text = `version: 8.3.2${VALID.replace("cpus: 8", "cpus: 8\n    off: true")}containers: [{vmId: 901, name: dns, host: pve1}]`;
  expect(parseHardware(text, "x.yaml")).toMatchObject({
    version: "8.3.2",
    hosts: [{ off: true }],
    containers: [{ vmId: 901, name: "dns", host: "pve1" }],
  });
});

test("a description from a file is read", () => {
  expect(parseHardware(VALID, "x.yaml").hosts[0]!.datastores[1]!.type).toBe("lvmthin");
});

test.each([
  ["a missing key", VALID.replace("    cpus: 8\n", ""), "hosts[0].cpus: "],
  ["an unknown key", VALID.replace("cpus: 8", "cpus: 8\n    gpus: 1"), 'hosts[0]: Unrecognized key: "gpus"'],
  ["an unknown type", VALID.replace("lvmthin", "ceph"), "hosts[0].datastores[1].type: "],
  [
    "a name twice",
    VALID.replace("name: fast", "name: local").replace("datastore: fast", "datastore: local"),
    "hosts[0].datastores[1].name: local is there twice",
  ],
  [
    "content that the type cannot hold",
    VALID.replace("[images]", "[images, import]"),
    "a lvmthin datastore cannot hold import",
  ],
  [
    "a foreign machine on no host",
    VALID.replace("host: pve1, address", "host: pve7, address"),
    "there is no host pve7 (hosts: pve1)",
  ],
  [
    "a foreign disk on no datastore",
    VALID.replace("datastore: fast", "datastore: slow"),
    "pve1 has no datastore slow",
  ],
  [
    "a foreign disk where disks cannot be",
    VALID.replace("datastore: fast", "datastore: local"),
    "local holds no VM disks (images)",
  ],
  [
    "a container on no host",
    `${VALID}containers: [{vmId: 901, name: dns, host: pve7}]`,
    "containers[0].host: there is no host pve7",
  ],
  [
    "an id that a machine has",
    `${VALID}containers: [{vmId: 900, name: dns, host: pve1}]`,
    "containers[0].vmId: 900 is there twice",
  ],
  [
    "a local datastore that is shared",
    VALID.replace("sizeGiB: 200", "sizeGiB: 200, shared: true"),
    "hosts[0].datastores[1].shared: a lvmthin datastore is local to its host",
  ],
  [
    "a shared datastore that is local",
    VALID.replace("type: dir", "type: nfs, shared: false"),
    "hosts[0].datastores[0].shared: a nfs datastore is one for all of its hosts",
  ],
  [
    "disks on CephFS",
    VALID.replace("type: lvmthin", "type: cephfs"),
    "hosts[0].datastores[1].content: a cephfs datastore cannot hold images",
  ],
  [
    "a release that is none",
    `version: bookworm${VALID}`,
    "version: is no release of Proxmox VE such as 8.4.1",
  ],
  ["text that is no YAML", "hosts: [", "x.yaml is no valid hardware description"],
])("%s is said with its place", (_, text, message) => {
  expect(() => parseHardware(text, "x.yaml")).toThrow(message);
});

test("every mistake is said at once", () => {
  const text = VALID.replace("cpus: 8", "cpus: none").replace("sizeGiB: 200", "sizeGiB: -1");
  expect(() => parseHardware(text, "x.yaml")).toThrow(/cpus[^]*sizeGiB/);
});

test("a file that is not there is said in one sentence", async () => {
  await expect(loadHardware("/nowhere/hardware.yaml")).rejects.toThrow("- the file does not exist");
});
