/** A client of the simulated Proxmox, and what the provider asks it for in a machine's life, as recorded from it. */
import { request } from "node:https";
import { IMAGE_URL, vmParameters } from "../../../support/world/proxmox.ts";

export const TOKEN = "rehearsal@pve!homelab=secret-of-the-token";

export interface Answer {
  status: number;
  reason: string;
  body: { data: unknown; message?: string; errors?: Record<string, string> };
}

export type Form = Record<string, string>;

/** With a GET the form is the query. */
export function call(url: string, method: string, path: string, form?: Form, token = TOKEN): Promise<Answer> {
  const text = new URLSearchParams(form).toString();
  const query = form && (method === "GET" || method === "DELETE") ? `?${text}` : "";
  const headers = {
    authorization: `PVEAPIToken=${token}`,
    "content-type": "application/x-www-form-urlencoded",
  };
  return new Promise((resolve, reject) => {
    const target = `${url}api2/json${path}${query}`;
    const sent = request(target, { method, headers, rejectUnauthorized: false }, (response) => {
      let body = "";
      response.on("data", (chunk) => (body += String(chunk)));
      response.on("end", () =>
        resolve({
          status: response.statusCode!,
          reason: response.statusMessage!,
          body: JSON.parse(body) as Answer["body"],
        }),
      );
    });
    sent.on("error", reject);
    sent.end(query ? undefined : text);
  });
}

const fetching = { url: IMAGE_URL, "verify-certificates": "1" };
const disk = "aio=io_uring,backup=1,iothread=1,discard=on,cache=none,replicate=1";

/** As the provider makes a VM of the program's; it sends every option that it has a default for. */
export const CREATION: Form = vmParameters({
  acpi: "1",
  agent: "enabled=1,fstrim_cloned_disks=1,type=virtio",
  balloon: "0",
  cpu: "host",
  description: "Talos worker worker-1 of cluster lab. Managed by Pulumi.",
  ide2: "file=local-lvm:cloudinit,",
  ide3: "file=none,media=cdrom,",
  keyboard: "en-us",
  machine: "q35",
  nameserver: "192.168.1.1 9.9.9.9",
  net0: "model=virtio,bridge=vmbr0,firewall=0,macaddr=BC:24:11:00:01:00,tag=20",
  numa: "0",
  onboot: "1",
  ostype: "l26",
  protection: "0",
  scsi0: `file=local-lvm:0,import-from=local:import/talos.qcow2,size=34359738368,ssd=0,${disk}`,
  scsihw: "virtio-scsi-single",
  serial0: "socket",
  smbios1: "base64=1,uuid=4199bc85-2244-47fb-b66e-63412e816977",
  sockets: "1",
  tablet: "1",
  tags: "lab;talos;worker",
  template: "0",
  virtio1: `file=local-lvm:40,size=42949672960,serial=data-100,${disk}`,
});

const vm = "/nodes/pve1/qemu/100";
const storage = "/nodes/pve1/storage";
const image = encodeURIComponent("local:import/talos.qcow2");

/** In order: an image and a VM are made, changed, looked at and deleted; and our own reads of the Proxmox cluster. */
export const LIFE: [method: string, path: string, form?: Form][] = [
  ["GET", "/version"],
  ["GET", "/cluster/status"],
  ["GET", "/nodes"],
  ["GET", "/pools"],
  ["GET", "/cluster/resources", { type: "vm" }],
  ["GET", "/nodes/pve1/query-url-metadata", fetching],
  [
    "POST",
    `${storage}/local/download-url`,
    { ...fetching, content: "import", filename: "talos.qcow2", node: "pve1", storage: "local" },
  ],
  ["GET", `${storage}/local/content`, { content: "import" }],
  ["GET", `${storage}/local/content/${image}`],
  ["GET", "/nodes/pve1/qemu"],
  ["POST", "/nodes/pve1/qemu", CREATION],
  ["PUT", `${vm}/resize`, { disk: "scsi0", size: "34359738368" }],
  ["GET", `${vm}/status/current`],
  ["POST", `${vm}/status/start`, { timeout: "1800" }],
  ["GET", `${vm}/config`],
  ["GET", `${storage}/local-lvm/content/${encodeURIComponent("local-lvm:vm-100-disk-1")}`],
  ["PUT", `${vm}/config`, { cores: "4", cpu: "host", numa: "0", sockets: "1", delete: "vcpus,cpulimit" }],
  ["PUT", `${vm}/config`, { memory: "6144", balloon: "0" }],
  ["PUT", `${vm}/config`, { name: "cp-1", virtio1: `file=local-lvm:vm-100-disk-1,serial=data-100,${disk}` }],
  ["PUT", `${vm}/config`, { ipconfig0: "gw=192.168.1.1,ip=192.168.1.126/24", nameserver: "9.9.9.9" }],
  ["PUT", `${vm}/cloudinit`],
  ["POST", `${vm}/status/reboot`, { timeout: "1800" }],
  ["POST", `${vm}/status/shutdown`, { forceStop: "1", timeout: "60" }],
  ["POST", `${vm}/status/stop`],
  ["DELETE", `${vm}/`, { "destroy-unreferenced-disks": "1", purge: "1" }],
  ["DELETE", `${storage}/local/content/${image}`],
];

/** Asks for all of it, waiting for each task. @returns What was refused, in Proxmox's words, with its request. */
export async function live(url: string): Promise<string[]> {
  const refused: string[] = [];
  for (const [method, path, form] of LIFE) {
    const { status, reason, body } = await call(url, method, path, form);
    const errors = Object.entries(body.errors ?? {}).map(([name, text]) => `${name}: ${text}`);
    if (status !== 200) refused.push([`${method} ${path}: ${status} ${reason}`, ...errors].join(" "));
    if (typeof body.data === "string" && body.data.startsWith("UPID:")) {
      await call(url, "GET", `/nodes/pve1/tasks/${encodeURIComponent(body.data)}/status`);
    }
  }
  return refused;
}
