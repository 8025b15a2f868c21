import { z } from "zod";
import { TALOS_RELEASES } from "../versions.ts";
import { ipv4, label, text } from "./fields.ts";

export const clusterSchema = z
  .strictObject({
    name: label().meta({
      description:
        "Name of the cluster: in kubeconfig and talosconfig, and in front of the VM names (`lab-cp-1`).",
      examples: ["lab"],
    }),
    talosVersion: text(
      /^v[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}$/,
      "is no Talos release, such as v1.12.0, with the v",
    ).meta({
      description: `Talos release, with the v; supported are the releases of ${TALOS_RELEASES.map((release) => release.minor).join(" and ")}.`,
      examples: ["v1.12.0"],
    }),
    kubernetesVersion: text(
      /^[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}$/,
      "is no Kubernetes release, such as 1.35.0, without a v",
    )
      .optional()
      .meta({
        description: "Kubernetes release, without a v, within what the Talos release supports.",
        examples: ["1.35.0"],
        defaultNote: `the one of the Talos release: ${TALOS_RELEASES.map((release) => `${release.defaultKubernetes} with ${release.minor}`).join(", ")}`,
      }),
    endpoint: ipv4()
      .optional()
      .meta({
        description:
          "Address that the Kubernetes API is reached at: a control plane's address or the VIP. Just the address; the port is 6443.",
        examples: ["192.168.1.126"],
        defaultNote: "the VIP, else the first control plane's address",
      }),
    vip: ipv4()
      .optional()
      .meta({
        description:
          "An address of the subnet that no node has, which the control planes move among themselves (Talos's virtual IP).",
        examples: ["10.20.0.10"],
        defaultNote: "none",
      }),
    extensions: z
      .array(
        text(
          /^(?:[a-z0-9-]{1,60}\/)?[a-z0-9][a-z0-9-]{0,60}$/,
          "is no name of a Talos extension, such as siderolabs/zfs",
        ),
      )
      .max(50, { error: "names more than fifty extensions" })
      .default([])
      .meta({
        description:
          "Official Talos extensions to have in the image besides iscsi-tools, util-linux-tools and qemu-guest-agent, which are always there.",
        examples: [["siderolabs/intel-ucode"]],
      }),
    allowSchedulingOnControlPlanes: z.boolean().optional().meta({
      description: "Whether workloads, Longhorn's among them, may run on control planes.",
      defaultNote:
        "true when a control plane has a data disk that Longhorn could not reach otherwise, or when there is no worker; else false",
    }),
  })
  .meta({ description: "The Talos and Kubernetes cluster." });
