import { describe, expect, it } from "vitest";
import { Secret } from "../../../rehearsal/providers/server/index.ts";
import { APPLY, NODE, applyInputs, context, create, lab, provider, withProvider } from "./talos-support.ts";

const BOOTSTRAP = "talos:machine/bootstrap:Bootstrap";
const KUBECONFIG = "talos:cluster/kubeconfig:Kubeconfig";

withProvider();

describe("Bootstrap", () => {
  it("waits for a control plane that just got its config, and then never again", async () => {
    await lab.start(100);
    await create(APPLY, await applyInputs());
    const inputs = { node: NODE, clientConfiguration: lab.secrets.clientConfiguration };
    expect((await create(BOOTSTRAP, inputs)).id).toBe("machine_bootstrap");
    const started = lab.clock.now();
    await expect(create(BOOTSTRAP, inputs)).rejects.toThrow(
      "Error bootstrapping node: rpc error: code = AlreadyExists",
    );
    expect(lab.clock.now() - started).toBeGreaterThanOrEqual(600);
    await provider.resources[BOOTSTRAP]!.update!(
      "machine_bootstrap",
      { inputs, state: inputs },
      { ...inputs, node: "10.0.0.1" },
      context(),
    );
    expect(lab.texts("bootstrap")).toHaveLength(1);
  });
});

describe("Kubeconfig", () => {
  const inputs = () => ({
    node: NODE,
    clientConfiguration: lab.secrets.clientConfiguration,
    certificateRenewalDuration: "720h",
  });

  it("is issued before the API server answers, all of it secret", async () => {
    await lab.start(100);
    await lab.apply(NODE, await lab.config({ hostname: "cp-1" }));
    const { id, outputs } = await create(KUBECONFIG, inputs());
    expect(id).toBe("lab");
    expect((outputs["kubeconfigRaw"] as Secret).value).toContain("server: https://192.168.1.126:6443");
    expect(outputs["kubernetesClientConfiguration"]).toMatchObject({
      host: "https://192.168.1.126:6443",
      clientKey: expect.any(Secret) as Secret,
    });
  });

  it("is asked for again when its certificate ends within the renewal duration", async () => {
    await lab.start(100);
    await lab.apply(NODE, await lab.config({ hostname: "cp-1" }));
    const { outputs } = await create(KUBECONFIG, inputs());
    const state = {
      ...outputs,
      kubernetesClientConfiguration: { ...(outputs["kubernetesClientConfiguration"] as object) },
    };
    const diff = async (certificateRenewalDuration: string) =>
      provider.resources[KUBECONFIG]!.diff!(
        { inputs: inputs(), state },
        { ...inputs(), certificateRenewalDuration },
        { id: "lab", urn: "urn", configured: undefined },
      );
    expect(await diff("720h")).toMatchObject({ changes: false });
    const longer = { ...inputs(), certificateRenewalDuration: "9000h" };
    const updated = await provider.resources[KUBECONFIG]!.update!(
      "lab",
      { inputs: inputs(), state },
      longer,
      context(),
    );
    expect(updated["kubeconfigRaw"]).not.toEqual(outputs["kubeconfigRaw"]);
  });

  it("is not to be had from a worker", async () => {
    await lab.start(100);
    await lab.apply(NODE, await lab.config({ hostname: "cp-1" }));
    lab.addVm({ vmId: 101, name: "w-1", address: "192.168.1.127" });
    await lab.start(101);
    await lab.apply("192.168.1.127", await lab.config({ hostname: "w-1", role: "worker" }));
    await expect(create(KUBECONFIG, { ...inputs(), node: "192.168.1.127" })).rejects.toThrow(
      "only available on control plane nodes",
    );
  });
});
