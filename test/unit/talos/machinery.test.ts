/** The machine configs and the selector, judged by Talos's own machinery library where its helper has been built. */
import { existsSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import {
  startMachinery,
  type ConfigInspection,
  type Machinery,
  type MachinerySecrets,
  type SelectorDisk,
} from "../../../rehearsal/machinery.ts";
import { TOOLCHAIN_FILE } from "../../../rehearsal/paths.ts";
import type { HomelabConfig, NodeConfig } from "../../../src/config/types.ts";
import { dataDiskSelector } from "../../../src/talos/data-disk.ts";
import { nodePatches, rolePatches } from "../../../src/talos/machine-config.ts";
import { lab, nodeOf, rack } from "../../components/support/homelabs.ts";

const INSTALLER = "factory.talos.dev/nocloud-installer/abc:v1.12.0";
/** Every document that Talos 1.11 knows and this program could mean (talos v1.11.0, machinery config/types). */
const DOCUMENTS_OF_1_11 = ["v1alpha1", "UserVolumeConfig"];
const executable = helper();

function on1_11(config: HomelabConfig): HomelabConfig {
  return {
    ...config,
    cluster: { ...config.cluster, talosVersion: "v1.11.5", kubernetesVersion: "1.34.0" },
  };
}

function helper(): string | undefined {
  if (!existsSync(TOOLCHAIN_FILE)) return undefined;
  const { talosHelper } = JSON.parse(readFileSync(TOOLCHAIN_FILE, "utf8")) as { talosHelper?: string };
  return talosHelper && existsSync(talosHelper) ? talosHelper : undefined;
}

describe.skipIf(!executable)("Talos's machinery library", () => {
  let machinery: Machinery;
  let secrets: MachinerySecrets;
  beforeAll(async () => {
    machinery = startMachinery(executable!);
    secrets = await machinery.call<MachinerySecrets>("secrets.generate", { talosVersion: "v1.12.0" });
  });
  afterAll(() => machinery.close());

  /** A node's whole config, made as the program's functions and resources make it. */
  async function configOf(
    config: HomelabConfig,
    node: NodeConfig,
    patches = nodePatches(config, node, INSTALLER),
  ): Promise<string> {
    const { cluster } = config;
    const { machineConfiguration } = await machinery.call<{ machineConfiguration: string }>(
      "config.generate",
      {
        clusterName: cluster.name,
        clusterEndpoint: `https://${cluster.endpoint}:6443`,
        machineType: node.role,
        machineSecrets: secrets.machineSecrets,
        talosVersion: cluster.talosVersion,
        kubernetesVersion: cluster.kubernetesVersion,
        configPatches: rolePatches(config, node.role),
        docs: false,
        examples: false,
      },
    );
    const patched = await machinery.call<{ machineConfiguration: string }>("config.patch", {
      machineConfiguration,
      configPatches: patches,
    });
    return patched.machineConfiguration;
  }

  const validate = (machineConfiguration: string, mode: string) =>
    machinery.call("config.validate", { machineConfiguration, mode });

  const cases: [string, HomelabConfig, NodeConfig][] = [
    ["lab", lab()] as const,
    ["rack", rack()] as const,
    ["lab with Talos 1.11", on1_11(lab())] as const,
    ["rack with Talos 1.11", on1_11(rack())] as const,
  ].flatMap(([name, config]) =>
    config.nodes.map((node): [string, HomelabConfig, NodeConfig] => [`${name}'s ${node.name}`, config, node]),
  );

  test.each(cases)("accepts %s strictly, in cloud and metal mode", async (_, config, node) => {
    const text = await configOf(config, node);
    for (const mode of ["cloud", "metal"]) {
      expect(await validate(text, mode)).toEqual({ warnings: [], errors: [] });
    }
  });

  test("gives a node of 1.11 only what 1.11 knows, its name among it", async () => {
    for (const config of [on1_11(lab()), on1_11(rack())]) {
      for (const node of config.nodes) {
        const text = await configOf(config, node);
        const kinds = parseAllDocuments(text).map((document) => document.get("kind") as string | undefined);
        expect(kinds.filter((kind = "v1alpha1") => !DOCUMENTS_OF_1_11.includes(kind))).toEqual([]);
        const read = await machinery.call<ConfigInspection>("config.inspect", { machineConfiguration: text });
        expect(read.hostname).toBe(node.name);
      }
    }
  });

  test("would refuse on 1.11 what 1.12 needs, and the other way round, or the two would not differ", async () => {
    const [older, newer] = [on1_11(lab()), lab()];
    const mixed = (config: HomelabConfig, patchesOf: HomelabConfig) =>
      configOf(config, nodeOf(config, "cp-1"), nodePatches(patchesOf, nodeOf(patchesOf, "cp-1"), INSTALLER));
    const { errors } = (await validate(await mixed(newer, older), "cloud")) as { errors: string[] };
    expect(errors.join("\n")).toMatch(/hostname is already set/);
    const kinds = parseAllDocuments(await mixed(older, newer)).map((document) => document.get("kind"));
    expect(kinds).toContain("HostnameConfig");
  });

  test.each([
    ["lab", lab()],
    ["rack", rack()],
  ])("reboots no node of the %s for going from 1.11 to 1.12: the upgrade itself did", async (_, newer) => {
    for (const node of newer.nodes) {
      const current = await configOf(on1_11(newer), node);
      const next = await configOf(newer, node);
      expect(next).not.toBe(current);
      expect(await machinery.call("config.changeNeedsReboot", { current, next }), node.name).toEqual({
        needsReboot: false,
      });
    }
  });

  test("refuses a volume without a size, or the test above would prove nothing", async () => {
    const text = await configOf(lab(), nodeOf(lab(), "worker-1"));
    const broken = text.replace(/^ *minSize: .*\n/m, "");
    expect(broken).not.toBe(text);
    const { errors } = (await validate(broken, "cloud")) as { errors: string[] };
    expect(errors.join("\n")).toMatch(/min size|max size/i);
  });

  test("reads from the lab's control plane what was meant", async () => {
    const text = await configOf(lab(), nodeOf(lab(), "cp-1"));
    const read = await machinery.call<ConfigInspection>("config.inspect", { machineConfiguration: text });
    expect(read).toMatchObject({
      machineType: "controlplane",
      hostname: "cp-1",
      clusterName: "lab",
      clusterEndpoint: "https://192.168.1.126:6443",
      kubernetesVersion: "v1.35.0",
      installImage: INSTALLER,
      allowSchedulingOnControlPlanes: true,
      addresses: ["192.168.1.126/24"],
      nodeLabels: { "node.longhorn.io/create-default-disk": "true" },
      kubeletExtraMounts: ["/var/mnt/longhorn", "/var/lib/longhorn"].map((destination) => ({
        destination,
        source: "/var/mnt/longhorn",
        type: "bind",
        options: ["bind", "rshared", "rw"],
      })),
      userVolumes: [
        {
          name: "longhorn",
          volumeType: "partition",
          diskSelector: dataDiskSelector(40),
          minSizeBytes: 39 * 1024 ** 3,
          grow: true,
          filesystem: "xfs",
        },
      ],
    });
  });

  test("reads the VIP on the rack's control planes only, and volumes on its workers only", async () => {
    const reads = await Promise.all(
      rack().nodes.map(async (node) => {
        const text = await configOf(rack(), node);
        const { hostname, vip, userVolumes, allowSchedulingOnControlPlanes } =
          await machinery.call<ConfigInspection>("config.inspect", { machineConfiguration: text });
        return [
          hostname,
          vip,
          userVolumes.map((volume) => volume.diskSelector),
          allowSchedulingOnControlPlanes,
        ];
      }),
    );
    expect(reads).toEqual([
      ["cp-1", "10.20.0.10", [], false],
      ["cp-2", "10.20.0.10", [], false],
      ["cp-3", "10.20.0.10", [], false],
      ["worker-1", undefined, [dataDiskSelector(100)], false],
      ["worker-2", undefined, [dataDiskSelector(100)], false],
      ["worker-3", undefined, [dataDiskSelector(200)], false],
    ]);
  });

  test("the selector finds the data disk, and none that it might be taken for", async () => {
    const bytes = 40 * 1024 ** 3;
    const disk: SelectorDisk = {
      devPath: "/dev/vda",
      sizeBytes: bytes,
      serial: "data-127",
      wwid: "",
      model: "",
      transport: "virtio",
      rotational: true,
      readonly: false,
      cdrom: false,
      busPath: "/pci0000:00/0000:00:0b.0/virtio4",
      symlinks: ["/dev/disk/by-id/virtio-data-127"],
      systemDisk: false,
    };
    const scsi = { devPath: "/dev/sda", serial: "", model: "QEMU HARDDISK" };
    const disks: [string, boolean, SelectorDisk][] = [
      ["data disk", true, disk],
      ["data disk without its serial", true, { ...disk, serial: "" }],
      ["OS disk", false, { ...disk, ...scsi, sizeBytes: 32 * 1024 ** 3, systemDisk: true }],
      ["OS disk of the same size", false, { ...disk, ...scsi, systemDisk: true }],
      ["Longhorn volume of the same size", false, { ...disk, devPath: "/dev/sdb", transport: "iscsi" }],
      ["USB stick of the same size", false, { ...disk, devPath: "/dev/sdc", transport: "usb" }],
      [
        "CD",
        false,
        { ...disk, devPath: "/dev/sr0", sizeBytes: 4 * 1024 ** 2, transport: "ata", cdrom: true },
      ],
      ["disk a sector larger", false, { ...disk, sizeBytes: bytes + 512 }],
      ["disk a sector smaller", false, { ...disk, sizeBytes: bytes - 512 }],
    ];
    const { matches } = await machinery.call<{ matches: boolean[] }>("selector.match", {
      expression: dataDiskSelector(40),
      disks: disks.map(([, , candidate]) => candidate),
    });
    expect(disks.map(([name], index) => [name, matches[index]])).toEqual(
      disks.map(([name, expected]) => [name, expected]),
    );
  });
});
