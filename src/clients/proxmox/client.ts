/**
 * What the Proxmox provider has no question for: everything that has an id, over all hosts, those that are off included. It
 * only reads. Permissions: none of its own; it is shown what the token may audit.
 */
import { z } from "zod";
import { openConnection, type Answer, type Connection } from "./request.ts";
import { Unanswered, wordsForStatus } from "./unanswered.ts";

/** A machine or a container. */
export interface Guest {
  vmId: number;
  kind: "qemu" | "lxc";
  host: string;
  /** Not known of what is on a host that is off. */
  name?: string;
  /** `running`, `stopped`, or `unknown` on a host that is off. */
  status: string;
  tags: string[];
}

/** Each question rejects with an {@link Unanswered} that says where and why. */
export interface ProxmoxClient {
  /** Release of Proxmox VE, e.g. `8.4.1`. */
  version(): Promise<string>;
  /** All machines and containers that the token may see. */
  guests(): Promise<Guest[]>;
  /** Whether anything has that id, seen or unseen. */
  isTaken(vmId: number): Promise<boolean>;
}

const versionAnswer = z.object({ data: z.object({ version: z.string().regex(/^\d+\.\d+/) }) });

const guestsAnswer = z.object({
  data: z.array(
    z.object({
      vmid: z.coerce.number().int(),
      type: z.enum(["qemu", "lxc"]),
      node: z.string(),
      name: z.string().optional(),
      status: z.string().default("unknown"),
      tags: z.string().default(""),
    }),
  ),
});

export function proxmoxClient(connection: Connection): ProxmoxClient {
  const { endpoint, token } = connection;
  const ask = openConnection(connection);
  const refused = ({ status, reason }: Answer) =>
    new Unanswered(endpoint, wordsForStatus(status, reason, token));

  async function read<T>(path: string, shape: z.ZodType<T>): Promise<T> {
    const answer = await ask(path);
    if (answer.status !== 200) throw refused(answer);
    const parsed = shape.safeParse(jsonIn(answer.body));
    if (!parsed.success) throw new Unanswered(endpoint, `what answers there is no Proxmox API (${path})`);
    return parsed.data;
  }

  return {
    version: async () => (await read("/version", versionAnswer)).data.version,
    guests: async () => {
      const { data } = await read("/cluster/resources?type=vm", guestsAnswer);
      return data.map(({ vmid, type, node, name, status, tags }) => ({
        vmId: vmid,
        kind: type,
        host: node,
        ...(name !== undefined && { name }),
        status,
        tags: tags.split(/[;, ]+/).filter((tag) => tag !== ""),
      }));
    },
    isTaken: async (vmId) => {
      const answer = await ask(`/cluster/nextid?vmid=${vmId}`);
      if (answer.status === 200) return false;
      // A wrong parameter: the id that was asked for [pve-manager: API2/Cluster.pm, nextid].
      if (answer.status === 400 && answer.body.includes("already exists")) return true;
      throw refused(answer);
    },
  };
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
