/**
 * What the providers would answer, as far as the program builds on it. Only the cluster's secrets come back as secrets:
 * everything else must be kept secret by the program or its SDK.
 */
import * as pulumi from "@pulumi/pulumi";
import type { ReportedDisk } from "../../../src/talos/data-disk.ts";
import type { Values } from "./mock-engine.ts";

export interface Answers {
  /** The id by which the Image Factory knows the schematic. */
  schematicId?: string;
  /** The disks of the node at that address; without it, asking is an error. */
  disks?: (address: string) => ReportedDisk[] | Promise<ReportedDisk[]>;
  /** The cluster's health; a rejection is an unhealthy cluster. */
  health?: () => void;
  /** The kubeconfig that a control plane gives to a hook; without it, asking is an error. */
  kubeconfig?: () => string;
}

/** A provider's failure, as gRPC carries it: the SDK shows its details and nothing else. */
export function providerError(message: string): Error {
  return Object.assign(new Error(message), { details: message });
}

export const SCHEMATIC_ID = "88d1f7a5c4f1d3aba7df787c448c1d3d008ed29cfb34af53fa0df4336a56040b";

/** All secret texts that the answers and the token hold: none may show up bare anywhere. */
export const SECRET_TEXTS = {
  token: "pulumi@pve!homelab=11111111-2222-3333-4444-555555555555",
  clientKey: "the-talos-client-key",
  machineToken: "the-machine-token",
  generated: "the-generated-config-of-a",
  talosconfig: "the-talosconfig-of",
  kubeconfig: "the-kubeconfig",
};

export const CLIENT_CONFIGURATION = {
  caCertificate: "the-talos-ca",
  clientCertificate: "the-talos-client-certificate",
  clientKey: SECRET_TEXTS.clientKey,
};

export function answerResource(
  type: string,
  name: string,
  inputs: Values,
  answers: Answers,
): { id: string; state: Values } {
  switch (type) {
    case "talos:imageFactory/schematic:Schematic":
      return { id: answers.schematicId ?? SCHEMATIC_ID, state: inputs };
    case "talos:machine/secrets:Secrets":
      return {
        id: "machine_secrets",
        state: {
          ...inputs,
          machineSecrets: { trustdinfo: { token: pulumi.secret(SECRET_TEXTS.machineToken) } },
          clientConfiguration: { ...CLIENT_CONFIGURATION, clientKey: pulumi.secret(SECRET_TEXTS.clientKey) },
        },
      };
    case "talos:machine/configurationApply:ConfigurationApply":
      return {
        id: "machine_configuration_apply",
        state: { ...inputs, machineConfigurationHash: `hash of ${name}` },
      };
    case "talos:cluster/kubeconfig:Kubeconfig":
      return { id: name, state: { ...inputs, kubeconfigRaw: SECRET_TEXTS.kubeconfig } };
    case "proxmoxve:index/vmLegacy:VmLegacy": {
      const [device] = inputs.networkDevices as Values[];
      // Proxmox picks an address where none is given.
      const networkDevices = [{ macAddress: `MAC of ${name}`, ...device }];
      return { id: String(inputs.vmId), state: { ...inputs, networkDevices } };
    }
    case "proxmoxve:download/file:File":
      return { id: `${inputs.datastoreId as string}:import/${inputs.fileName as string}`, state: inputs };
    default:
      return { id: `${name}-id`, state: inputs };
  }
}

export async function answerCall(token: string, inputs: Values, answers: Answers): Promise<Values> {
  switch (token) {
    case "pulumi:pulumi:readStackResourceOutputs":
      return { name: inputs.stackName as string, outputs: {} };
    case "talos:machine/getConfiguration:getConfiguration":
      return { ...inputs, machineConfiguration: `${SECRET_TEXTS.generated} ${inputs.machineType as string}` };
    case "talos:client/getConfiguration:getConfiguration":
      return { ...inputs, talosConfig: `${SECRET_TEXTS.talosconfig} ${inputs.clusterName as string}` };
    case "talos:machine/getDisks:getDisks":
      if (!answers.disks) throw new Error("nobody may ask for disks here");
      return { ...inputs, disks: await answers.disks(inputs.node as string) };
    case "talos:cluster/getHealth:getHealth":
      if (!answers.health) throw new Error("nobody may ask for the cluster's health here");
      answers.health();
      return inputs;
    case "talos:cluster/getKubeconfig:getKubeconfig":
      if (!answers.kubeconfig) throw new Error("nobody may ask for a kubeconfig here");
      return { ...inputs, kubeconfigRaw: answers.kubeconfig() };
    default:
      throw new Error(`the program calls ${token}, which no answer is known for`);
  }
}
