import { beforeAll, describe, expect, test } from "vitest";
import { nodePatches, rolePatches } from "../../src/talos/machine-config.ts";
import { optionsOf, resource } from "./support/find.ts";
import { lab, nodeOf, rack } from "./support/homelabs.ts";
import { CLIENT_CONFIGURATION, SCHEMATIC_ID, SECRET_TEXTS } from "./support/mock-answers.ts";
import type { Run } from "./support/mock-engine.ts";
import { runHomelab } from "./support/run-homelab.ts";
import { secret } from "./support/secrets.ts";

const INSTALLER = `factory.talos.dev/nocloud-installer/${SCHEMATIC_ID}:v1.12.0`;
const GENERATE = "talos:machine/getConfiguration:getConfiguration";
const MACHINE_SECRETS = { trustdinfo: { token: SECRET_TEXTS.machineToken } };

function uuidOf(run: Run<unknown>, vm: string): string {
  const { uuid } = resource(run, vm).inputs["smbios"] as { uuid: string };
  expect(uuid).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  return uuid;
}

describe("the cluster of the lab", () => {
  let run: Run<unknown>;
  beforeAll(async () => {
    run = await runHomelab(lab());
  });

  test("schematic: registered as text; another text is another schematic", () => {
    const schematic = resource(run, "lab-image-schematic");
    expect(schematic.inputs).toEqual({
      schematic:
        "customization:\n    systemExtensions:\n        officialExtensions:\n" +
        "            - siderolabs/iscsi-tools\n" +
        "            - siderolabs/qemu-guest-agent\n" +
        "            - siderolabs/util-linux-tools\n",
    });
    expect(optionsOf(schematic)).toEqual({ replaceOnChanges: ["schematic"] });
  });

  test("secrets: made once, protected, and no version bump touches them", () => {
    const secrets = resource(run, "lab-talos-secrets");
    expect(secrets.inputs).toEqual({ talosVersion: "v1.12.0" });
    expect(optionsOf(secrets)).toEqual({ protect: true, ignoreChanges: ["talosVersion"] });
  });

  test("one config is generated for each role, and no other function but the talosconfig's is called", () => {
    const generated = (role: "controlplane" | "worker") => ({
      token: GENERATE,
      inputs: {
        clusterName: "lab",
        clusterEndpoint: "https://192.168.1.126:6443",
        machineType: role,
        machineSecrets: MACHINE_SECRETS,
        talosVersion: "v1.12.0",
        kubernetesVersion: "1.35.0",
        configPatches: rolePatches(lab(), role),
        docs: false,
        examples: false,
      },
    });
    const calls = [...run.calls].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    expect(calls).toEqual([
      {
        token: "talos:client/getConfiguration:getConfiguration",
        inputs: {
          clusterName: "lab",
          clientConfiguration: CLIENT_CONFIGURATION,
          endpoints: ["192.168.1.126"],
          nodes: ["192.168.1.126", "192.168.1.127"],
        },
      },
      generated("controlplane"),
      generated("worker"),
    ]);
  });

  test.each([
    ["cp-1", "controlplane", "192.168.1.126"],
    ["worker-1", "worker", "192.168.1.127"],
  ])(
    "config of %s: its role's, with its own patches, after the proof of all disks",
    (name, role, address) => {
      const applied = resource(run, `lab-talos-${name}-config`);
      // Exactly these: with an `onDestroy`, say, deleting the resource would wipe the node.
      expect(applied.inputs).toEqual({
        node: address,
        endpoint: address,
        applyMode: "auto",
        clientConfiguration: secret(CLIENT_CONFIGURATION),
        machineConfigurationInput: secret(`${SECRET_TEXTS.generated} ${role}`),
        configPatches: nodePatches(lab(), nodeOf(lab(), name), INSTALLER),
      });
      expect(optionsOf(applied)).toEqual({
        dependsOn: [
          `lab-proxmox-${name}-vm`,
          `lab-talos-${name}-kept`,
          "lab-talos-disk-proof",
          "lab-talos-secrets",
          "lab-talos-upgrade-kubernetes-version",
        ].sort(),
        replaceWith: [`lab-proxmox-${name}-vm`],
        // A machine that was lost and made anew has another uuid, and needs its config again.
        replacementTrigger: uuidOf(run, `lab-proxmox-${name}-vm`),
        hooks: ["afterUpdate", "beforeCreate", "beforeUpdate", "onError"],
        additionalSecretOutputs: [
          "clientConfigurationWo",
          "machineConfiguration",
          "machineConfigurationInput",
          "machineConfigurationInputWo",
        ],
      });
    },
  );

  test("the proof of the disks: every node's declared ones, once every VM is there and secrets to ask with", () => {
    const gate = resource(run, "lab-talos-disk-proof");
    expect(gate.inputs).toEqual({
      input: {
        "cp-1": {
          vmId: 126,
          osDisk: { bytes: 34359738368 },
          dataDisk: { bytes: 42949672960, serial: "data-126" },
        },
        "worker-1": {
          vmId: 127,
          osDisk: { bytes: 34359738368 },
          dataDisk: { bytes: 42949672960, serial: "data-127" },
        },
      },
    });
    expect(optionsOf(gate)).toEqual({
      dependsOn: ["lab-proxmox-cp-1-vm", "lab-proxmox-worker-1-vm", "lab-talos-secrets"],
      hooks: ["beforeCreate", "beforeUpdate"],
    });
  });

  test("bootstrap: once, on the first control plane, and nothing ever makes it run again", () => {
    const bootstrap = resource(run, "lab-talos-bootstrap");
    expect(bootstrap.inputs).toEqual({
      node: "192.168.1.126",
      endpoint: "192.168.1.126",
      clientConfiguration: secret(CLIENT_CONFIGURATION),
    });
    expect(optionsOf(bootstrap)).toEqual({
      dependsOn: ["lab-talos-cp-1-config", "lab-talos-secrets"],
      ignoreChanges: ["node", "endpoint", "clientConfiguration"],
      additionalSecretOutputs: ["clientConfigurationWo"],
    });
  });

  test("kubeconfig: after the bootstrap, for the provider as a secret", () => {
    const kubeconfig = resource(run, "lab-talos-kubeconfig");
    expect(kubeconfig.inputs).toEqual({
      node: "192.168.1.126",
      endpoint: "192.168.1.126",
      clientConfiguration: secret(CLIENT_CONFIGURATION),
    });
    expect(optionsOf(kubeconfig)).toEqual({
      dependsOn: ["lab-talos-bootstrap", "lab-talos-secrets"],
      // Wherever the API moves, it is asked for anew.
      replacementTrigger: "https://192.168.1.126:6443",
      additionalSecretOutputs: ["kubeconfigRaw"],
    });
    expect(resource(run, "lab-kubernetes").inputs).toEqual({
      clusterIdentifier: "lab",
      upsertExistingObjects: "true",
      kubeconfig: secret(SECRET_TEXTS.kubeconfig),
    });
  });

  test("ready: after every node's config and the kubeconfig; changes with any config or version, begins anew with any machine", () => {
    const ready = resource(run, "lab-talos-ready");
    expect(ready.inputs).toEqual({
      input: {
        configs: {
          "cp-1": "hash of lab-talos-cp-1-config",
          "worker-1": "hash of lab-talos-worker-1-config",
        },
        installerImage: INSTALLER,
        kubernetesVersion: "1.35.0",
      },
    });
    expect(optionsOf(ready)).toEqual({
      dependsOn: ["lab-talos-cp-1-config", "lab-talos-kubeconfig", "lab-talos-worker-1-config"],
      replaceWith: ["lab-talos-cp-1-config", "lab-talos-worker-1-config"],
      hooks: ["beforeCreate", "beforeUpdate"],
    });
  });
});

describe("the cluster of the rack", () => {
  let run: Run<unknown>;
  beforeAll(async () => {
    run = await runHomelab(rack());
  });

  test("configs point at the VIP, the tools at the control planes themselves", () => {
    const generated = run.calls.filter((call) => call.token === GENERATE);
    expect(generated.map((call) => call.inputs.clusterEndpoint)).toEqual([
      "https://10.20.0.10:6443",
      "https://10.20.0.10:6443",
    ]);
    const client = run.calls.find((call) => call.token.startsWith("talos:client/"));
    expect(client?.inputs).toMatchObject({
      endpoints: ["10.20.0.11", "10.20.0.12", "10.20.0.13"],
      nodes: ["10.20.0.11", "10.20.0.12", "10.20.0.13", "10.20.0.21", "10.20.0.22", "10.20.0.23"],
    });
    // Talos itself answers at a node's address; the VIP comes and goes with etcd.
    for (const name of ["rack-talos-bootstrap", "rack-talos-kubeconfig"]) {
      expect(resource(run, name).inputs).toMatchObject({ node: "10.20.0.11", endpoint: "10.20.0.11" });
    }
  });

  test("bootstrap waits for every control plane's config and for no worker", () => {
    expect(optionsOf(resource(run, "rack-talos-bootstrap")).dependsOn).toEqual([
      "rack-talos-cp-1-config",
      "rack-talos-cp-2-config",
      "rack-talos-cp-3-config",
      "rack-talos-secrets",
    ]);
  });

  test("the proof of the disks waits for every VM of every host, and knows the nodes without a data disk", () => {
    const gate = resource(run, "rack-talos-disk-proof");
    expect(gate.inputs).toEqual({
      input: {
        "cp-1": { vmId: 2011, osDisk: { bytes: 34359738368 } },
        "cp-2": { vmId: 2012, osDisk: { bytes: 34359738368 } },
        "cp-3": { vmId: 2013, osDisk: { bytes: 34359738368 } },
        "worker-1": {
          vmId: 2021,
          osDisk: { bytes: 51539607552 },
          dataDisk: { bytes: 107374182400, serial: "data-2021" },
        },
        "worker-2": {
          vmId: 2022,
          osDisk: { bytes: 51539607552 },
          dataDisk: { bytes: 107374182400, serial: "data-2022" },
        },
        "worker-3": {
          vmId: 2023,
          osDisk: { bytes: 51539607552 },
          dataDisk: { bytes: 214748364800, serial: "data-2023" },
        },
      },
    });
    expect(optionsOf(gate).dependsOn).toEqual([
      ...rack().nodes.map((node) => `rack-proxmox-${node.name}-vm`),
      "rack-talos-secrets",
    ]);
  });

  test("every node's config waits for the proof, is replaced with its own VM only, and carries its own patches", () => {
    const installer = run.resources.find((it) => it.type === "homelab:index:Homelab")?.outputs
      ?.installerImage;
    for (const node of rack().nodes) {
      const applied = resource(run, `rack-talos-${node.name}-config`);
      expect(optionsOf(applied)).toMatchObject({
        dependsOn: [
          `rack-proxmox-${node.name}-vm`,
          `rack-talos-${node.name}-kept`,
          "rack-talos-disk-proof",
          "rack-talos-secrets",
          "rack-talos-upgrade-kubernetes-version",
        ].sort(),
        replaceWith: [`rack-proxmox-${node.name}-vm`],
        replacementTrigger: uuidOf(run, `rack-proxmox-${node.name}-vm`),
      });
      expect(applied.inputs).toMatchObject({
        node: node.address,
        machineConfigurationInput: secret(`${SECRET_TEXTS.generated} ${node.role}`),
        configPatches: nodePatches(rack(), node, installer as string),
      });
    }
  });
});
