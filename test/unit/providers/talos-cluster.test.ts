import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Machinery } from "../../../rehearsal/machinery.ts";
import {
  Secret,
  type PropertyMap,
  type SimulatedProvider,
} from "../../../rehearsal/providers/server/index.ts";
import { talosProvider } from "../../../rehearsal/providers/talos/index.ts";
import { Lab, openMachinery } from "../world/talos/support.ts";
import { NODE, context, create } from "./talos-support.ts";

const APPLY = "talos:machine/configurationApply:ConfigurationApply";
const BOOTSTRAP = "talos:machine/bootstrap:Bootstrap";
const KUBECONFIG = "talos:cluster/kubeconfig:Kubeconfig";

let machinery: Machinery;
let lab: Lab;
let provider: SimulatedProvider;
beforeAll(async () => {
  machinery = await openMachinery();
});
afterAll(() => machinery.close());
beforeEach(async () => {
  lab = await Lab.open(machinery);
  provider = talosProvider(lab.world);
  lab.addVm({ vmId: 100, name: "cp-1", address: NODE });
});

async function applyInputs(extra: PropertyMap = {}): Promise<PropertyMap> {
  return {
    node: NODE,
    clientConfiguration: lab.secrets.clientConfiguration,
    machineConfigurationInput: await lab.config({ hostname: "cp-1" }),
    applyMode: "auto",
    ...extra,
  };
}

describe("Bootstrap", () => {
  it("waits for a control plane that just got its config, and then never again", async () => {
    await lab.start(100);
    await create(provider, APPLY, await applyInputs());
    const inputs = { node: NODE, clientConfiguration: lab.secrets.clientConfiguration };
    expect((await create(provider, BOOTSTRAP, inputs)).id).toBe("machine_bootstrap");
    const started = lab.clock.now();
    await expect(create(provider, BOOTSTRAP, inputs)).rejects.toThrow(
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
    const { id, outputs } = await create(provider, KUBECONFIG, inputs());
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
    const { outputs } = await create(provider, KUBECONFIG, inputs());
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
    await expect(create(provider, KUBECONFIG, { ...inputs(), node: "192.168.1.127" })).rejects.toThrow(
      "only available on control plane nodes",
    );
  });
});
