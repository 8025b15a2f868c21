import { describe, expect, it } from "vitest";
import { Secret, UNKNOWN, type PropertyMap } from "../../../rehearsal/providers/server/index.ts";
import { newSecrets } from "../../support/world/world.ts";
import { APPLY, NODE, applyInputs, context, create, lab, provider, withProvider } from "./talos-support.ts";

withProvider();

describe("ConfigurationApply", () => {
  it("waits for a node that still boots, then applies", async () => {
    const vm = lab.world.state.proxmox.vms[100]!;
    vm.power = "running";
    await lab.world.systems.lifecycle.powerOn(lab.world, 100);
    const { outputs } = await create(APPLY, await applyInputs());
    expect(outputs).toMatchObject({ endpoint: NODE, resolvedApplyMode: "auto" });
    expect(outputs["machineConfiguration"]).toBeInstanceOf(Secret);
    expect(outputs["machineConfigurationHash"]).toMatch(/^[0-9a-f]{64}$/);
    expect(lab.world.state.machines[100]!.facts?.hostname).toBe("cp-1");
  });

  it("gives up after its time limit with the node's last words", async () => {
    await expect(create(APPLY, await applyInputs())).rejects.toThrow(
      "Error applying configuration: rpc error: code = Unavailable desc = connection error",
    );
    expect(lab.clock.now()).toBeGreaterThanOrEqual(600);
    const started = lab.clock.now();
    await expect(create(APPLY, await applyInputs({ timeouts: { create: "1m30s" } }))).rejects.toThrow();
    expect(lab.clock.now() - started).toBeLessThan(120);
  });

  it("knows no customTimeouts", async () => {
    const custom = { timeoutSeconds: 30 };
    await expect(create(APPLY, await applyInputs(), custom)).rejects.toThrow();
    expect(lab.clock.now()).toBeGreaterThanOrEqual(600);
  });

  it("does not wait when the node finds the config invalid", async () => {
    await lab.start(100);
    const started = lab.clock.now();
    const invalid = (await lab.config({ hostname: "cp-1" })).replace(/endpoint: https:.*/, "endpoint: ''");
    await expect(create(APPLY, await applyInputs({ machineConfigurationInput: invalid }))).rejects.toThrow(
      "InvalidArgument",
    );
    expect(lab.clock.now() - started).toBeLessThan(10);
  });

  it("tries with a stranger's certificate until the time is over", async () => {
    await lab.start(100);
    await lab.apply(NODE, await lab.config({ hostname: "cp-1" }));
    const { clientConfiguration } = await newSecrets();
    await expect(create(APPLY, await applyInputs({ clientConfiguration }))).rejects.toThrow(
      "certificate signed by unknown authority",
    );
  });

  it("touches nothing in a preview, and stays unknown with unknown inputs", async () => {
    await lab.start(100);
    const planned = await create(APPLY, await applyInputs(), { preview: true });
    expect(planned.outputs["machineConfigurationHash"]).toMatch(/^[0-9a-f]{64}$/);
    const unknown = await create(APPLY, await applyInputs({ machineConfigurationInput: UNKNOWN }), {
      preview: true,
    });
    expect(unknown.outputs["machineConfigurationHash"]).toBe(UNKNOWN);
    expect(lab.texts("config-applied")).toEqual([]);
    const bad = await applyInputs({ configPatches: ["machine: {nonsense: 1}"] });
    await expect(create(APPLY, bad, { preview: true })).rejects.toThrow("nonsense");
  });

  it("stages what needs a reboot in mode staged_if_needing_reboot", async () => {
    await lab.start(100);
    await lab.apply(NODE, await lab.config({ hostname: "cp-1" }));
    const mode = async (patch: string) => {
      const inputs = await applyInputs({ applyMode: "staged_if_needing_reboot", configPatches: [patch] });
      return (await create(APPLY, inputs)).outputs["resolvedApplyMode"];
    };
    expect(await mode('machine: {sysctls: {vm.swappiness: "1"}}')).toBe("auto");
    expect(await mode("machine: {udev: {rules: ['KERNEL==\"x\"']}}")).toBe("staged");
    expect(lab.world.state.machines[100]!.bootCount).toBe(1);
  });

  it("wants exactly one config and one client configuration, and a mode it knows", async () => {
    const checked = await provider.resources[APPLY]!.check!(
      { node: NODE, applyMode: "sometimes", clientConfiguration: {}, clientConfigurationWo: {} },
      {},
      { urn: "urn", configured: undefined },
    );
    expect(checked.failures!.map(({ property, reason }) => [property, reason.split(":")[0]])).toEqual([
      ["machineConfigurationInput", "Missing machine configuration input"],
      ["clientConfiguration", "Conflicting client configuration"],
      ["applyMode", "value must be one of"],
    ]);
  });

  it("resets the node on a delete only when told to", async () => {
    await lab.start(100);
    await lab.apply(NODE, await lab.config({ hostname: "cp-1" }));
    const remove = async (onDestroy?: PropertyMap) =>
      provider.resources[APPLY]!.delete!(
        "id",
        { inputs: {}, state: { ...(await applyInputs()), onDestroy } },
        context(),
      );
    await remove();
    expect(lab.world.state.machines[100]!.facts).toBeDefined();
    await remove({ reset: true, graceful: false, reboot: true });
    expect(lab.world.state.machines[100]!.facts).toBeUndefined();
  });

  it("ends at once when the engine cancels", async () => {
    const controller = new AbortController();
    controller.abort(new Error("cancelled"));
    await expect(create(APPLY, await applyInputs(), { signal: controller.signal })).rejects.toThrow(
      "cancelled",
    );
    expect(lab.clock.now()).toBe(0);
  });
});
