import { beforeAll, describe, expect, test } from "vitest";
import { grant } from "../../rehearsal/api/proxmox/access/grants.ts";
import { serveProxmox } from "../../rehearsal/api/proxmox/server.ts";
import { vmArgs } from "../../src/proxmox/vm-args.ts";
import { fixture, HARDWARE } from "../support/world/proxmox.ts";
import { namesOf, optionsOf, resource } from "./support/find.ts";
import { lab, nodeOf, rack } from "./support/homelabs.ts";
import { SCHEMATIC_ID, SECRET_TEXTS } from "./support/mock-answers.ts";
import type { Run } from "./support/mock-engine.ts";
import { runHomelab } from "./support/run-homelab.ts";
import { secret } from "./support/secrets.ts";

const FILE = "talos-v1.12.0-88d1f7a5c4f1-nocloud-amd64.qcow2";

describe("Proxmox in the lab", () => {
  let run: Run<unknown>;
  beforeAll(async () => {
    run = await runHomelab(lab());
  });

  test("provider: endpoint and certificate as configured, the token a secret", () => {
    expect(resource(run, "lab-proxmox-provider").inputs).toEqual({
      endpoint: "https://192.168.1.10:8006/",
      insecure: "true",
      apiToken: secret(SECRET_TEXTS.token),
    });
  });

  test("boot image: downloaded once for the host, after the factory knows its schematic", () => {
    const file = resource(run, "lab-proxmox-image-pve-file");
    expect(namesOf(run, file.type)).toEqual([file.name]);
    expect(file.inputs).toEqual({
      nodeName: "pve",
      datastoreId: "local",
      contentType: "import",
      fileName: FILE,
      url: `https://factory.talos.dev/image/${SCHEMATIC_ID}/v1.12.0/nocloud-amd64.qcow2`,
      overwrite: false,
      overwriteUnmanaged: true,
    });
    expect(optionsOf(file)).toEqual({
      aliases: 1,
      provider: "lab-proxmox-provider",
      dependsOn: ["lab-image-schematic"],
      hooks: ["beforeCreate"],
    });
  });

  test.each(["cp-1", "worker-1"])("VM of %s: its arguments and the image's volume, nothing else", (name) => {
    const vm = resource(run, `lab-proxmox-${name}-vm`);
    const { smbios, ...inputs } = vm.inputs;
    expect(inputs).toEqual(vmArgs(lab(), nodeOf(lab(), name), `local:import/${FILE}`));
    expect(smbios).toEqual({ uuid: expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown });
    expect(optionsOf(vm)).toEqual({
      aliases: 1,
      provider: "lab-proxmox-provider",
      dependsOn: ["lab-proxmox-image-pve-file"],
      hooks: ["beforeCreate", "beforeUpdate"],
      deleteBeforeReplace: true,
      ignoreChanges: ["disks[0].speed", "disks[1].speed", "smbios"],
    });
  });

  test("a retiring worker is unprotected and its VM shuts down in order, the others as before", async () => {
    const nodes = lab().nodes.map((node) => (node.role === "worker" ? { ...node, retiring: true } : node));
    const retiring = await runHomelab(lab({ nodes, traefik: { ingressNode: "cp-1" } }));
    const [cp, worker] = ["cp-1", "worker-1"].map((name) => resource(retiring, `lab-proxmox-${name}-vm`));
    const kept = ["cp-1", "worker-1"].map((name) => resource(retiring, `lab-talos-${name}-kept`).options);
    expect(kept.map(({ protect }) => protect)).toEqual([true, undefined]);
    expect([cp?.inputs["stopOnDestroy"], worker?.inputs["stopOnDestroy"]]).toEqual([true, false]);
    const names = retiring.resources.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(["lab-longhorn-retirement-worker-1", "lab-longhorn-evacuated-worker-1"]),
    );
  });

  test("a VM replaced later imports the image of that day: importFrom is not ignored", () => {
    for (const name of namesOf(run, "proxmoxve:index/vmLegacy:VmLegacy")) {
      const ignored = resource(run, name).options.ignoreChanges ?? [];
      expect(ignored.filter((path) => !/^disks\[\d+\]\.speed$|^smbios$/.test(path))).toEqual([]);
    }
  });

  test("Proxmox is asked before whatever comes first, with the token, once for all, and says it all at once", async () => {
    const containers = [{ vmId: 127, name: "pihole", host: "pve1" }];
    const { world } = fixture({ ...HARDWARE, containers, version: "8.3.2" });
    const asked: string[] = [];
    const server = await serveProxmox(world, {
      token: SECRET_TEXTS.token,
      access: grant(SECRET_TEXTS.token, { images: ["local"], disks: ["local-lvm"], bridges: ["vmbr0"] }),
      intercept: (key, _manner, act) => (asked.push(key), act()),
    });
    try {
      const config = lab();
      const proxmox = { ...config.proxmox, endpoint: server.url };
      const other = await runHomelab({ ...config, proxmox });
      expect(asked).toEqual([]);
      const before = async (name: string) => {
        const [hook] = resource(other, name).options.hooks!.beforeCreate!;
        await other.hooks.get(hook!)!({ name });
      };
      await expect(before("lab-proxmox-image-pve-file")).rejects.toThrow(
        "This run is refused before it changes Proxmox:\n" +
          `  homelab:proxmox.endpoint: Proxmox VE 8.3.2 answers there, and 8.4 or later is needed: older ones do not take the boot image, ` +
          "a disk image with content type `import`; upgrade the hosts of this Proxmox first\n" +
          '  homelab:nodes[1].vmId: 127 is already taken by container "pihole" on pve1 (running); give "worker-1" an id that is free',
      );
      await expect(before("lab-proxmox-cp-1-vm")).rejects.toThrow('"cp-1" was left as it is');
      await expect(before("lab-proxmox-worker-1-vm")).rejects.toThrow('"worker-1" was left as it is');
      expect(asked).toEqual([
        "proxmox GET /version",
        "proxmox GET /cluster/resources",
        "proxmox GET /cluster/nextid",
      ]);
    } finally {
      await server.close();
    }
  });

  test("a schematic that the factory calls otherwise stops the download", async () => {
    const [, hook] = resource(run, "lab-proxmox-image-pve-file").options.hooks!.beforeCreate!;
    await expect(Promise.resolve(run.hooks.get(hook!)!({}))).resolves.toBeUndefined();

    const other = await runHomelab(lab(), { answers: { schematicId: "0".repeat(64) } });
    await expect(other.hooks.get(hook!)!({})).rejects.toThrow(
      new Error(
        `the Image Factory calls this schematic ${"0".repeat(64)}, but ${SCHEMATIC_ID} was computed for it: ` +
          "nothing is downloaded, because image and installer would not be the ones that the plan showed",
      ),
    );
  });
});

describe("Proxmox in the rack", () => {
  let run: Run<unknown>;
  beforeAll(async () => {
    run = await runHomelab(rack());
  });

  test("each host downloads for itself, and each VM imports from its own host's file", () => {
    for (const number of [1, 2, 3]) {
      const file = resource(run, `rack-proxmox-image-pve${number}-file`);
      expect(file.inputs).toMatchObject({ nodeName: `pve${number}`, datastoreId: "local" });
      for (const name of [`cp-${number}`, `worker-${number}`]) {
        const vm = resource(run, `rack-proxmox-${name}-vm`);
        expect(vm.inputs).toMatchObject({ nodeName: `pve${number}` });
        expect(vm.options.dependsOn).toEqual([file.urn]);
      }
    }
  });

  test("extra extensions make another image, and all of them are in the schematic", () => {
    const yaml = resource(run, "rack-image-schematic").inputs.schematic as string;
    expect(yaml.match(/siderolabs\/\S+/g)).toEqual([
      "siderolabs/intel-ucode",
      "siderolabs/iscsi-tools",
      "siderolabs/qemu-guest-agent",
      "siderolabs/util-linux-tools",
    ]);
    expect(resource(run, "rack-proxmox-image-pve1-file").inputs.url).not.toContain(SCHEMATIC_ID);
  });

  test("as many speeds are ignored as the VM has disks", () => {
    const count = (name: string) => resource(run, `rack-proxmox-${name}-vm`).options.ignoreChanges;
    expect(count("cp-1")).toEqual(["disks[0].speed", "smbios"]);
    expect(count("worker-1")).toEqual(["disks[0].speed", "disks[1].speed", "smbios"]);
  });
});

test("further disks of a node get the same care", async () => {
  const config = lab();
  const worker = nodeOf(config, "worker-1");
  const run = await runHomelab({
    ...config,
    nodes: [nodeOf(config, "cp-1"), { ...worker, extraDisks: [{ sizeGiB: 100, datastore: "slow" }] }],
  });
  const vm = resource(run, "lab-proxmox-worker-1-vm");
  expect(vm.inputs.disks).toHaveLength(3);
  expect(vm.options.ignoreChanges).toEqual(["disks[0].speed", "disks[1].speed", "disks[2].speed", "smbios"]);
});

test("what protects a machine is there before its config is sent, once the disks are proven", async () => {
  const run = await runHomelab(lab());
  for (const name of ["cp-1", "worker-1"]) {
    expect(optionsOf(resource(run, `lab-talos-${name}-kept`))).toMatchObject({
      dependsOn: ["lab-talos-disk-proof", "lab-talos-upgrade-kubernetes-version"],
      protect: true,
      hooks: ["beforeCreate"],
    });
  }
});

test("a machine that holds nothing is replaced by whatever changes about it, one that has a config is not", async () => {
  const { Homelab } = await import("../../src/homelab.ts");
  const { readExisting } = await import("../../src/plan/existing.ts");
  const { secret } = await import("@pulumi/pulumi");
  const { runProgram } = await import("./support/mock-engine.ts");
  const { stateOf } = await import("../unit/plan/fixtures.ts");
  const existing = readExisting(stateOf(lab({ network: { vlan: 30 } }), { kept: ["cp-1"] }));
  const run = await runProgram(
    () => new Homelab("lab", { config: lab(), proxmoxApiToken: secret("t"), existing }).outputs,
  );
  const options = ["cp-1", "worker-1"].map((name) => resource(run, `lab-proxmox-${name}-vm`).options);
  expect(options.map(({ replaceOnChanges }) => replaceOnChanges)).toEqual([undefined, ["*"]]);
  // What may hold data is never deleted first.
  expect(options.map(({ deleteBeforeReplace }) => deleteBeforeReplace === true)).toEqual([false, true]);
});
