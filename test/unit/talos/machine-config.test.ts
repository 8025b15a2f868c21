import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { HomelabConfig, NodeConfig } from "../../../src/config/types.ts";
import { DEFAULT_DISK_LABEL, nodePatches, rolePatches } from "../../../src/talos/machine-config.ts";
import { lab, nodeOf, rack } from "../../components/support/homelabs.ts";

const INSTALLER = "factory.talos.dev/nocloud-installer/abc:v1.12.0";

function documents(config: HomelabConfig, node: NodeConfig): unknown[] {
  return nodePatches(config, node, INSTALLER).map((patch) => parse(patch) as unknown);
}

function networkOf({ machine }: { machine: object }): object {
  return (machine as { network: object }).network;
}

/** The mounts by which the kubelet hands Longhorn's volumes on. */
const EXTRA_MOUNTS = [
  {
    destination: "/var/mnt/longhorn",
    type: "bind",
    source: "/var/mnt/longhorn",
    options: ["bind", "rshared", "rw"],
  },
  {
    destination: "/var/lib/longhorn",
    type: "bind",
    source: "/var/mnt/longhorn",
    options: ["bind", "rshared", "rw"],
  },
];

/** Said on every contract, because Talos reboots for a change of them. */
const FEATURES = { rbac: true, apidCheckExtKeyUsage: true };

describe("patches of a role", () => {
  test("control planes take workloads or not, as configured", () => {
    expect(rolePatches(lab(), "controlplane")).toEqual([
      "cluster:\n  allowSchedulingOnControlPlanes: true\n",
    ]);
    expect(rolePatches(rack(), "controlplane")).toEqual([
      "cluster:\n  allowSchedulingOnControlPlanes: false\n",
    ]);
  });

  test("workers get none: the setting is refused in a worker's config", () => {
    expect(rolePatches(lab(), "worker")).toEqual([]);
  });
});

describe("patches of a node", () => {
  test("with a data disk: mounts, label, hostname and volume", () => {
    const config = lab();
    expect(documents(config, nodeOf(config, "worker-1"))).toEqual([
      {
        machine: {
          install: { image: INSTALLER, diskSelector: { size: "== 34359738368" } },
          network: {
            interfaces: [
              {
                deviceSelector: { physical: true },
                dhcp: false,
                addresses: ["192.168.1.127/24"],
                routes: [{ network: "0.0.0.0/0", gateway: "192.168.1.1" }],
              },
            ],
            nameservers: ["192.168.1.1"],
          },
          kubelet: { nodeIP: { validSubnets: ["192.168.1.0/24"] }, extraMounts: EXTRA_MOUNTS },
          features: FEATURES,
          nodeLabels: { "node.longhorn.io/create-default-disk": "true" },
          env: { HOMELAB_DATA_DISK_BYTES: "42949672960" },
        },
      },
      { apiVersion: "v1alpha1", kind: "HostnameConfig", auto: "off", hostname: "worker-1" },
      {
        apiVersion: "v1alpha1",
        kind: "UserVolumeConfig",
        name: "longhorn",
        provisioning: {
          diskSelector: {
            match: 'disk.size == 42949672960u && disk.transport == "virtio" && !system_disk',
          },
          minSize: "39GiB",
          grow: true,
        },
        filesystem: { type: "xfs" },
      },
    ]);
  });

  test("a lone control plane has no VIP and differs from the worker in names and addresses only", () => {
    const config = lab();
    const asWorker = nodePatches(config, nodeOf(config, "worker-1"), INSTALLER).map((patch) =>
      patch.replaceAll("192.168.1.127/24", "192.168.1.126/24").replaceAll("worker-1", "cp-1"),
    );
    expect(nodePatches(config, nodeOf(config, "cp-1"), INSTALLER)).toEqual(asWorker);
  });

  test("behind a VIP and without a data disk: the VIP, but no mounts, label or volume", () => {
    const config = rack();
    expect(documents(config, nodeOf(config, "cp-2"))).toEqual([
      {
        machine: {
          install: { image: INSTALLER, diskSelector: { size: "== 34359738368" } },
          network: {
            interfaces: [
              {
                deviceSelector: { physical: true },
                dhcp: false,
                addresses: ["10.20.0.12/24"],
                routes: [{ network: "0.0.0.0/0", gateway: "10.20.0.1" }],
                vip: { ip: "10.20.0.10" },
              },
            ],
            nameservers: ["10.20.0.1", "9.9.9.9"],
          },
          kubelet: { nodeIP: { validSubnets: ["10.20.0.0/24"] } },
          features: FEATURES,
        },
      },
      { apiVersion: "v1alpha1", kind: "HostnameConfig", auto: "off", hostname: "cp-2" },
    ]);
  });

  test("a worker never holds the VIP; a configured MAC selects the device, in Talos's lower case", () => {
    const config = rack();
    expect(documents(config, nodeOf(config, "worker-3"))).toEqual([
      {
        machine: {
          install: { image: INSTALLER, diskSelector: { size: "== 51539607552" } },
          network: {
            interfaces: [
              {
                deviceSelector: { hardwareAddr: "bc:24:11:20:00:23" },
                dhcp: false,
                addresses: ["10.20.0.23/24"],
                routes: [{ network: "0.0.0.0/0", gateway: "10.20.0.1" }],
              },
            ],
            nameservers: ["10.20.0.1", "9.9.9.9"],
          },
          kubelet: { nodeIP: { validSubnets: ["10.20.0.0/24"] }, extraMounts: EXTRA_MOUNTS },
          features: FEATURES,
          nodeLabels: { "node.longhorn.io/create-default-disk": "true" },
          env: { HOMELAB_DATA_DISK_BYTES: "214748364800" },
        },
      },
      { apiVersion: "v1alpha1", kind: "HostnameConfig", auto: "off", hostname: "worker-3" },
      {
        apiVersion: "v1alpha1",
        kind: "UserVolumeConfig",
        name: "longhorn",
        provisioning: {
          diskSelector: {
            match: 'disk.size == 214748364800u && disk.transport == "virtio" && !system_disk',
          },
          minSize: "199GiB",
          grow: true,
        },
        filesystem: { type: "xfs" },
      },
    ]);
  });

  test("before 1.12 the hostname is a field, and everything else is as it was", () => {
    const config = lab();
    const node = nodeOf(config, "worker-1");
    const [machine, hostname, ...others] = documents(config, node) as [{ machine: object }, unknown, unknown];
    const older = { ...config, cluster: { ...config.cluster, talosVersion: "v1.11.6" } };
    expect(hostname).toHaveProperty("kind", "HostnameConfig");
    expect(documents(older, node)).toEqual([
      {
        machine: {
          ...machine.machine,
          network: { hostname: "worker-1", ...networkOf(machine) },
          features: { ...FEATURES, stableHostname: { $patch: "delete" } },
        },
      },
      ...others,
    ]);
  });

  test("label values are strings, as Kubernetes wants them", () => {
    expect(DEFAULT_DISK_LABEL).toEqual({ "node.longhorn.io/create-default-disk": "true" });
    const [machine] = documents(lab(), nodeOf(lab(), "cp-1"));
    expect(machine).toHaveProperty(["machine", "nodeLabels", "node.longhorn.io/create-default-disk"], "true");
  });

  test("a hostname that YAML could take for a number stays text", () => {
    const config = lab();
    const node = { ...nodeOf(config, "worker-1"), name: "0127" };
    expect(documents(config, node)[1]).toEqual({
      apiVersion: "v1alpha1",
      kind: "HostnameConfig",
      auto: "off",
      hostname: "0127",
    });
  });
});
