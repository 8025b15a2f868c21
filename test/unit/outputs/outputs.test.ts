import { describe, expect, test } from "vitest";
import { longhornOutput, nodeOutput, traefikOutput } from "../../../src/outputs.ts";
import { endpointUrl } from "../../../src/talos/machine-config.ts";
import { lab, nodeOf, rack } from "../../components/support/homelabs.ts";
import { ingressStage } from "../../../src/stages.ts";

describe("the outputs", () => {
  test("endpoint: the control plane's address, or the VIP", () => {
    expect(endpointUrl(lab())).toBe("https://192.168.1.126:6443");
    expect(endpointUrl(rack())).toBe("https://10.20.0.10:6443");
  });

  test("a node with a data disk: sizes in GiB, bytes and as Talos prints them", () => {
    expect(nodeOutput(nodeOf(lab(), "cp-1"))).toStrictEqual({
      name: "cp-1",
      role: "controlplane",
      host: "pve",
      vmId: 126,
      address: "192.168.1.126",
      osDisk: { interface: "scsi0", sizeGiB: 32, bytes: 34359738368, talosSize: "34 GB" },
      dataDisk: {
        interface: "virtio1",
        sizeGiB: 40,
        bytes: 42949672960,
        talosSize: "43 GB",
        serial: "data-126",
        selector: 'disk.size == 42949672960u && disk.transport == "virtio" && !system_disk',
      },
    });
  });

  test("a node without one has no such key", () => {
    expect(nodeOutput(nodeOf(rack(), "cp-3"))).toStrictEqual({
      name: "cp-3",
      role: "controlplane",
      host: "pve3",
      vmId: 2013,
      address: "10.20.0.13",
      osDisk: { interface: "scsi0", sizeGiB: 32, bytes: 34359738368, talosSize: "34 GB" },
    });
  });

  test("Longhorn", () => {
    expect(longhornOutput(lab().longhorn)).toStrictEqual({
      version: "1.12.1",
      namespace: "longhorn-system",
      storageClass: "longhorn",
      replicaCount: 2,
      dataPath: "/var/mnt/longhorn",
    });
  });

  test("Traefik: the ingress node's address, and the mode that acme.json must have", () => {
    const config = rack({ traefik: { ingressNode: "worker-2", acme: { resolver: "step" } } });
    expect(traefikOutput(ingressStage(config))).toStrictEqual({
      version: "41.3.0",
      namespace: "traefik",
      exposure: "hostNetwork",
      addresses: ["10.20.0.22"],
      acme: {
        resolver: "step",
        storage: "/data/acme-staging.json",
        mode: "0600",
        runAsUser: 0,
        fsGroup: null,
      },
    });
  });
});
