/** The configuration as the user writes it: one schema for each key of the project `homelab`. */
import { z } from "zod";
import { clusterSchema } from "./schema/cluster.ts";
import { longhornSchema } from "./schema/longhorn.ts";
import { networkSchema } from "./schema/network.ts";
import { nodeSchema } from "./schema/nodes.ts";
import { proxmoxSchema } from "./schema/proxmox.ts";
import { traefikSchema } from "./schema/traefik.ts";
import { upgradeSchema } from "./schema/upgrade.ts";
import type { Consent } from "./types.ts";

/** Name of the Pulumi project, and so the namespace of its configuration keys. */
export const PROJECT = "homelab";

export const TOKEN_KEY = "proxmoxApiToken";

export const CONSENTS: [Consent, ...Consent[]] = ["single-replica", "new-data-path"];

export const configSchema = z.strictObject({
  cluster: clusterSchema,
  network: networkSchema,
  proxmox: proxmoxSchema,
  nodes: z
    .array(nodeSchema)
    .min(1, { error: "names no node; at least one control plane is needed" })
    .meta({
      description: "The nodes, each a virtual machine on one of the Proxmox hosts.",
      examples: [[{ name: "cp-1", role: "controlplane" }]],
    }),
  longhorn: longhornSchema.prefault({}),
  traefik: traefikSchema.prefault({}),
  upgrade: upgradeSchema.prefault({}),
  protect: z.boolean().default(true).meta({
    description:
      "Whether VMs, cluster secrets, Longhorn and Traefik refuse to be deleted. Set it to false, and `up`, before a destroy.",
  }),
  allow: z
    .array(z.enum(CONSENTS))
    .max(CONSENTS.length, { error: "names a change more than once" })
    .default([])
    .meta({
      description:
        "Changes of storage that are meant although the plan would refuse them: `single-replica`, for fewer than two copies, and " +
        "`new-data-path`, for another data path under a running Longhorn.",
      examples: [["single-replica"]],
    }),
});

export type ClusterInput = z.output<typeof clusterSchema>;
export type NetworkInput = z.output<typeof networkSchema>;
export type ProxmoxInput = z.output<typeof proxmoxSchema>;
export type NodeInput = z.output<typeof nodeSchema>;
export type LonghornInput = z.output<typeof longhornSchema>;
export type TraefikInput = z.output<typeof traefikSchema>;
export type UpgradeInput = z.output<typeof upgradeSchema>;
export type ConfigInput = z.output<typeof configSchema>;
