import { z } from "zod";
import { says, text, whole } from "./fields.ts";

const KUBERNETES_ENDPOINT = "is no address of a Kubernetes API: https://<host>:6443 with nothing behind it";

/** Long enough for a slow disk and a slow line; a limit only says when to stop waiting and tell. */
const timeout = (seconds: number, description: string) =>
  whole(1, 86_400, "seconds").default(seconds).meta({ description });

const timeoutsSchema = z
  .strictObject({
    healthy: timeout(
      900,
      "Seconds until the cluster must be fit for the next node: etcd with all members, every node Ready, every volume whole.",
    ),
    pull: timeout(900, "Seconds for a node to download the installer image."),
    upgrade: timeout(
      1800,
      "Seconds from the order to upgrade until the node is up again: drain, installation, reboot.",
    ),
    ready: timeout(900, "Seconds from then until Kubernetes says that the node is Ready and schedulable."),
    volumes: timeout(3600, "Seconds until every Longhorn volume has all of its copies again."),
    kubernetes: timeout(3600, "Seconds for the upgrade of Kubernetes on all nodes."),
    snapshot: timeout(300, "Seconds for a snapshot of etcd."),
  })
  .meta({ description: "How long each step of an upgrade may take, in seconds." });

export const upgradeSchema = z
  .strictObject({
    talosctl: text(/^\P{Cc}{1,4096}$/u, "is no path or name of a program")
      .default("talosctl")
      .meta({ description: "The `talosctl` of the workstation: a name on the PATH, or a path." }),
    talosEndpoint: text(/^[A-Za-z0-9.-]{1,253}:[0-9]{1,5}$/, "is no host and port, such as 127.0.0.1:50000")
      .optional()
      .meta({
        description:
          "Where the Talos API of a running cluster is reached by upgrades, for those behind a tunnel. A control plane must be at its end: " +
          "it passes requests on to the node that they name.",
        examples: ["127.0.0.1:50000"],
        defaultNote: "the control planes' own addresses",
      }),
    kubernetesEndpoint: text(/^https:\/\/[^\s/@]+\/?$/, KUBERNETES_ENDPOINT)
      .refine((value) => URL.canParse(value), says(KUBERNETES_ENDPOINT))
      .optional()
      .meta({
        description: "Where the Kubernetes API is reached by upgrades, for those behind a tunnel.",
        examples: ["https://127.0.0.1:6443"],
        defaultNote: "the cluster's endpoint",
      }),
    snapshots: z
      .strictObject({
        directory: text(/^\P{Cc}{1,4096}$/u, "is no path of a folder")
          .optional()
          .meta({
            description:
              "Folder on the workstation for snapshots of etcd, which hold the cluster's secrets; relative to the project. Only you can read " +
              "the files. A folder that has to be made is yours alone; one that is there keeps its permissions, and is refused when everybody may write in it.",
            defaultNote: "`etcd-snapshots/<cluster name>`",
          }),
        keep: whole(1, 1000, "snapshots")
          .default(5)
          .meta({ description: "How many snapshots are kept; older ones are deleted." }),
      })
      .prefault({})
      .meta({ description: "Snapshots of etcd, taken before each control plane is upgraded." }),
    timeouts: timeoutsSchema.prefault({}),
  })
  .meta({ description: "How Talos and Kubernetes are upgraded." });
