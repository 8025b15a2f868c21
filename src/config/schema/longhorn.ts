import { z } from "zod";
import { LONGHORN_CHARTS } from "../versions.ts";
import { text, whole } from "./fields.ts";

/** Where Talos mounts the user volume `longhorn`. */
export const USER_VOLUME = "/var/mnt/longhorn";

export const longhornSchema = z
  .strictObject({
    version: text(
      /^[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}$/,
      "is no version of the Longhorn chart, such as 1.12.1",
    )
      .default(LONGHORN_CHARTS[0] ?? "")
      .meta({ description: `Version of the Longhorn chart: ${LONGHORN_CHARTS.join(", ")}.` }),
    // Longhorn's own limit for a volume's replicas (longhorn-manager, ValidateReplicaCount).
    replicaCount: whole(1, 20, "replicas").optional().meta({
      description:
        "Copies of each volume, each on a node of its own; at most one for each node with a data disk.",
      defaultNote: "one for each node with a data disk, at most 3",
    }),
    dataPath: text(
      /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._-]{1,100})+$/,
      `is no plain absolute path, such as ${USER_VOLUME}`,
    )
      .default(USER_VOLUME)
      .meta({ description: `Where replicas lie on a node: ${USER_VOLUME} or a directory in it.` }),
    deletingConfirmation: z.boolean().optional().meta({
      description: "Let Longhorn be uninstalled. It must be true, and applied, before a destroy.",
      defaultNote: "true where `homelab:protect` is false",
    }),
    tolerateControlPlanes: z.boolean().default(false).meta({
      description: "Run Longhorn on control planes although other workloads may not.",
    }),
  })
  .meta({ description: "The storage." });
