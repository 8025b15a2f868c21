import { describe, expect, it } from "vitest";
import { Secret, UNKNOWN } from "../../../rehearsal/providers/server/index.ts";
import { context, create, lab, provider, withProvider } from "./talos-support.ts";

const SECRETS = "talos:machine/secrets:Secrets";
const SCHEMATIC = "talos:imageFactory/schematic:Schematic";

withProvider();

describe("Secrets", () => {
  it("are made at once, with every key a secret, and unknown in a preview", async () => {
    const { outputs, id } = await create(SECRETS, { talosVersion: "v1.12" });
    expect(id).toBe("machine_secrets");
    const { machineSecrets, clientConfiguration } = outputs as {
      machineSecrets: {
        certs: { os: { cert: unknown; key: unknown } };
        cluster: { id: unknown; secret: unknown };
        trustdinfo: { token: unknown };
      };
      clientConfiguration: { clientKey: unknown; caCertificate: unknown };
    };
    expect(machineSecrets.certs.os.key).toBeInstanceOf(Secret);
    expect(machineSecrets.certs.os.cert).toBe(clientConfiguration.caCertificate);
    expect(machineSecrets.cluster.secret).toBeInstanceOf(Secret);
    expect(machineSecrets.cluster.id).toEqual(expect.any(String));
    expect(machineSecrets.trustdinfo.token).toBeInstanceOf(Secret);
    expect(clientConfiguration.clientKey).toBeInstanceOf(Secret);
    const preview = await create(SECRETS, { talosVersion: "v1.12" }, { preview: true });
    expect(preview.outputs["machineSecrets"]).toBe(UNKNOWN);
  });

  it("are all replaced when the version is lowered, and kept when it rises", async () => {
    const diff = async (from: string, to: string) =>
      provider.resources[SECRETS]!.diff!(
        { inputs: { talosVersion: from }, state: {} },
        { talosVersion: to },
        { id: "machine_secrets", urn: "urn", configured: undefined },
      );
    expect(await diff("v1.12", "v1.11")).toMatchObject({ changes: true, replaces: ["talosVersion"] });
    expect(await diff("v1.9", "v1.12.3")).toMatchObject({ changes: true, replaces: [] });
    expect(await diff("v1.12", "v1.12")).toMatchObject({ changes: false });
    const state = { machineSecrets: { trustdinfo: { token: "kept" } }, clientConfiguration: {} };
    const updated = await provider.resources[SECRETS]!.update!(
      "id",
      { inputs: {}, state },
      { talosVersion: "v1.13" },
      context(),
    );
    expect(updated).toMatchObject({ machineSecrets: { trustdinfo: { token: new Secret("kept") } } });
  });
});

describe("Schematic", () => {
  it("is registered at the factory under the hash of its content", async () => {
    const schematic =
      "customization:\n  systemExtensions:\n    officialExtensions: [siderolabs/iscsi-tools, siderolabs/qemu-guest-agent, siderolabs/util-linux-tools]\n";
    const { id } = await create(SCHEMATIC, { schematic });
    expect(id).toBe("88d1f7a5c4f1d3aba7df787c448c1d3d008ed29cfb34af53fa0df4336a56040b");
    expect(Object.keys(lab.world.state.factory!.schematics)).toEqual([id]);
  });

  it("reaches no factory in a preview", async () => {
    await create(SCHEMATIC, { schematic: "customization: {}" }, { preview: true });
    expect(lab.world.state.factory).toBeUndefined();
  });
});
