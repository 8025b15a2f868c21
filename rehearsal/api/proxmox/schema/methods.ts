/**
 * Every method that is served here, with its parameters and the rights that Proxmox asks for before it looks at them. Derived from
 * the API schema that Proxmox VE 9 publishes (pve-docs: api-viewer/apidata.js), which a test compares it with.
 */
import { all, any, either, perm, type Permission } from "../access/permission.ts";
import { flag, int, oneOf, required, text, type Facts } from "./facts.ts";
import { change, changeInBackground, creation, machine, node, vmid } from "./machines.ts";

export interface Method {
  /** Further rights, which depend on the values, are in access/by-value.ts. */
  permission: Permission;
  parameters: Facts;
}

const storage = required(text({ format: "pve-storage-id" }));
const volume = { node, storage: text({ format: "pve-storage-id" }), volume: required(text()) };
const url = required(text({ pattern: "https?://.*" }));
const disk = [
  ...numbered("ide", 4),
  ...numbered("scsi", 31),
  ...numbered("virtio", 16),
  ...numbered("sata", 6),
  "efidisk0",
  "tpmstate0",
];
/** A URL may be fetched by who may change the whole cluster, or may use this node's network. */
const fetching = either(perm("/", "Sys.Audit", "Sys.Modify"), perm("/nodes/{node}", "Sys.AccessNetwork"));
const readsStorage = any("/storage/{storage}", "Datastore.Audit", "Datastore.AllocateSpace");
const changesConfig = any(
  "/vms/{vmid}",
  ...["Disk", "CDROM", "CPU", "Memory", "Network", "HWType", "Options", "Cloudinit"].map(
    (what) => `VM.Config.${what}`,
  ),
);
const audits = perm("/vms/{vmid}", "VM.Audit");
const asksAgent = any("/vms/{vmid}", "VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted");
const power = perm("/vms/{vmid}", "VM.PowerMgmt");
const timeout = int(0);

export const METHODS: Record<string, Method> = {
  "GET /version": { permission: "all", parameters: {} },
  "GET /nodes": { permission: "all", parameters: {} },
  "GET /pools": {
    permission: "all",
    parameters: {
      poolid: text({ format: "pve-poolid" }),
      type: { ...oneOf("qemu lxc storage"), requires: "poolid" },
    },
  },
  "GET /cluster/status": { permission: perm("/", "Sys.Audit"), parameters: {} },
  "GET /cluster/nextid": {
    permission: "all",
    parameters: { vmid: { ...int(100, 999_999_999), format: "pve-vmid" } },
  },
  "GET /cluster/ha/resources/{sid}": {
    permission: perm("/", "Sys.Audit"),
    parameters: { sid: required(text({ format: "pve-ha-resource-or-vm-id" })) },
  },
  "GET /cluster/resources": { permission: "all", parameters: { type: oneOf("vm storage node sdn") } },

  "GET /nodes/{node}/query-url-metadata": {
    permission: fetching,
    parameters: { node, url, "verify-certificates": flag },
  },
  "POST /nodes/{node}/storage/{storage}/download-url": {
    permission: all(perm("/storage/{storage}", "Datastore.AllocateTemplate"), fetching),
    parameters: {
      node,
      storage,
      url,
      checksum: text({ requires: "checksum-algorithm" }),
      "checksum-algorithm": { ...oneOf("md5 sha1 sha224 sha256 sha384 sha512"), requires: "checksum" },
      compression: text(),
      content: required({ ...oneOf("iso vztmpl import"), format: "pve-storage-content" }),
      filename: required(text({ maxLength: 255 })),
      "verify-certificates": flag,
    },
  },
  "GET /nodes/{node}/storage/{storage}/status": { permission: readsStorage, parameters: { node, storage } },
  "GET /nodes/{node}/storage/{storage}/content": {
    permission: readsStorage,
    parameters: {
      node,
      storage,
      content: text({ format: "pve-storage-content" }),
      vmid: { ...int(100, 999_999_999), format: "pve-vmid" },
    },
  },
  "GET /nodes/{node}/storage/{storage}/content/{volume}": { permission: "all", parameters: volume },
  "DELETE /nodes/{node}/storage/{storage}/content/{volume}": {
    permission: "all",
    parameters: { ...volume, delay: int(1, 30) },
  },

  "GET /nodes/{node}/tasks/{upid}/status": {
    permission: "all",
    parameters: { node, upid: required(text()) },
  },
  "GET /nodes/{node}/tasks/{upid}/log": {
    permission: "all",
    parameters: { node, upid: required(text()), download: flag, limit: int(0), start: int(0) },
  },
  "DELETE /nodes/{node}/tasks/{upid}": { permission: "all", parameters: { node, upid: required(text()) } },

  "GET /nodes/{node}/qemu": { permission: "all", parameters: { node, full: flag } },
  "POST /nodes/{node}/qemu": { permission: "all", parameters: creation },
  "DELETE /nodes/{node}/qemu/{vmid}": {
    permission: perm("/vms/{vmid}", "VM.Allocate"),
    parameters: { node, vmid, "destroy-unreferenced-disks": flag, purge: flag, skiplock: flag },
  },
  "GET /nodes/{node}/qemu/{vmid}/config": {
    permission: audits,
    parameters: { node, vmid, current: flag, snapshot: text({ maxLength: 40, format: "pve-configid" }) },
  },
  "PUT /nodes/{node}/qemu/{vmid}/config": { permission: changesConfig, parameters: change },
  "POST /nodes/{node}/qemu/{vmid}/config": { permission: changesConfig, parameters: changeInBackground },
  "PUT /nodes/{node}/qemu/{vmid}/resize": {
    permission: perm("/vms/{vmid}", "VM.Config.Disk"),
    parameters: {
      node,
      vmid,
      digest: text({ maxLength: 40 }),
      disk: required(oneOf(disk.join(" "))),
      size: required(text({ pattern: "\\+?\\d+(\\.\\d+)?[KMGT]?" })),
      skiplock: flag,
    },
  },
  "PUT /nodes/{node}/qemu/{vmid}/cloudinit": {
    permission: perm("/vms/{vmid}", "VM.Config.Cloudinit"),
    parameters: { node, vmid },
  },
  "GET /nodes/{node}/qemu/{vmid}/status/current": { permission: audits, parameters: { node, vmid } },
  "POST /nodes/{node}/qemu/{vmid}/migrate": {
    permission: perm("/vms/{vmid}", "VM.Migrate"),
    parameters: {
      node,
      vmid,
      bwlimit: int(0),
      force: flag,
      migration_network: text({ format: "CIDR" }),
      migration_type: oneOf("secure insecure"),
      online: flag,
      target: required(text({ format: "pve-node" })),
      targetstorage: text({ format: "storage-pair-list" }),
      "with-conntrack-state": flag,
      "with-local-disks": flag,
    },
  },
  // qemu-server: API2/Qemu/Agent.pm
  "POST /nodes/{node}/qemu/{vmid}/agent/ping": { permission: asksAgent, parameters: { node, vmid } },
  "GET /nodes/{node}/qemu/{vmid}/agent/network-get-interfaces": {
    permission: asksAgent,
    parameters: { node, vmid },
  },
  "POST /nodes/{node}/qemu/{vmid}/status/start": {
    permission: power,
    parameters: {
      node,
      vmid,
      timeout,
      machine,
      "force-cpu": text(),
      migratedfrom: text({ format: "pve-node" }),
      migration_network: text({ format: "CIDR" }),
      migration_type: oneOf("secure insecure"),
      "nets-host-mtu": text({ pattern: "net\\d+=\\d+(,net\\d+=\\d+)*" }),
      skiplock: flag,
      stateuri: text({ maxLength: 128 }),
      targetstorage: text({ format: "storage-pair-list" }),
      "with-conntrack-state": flag,
    },
  },
  "POST /nodes/{node}/qemu/{vmid}/status/stop": {
    permission: power,
    parameters: {
      node,
      vmid,
      timeout,
      keepActive: flag,
      migratedfrom: text({ format: "pve-node" }),
      "overrule-shutdown": flag,
      skiplock: flag,
    },
  },
  "POST /nodes/{node}/qemu/{vmid}/status/shutdown": {
    permission: power,
    parameters: { node, vmid, timeout, forceStop: flag, keepActive: flag, skiplock: flag },
  },
  "POST /nodes/{node}/qemu/{vmid}/status/reboot": { permission: power, parameters: { node, vmid, timeout } },
};

function numbered(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${name}${index}`);
}
