/** ApplyConfiguration and Reset: what makes a machine a node, and unmakes it. */
import { DURATIONS } from "../../world/talos/durations.ts";
import { applyConfiguration, type ApplyMode } from "../../world/talos/machine-config/apply.ts";
import { resetMachine } from "../../world/talos/machined/reset.ts";
import { textOf, type NodeCall, type NodeMethod } from "./calls.ts";

const SERVICE = "/machine.MachineService";

export const configurationMethods: Record<string, NodeMethod> = {
  [`${SERVICE}/ApplyConfiguration`]: { changes: true, maintenance: true, answer: apply },
  [`${SERVICE}/Reset`]: {
    changes: true,
    async answer({ world, machine, params }) {
      await resetMachine(world, machine, {
        graceful: params["graceful"] === true,
        reboot: params["reboot"] === true,
      });
      return { messages: [{}] };
    },
  },
};

async function apply({ world, machine, params, since }: NodeCall): Promise<unknown> {
  const machineConfig = Buffer.from(textOf(params, "data"), "base64").toString("utf8");
  // The enum's first value, which is never written.
  const mode = (textOf(params, "mode") || "REBOOT").toLowerCase() as ApplyMode;
  const dryRun = params["dryRun"] === true;
  const request = { machineConfig, mode, dryRun, since };
  const result = await world.exclusive((held) => applyConfiguration(held, machine, request));
  if (!dryRun) await world.clock.sleep(DURATIONS.immediateConfig);
  return { messages: [{ mode: result.mode.toUpperCase(), modeDetails: result.details }] };
}
