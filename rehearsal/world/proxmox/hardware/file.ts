/** A hardware description from a YAML file, checked so that every mistake gets one message with its place. */
import { readFile } from "node:fs/promises";
import { parseDocument } from "yaml";
import { z } from "zod";
import type { StoreType } from "../state.ts";
import type { Hardware } from "./hosts.ts";
import { STORE_TYPES } from "../storage/types.ts";

const name = z.string().min(1);
const size = z.number().positive();

const vmId = z.int().min(100).max(999_999_999);

const HARDWARE = z.strictObject({
  version: z
    .string()
    .regex(/^\d+(\.\d+){1,2}$/, "is no release of Proxmox VE such as 8.4.1")
    .optional(),
  hosts: z
    .array(
      z.strictObject({
        name,
        cpus: z.int().positive(),
        memoryGiB: size,
        bridges: z.array(name).min(1),
        datastores: z
          .array(
            z.strictObject({
              name,
              type: z.enum(Object.keys(STORE_TYPES) as StoreType[]),
              content: z.array(
                z.enum(["import", "images", "iso", "snippets", "vztmpl", "backup", "rootdir"]),
              ),
              sizeGiB: size,
              shared: z.boolean().optional(),
            }),
          )
          .min(1),
        off: z.boolean().optional(),
      }),
    )
    .min(1),
  foreignVms: z
    .array(
      z.strictObject({
        vmId,
        name,
        host: name,
        address: z.ipv4().optional(),
        macAddress: z
          .string()
          .regex(/^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$/, "is no MAC address such as BC:24:11:00:00:01")
          .optional(),
        disks: z.array(z.strictObject({ datastore: name, sizeGiB: size })).optional(),
      }),
    )
    .optional(),
  containers: z.array(z.strictObject({ vmId, name, host: name, running: z.boolean().optional() })).optional(),
});

export class HardwareError extends Error {
  constructor(
    source: string,
    readonly mistakes: string[],
  ) {
    super(
      [`${source} is no valid hardware description:`, ...mistakes.map((mistake) => `  - ${mistake}`)].join(
        "\n",
      ),
    );
  }
}

export async function loadHardware(file: string): Promise<Hardware> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new HardwareError(file, [code === "ENOENT" ? "the file does not exist" : String(error)]);
  }
  return parseHardware(text, file);
}

export function parseHardware(text: string, source: string): Hardware {
  const document = parseDocument(text);
  if (document.errors.length > 0) {
    throw new HardwareError(
      source,
      document.errors.map((error) => error.message.split("\n")[0]!),
    );
  }
  const read = HARDWARE.safeParse(document.toJS());
  if (!read.success) {
    throw new HardwareError(
      source,
      read.error.issues.map((issue) => `${place(issue.path)}: ${issue.message}`),
    );
  }
  const hardware = read.data;
  const mistakes = inconsistencies(hardware);
  if (mistakes.length > 0) throw new HardwareError(source, mistakes);
  return hardware;
}

function inconsistencies({ hosts, foreignVms = [], containers = [] }: Hardware): string[] {
  const mistakes: string[] = [];
  const unique = (values: (string | number | undefined)[], where: (index: number) => string): void => {
    values.forEach((value, index) => {
      if (value !== undefined && values.indexOf(value) < index)
        mistakes.push(`${where(index)}: ${value} is there twice`);
    });
  };
  unique(
    hosts.map((host) => host.name),
    (index) => `hosts[${index}].name`,
  );
  hosts.forEach((host, at) => {
    unique(
      host.datastores.map((datastore) => datastore.name),
      (index) => `hosts[${at}].datastores[${index}].name`,
    );
    host.datastores.forEach(({ type, content, shared }, index) => {
      const place = `hosts[${at}].datastores[${index}]`;
      const facts = STORE_TYPES[type];
      if (shared === true && facts.shared === "never")
        mistakes.push(`${place}.shared: a ${type} datastore is local to its host`);
      if (shared === false && facts.shared === "always")
        mistakes.push(`${place}.shared: a ${type} datastore is one for all of its hosts`);
      const wrong = content.find((kind) => !facts.content.includes(kind));
      if (wrong) mistakes.push(`${place}.content: a ${type} datastore cannot hold ${wrong}`);
    });
  });
  for (const key of ["vmId", "address", "macAddress"] as const) {
    unique(
      foreignVms.map((vm) => vm[key]),
      (index) => `foreignVms[${index}].${key}`,
    );
  }
  const hostOf = (guest: { host: string }, path: string) => {
    const found = hosts.find(({ name }) => name === guest.host);
    const known = hosts.map((one) => one.name).join(", ");
    if (!found) mistakes.push(`${path}.host: there is no host ${guest.host} (hosts: ${known})`);
    return found;
  };
  containers.forEach((container, at) => {
    hostOf(container, `containers[${at}]`);
    if ([...foreignVms, ...containers.slice(0, at)].some((other) => other.vmId === container.vmId))
      mistakes.push(`containers[${at}].vmId: ${container.vmId} is there twice`);
  });
  foreignVms.forEach((vm, at) => {
    const host = hostOf(vm, `foreignVms[${at}]`);
    if (!host) return;
    vm.disks?.forEach(({ datastore }, index) => {
      const found = host.datastores.find((one) => one.name === datastore);
      const where = `foreignVms[${at}].disks[${index}].datastore`;
      if (!found) mistakes.push(`${where}: ${host.name} has no datastore ${datastore}`);
      else if (!found.content.includes("images"))
        mistakes.push(`${where}: ${datastore} holds no VM disks (images)`);
    });
  });
  return mistakes;
}

function place(path: PropertyKey[]): string {
  const text = path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
  return text.replace(/^\./, "") || "(top level)";
}
