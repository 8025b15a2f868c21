/**
 * `talos:machine/configurationApply:ConfigurationApply`, as terraform-provider-talos 0.11.0 does it: patches are applied when
 * planning, create and update send the result to the node, a read does nothing, a delete only does what `onDestroy` says.
 */
import { createHash } from "node:crypto";
import type { Door } from "../../api/talos/door.ts";
import {
  UNKNOWN,
  hasUnknown,
  isRecord,
  secret,
  type PropertyMap,
  type ResourceContext,
  type ResourceHandler,
} from "../server/index.ts";
import { retry, withClient } from "./client.ts";
import {
  endpointOf,
  exactlyOne,
  nodeInputs,
  protectedCredentials,
  strings,
  text,
  timeLimit,
} from "./common.ts";

const APPLY = "/machine.MachineService/ApplyConfiguration";
const MODES = ["auto", "reboot", "no_reboot", "staged", "staged_if_needing_reboot"];
const DESTROY_DEFAULTS = { reset: false, graceful: true, reboot: false };

export function configurationApplyResource(door: Door): ResourceHandler {
  return {
    check(given) {
      const inputs: PropertyMap = { applyMode: "auto", ...given };
      const onDestroy = inputs["onDestroy"];
      if (isRecord(onDestroy)) inputs["onDestroy"] = { ...DESTROY_DEFAULTS, ...onDestroy };
      const mode = inputs["applyMode"];
      const known = typeof mode !== "string" || MODES.includes(mode);
      const failures = [
        ...exactlyOne(inputs, "machineConfigurationInput", "machine configuration input"),
        ...exactlyOne(inputs, "clientConfiguration", "client configuration"),
        ...(known
          ? []
          : [{ property: "applyMode", reason: `value must be one of: ${MODES.join(", ")}, got: ${mode}` }]),
      ];
      return { inputs, failures };
    },
    async create(inputs, context) {
      const outputs = await send(door, inputs, "create", context);
      return { id: "machine_configuration_apply", outputs };
    },
    update: (_id, _olds, news, context) => send(door, news, "update", context),
    async delete(_id, { state }, { signal }) {
      const onDestroy = isRecord(state["onDestroy"]) ? state["onDestroy"] : {};
      if (onDestroy["reset"] !== true) return;
      const limits = {
        seconds: timeLimit(state, "delete"),
        signal,
        doing: "Error resetting machine",
      };
      const graceful = onDestroy["graceful"] !== false;
      const reboot = onDestroy["reboot"] === true;
      await retry(door, limits, () =>
        withClient(door, nodeInputs(state), signal, (client) =>
          client("/machine.MachineService/Reset", { graceful, reboot }),
        ),
      );
    },
  };
}

async function send(
  door: Door,
  inputs: PropertyMap,
  verb: "create" | "update",
  { preview, signal }: ResourceContext,
): Promise<PropertyMap> {
  const planned = await plan(door, inputs, signal);
  if (!preview) {
    const limits = {
      seconds: timeLimit(inputs, verb),
      signal,
      doing: "Error applying configuration",
    };
    const mode = text(planned.resolvedApplyMode);
    await retry(door, limits, () =>
      withClient(door, nodeInputs(inputs), signal, (client) =>
        client(APPLY, requestOf(text(planned.machineConfiguration), mode)),
      ),
    );
  }
  const writeOnly = inputs["machineConfigurationInputWo"] !== undefined;
  return {
    ...withoutWriteOnly(inputs),
    endpoint: endpointOf(inputs),
    clientConfiguration: protectedCredentials(inputs["clientConfiguration"]),
    machineConfiguration: writeOnly ? undefined : secret(planned.machineConfiguration),
    machineConfigurationHash: planned.machineConfigurationHash,
    resolvedApplyMode: planned.resolvedApplyMode,
  };
}

interface Applied {
  messages: [{ mode: string }];
}

function requestOf(machineConfig: string, mode: string): Record<string, unknown> {
  return { data: Buffer.from(machineConfig).toString("base64"), mode: mode.toUpperCase() };
}

interface Plan {
  machineConfiguration: unknown;
  machineConfigurationHash: unknown;
  resolvedApplyMode: unknown;
}

/** ModifyPlan: everything is known before the node is touched, if the inputs are. */
async function plan(door: Door, inputs: PropertyMap, signal: AbortSignal): Promise<Plan> {
  const input = inputs["machineConfigurationInputWo"] ?? inputs["machineConfigurationInput"];
  if (hasUnknown(input) || hasUnknown(inputs["configPatches"])) {
    return { machineConfiguration: UNKNOWN, machineConfigurationHash: UNKNOWN, resolvedApplyMode: UNKNOWN };
  }
  let machineConfiguration: string;
  try {
    const patched = await door.world.systems.machinery.call<{ machineConfiguration: string }>(
      "config.patch",
      {
        machineConfiguration: text(input),
        configPatches: strings(inputs["configPatches"]),
      },
    );
    machineConfiguration = patched.machineConfiguration;
  } catch (error) {
    throw new Error(`Error applying config patches: ${(error as Error).message}`, { cause: error });
  }
  return {
    machineConfiguration,
    machineConfigurationHash: createHash("sha256").update(machineConfiguration).digest("hex"),
    resolvedApplyMode: await resolveMode(door, inputs, machineConfiguration, signal),
  };
}

/** `staged_if_needing_reboot` asks the node by a dry run, in a preview too; where it cannot, it is `auto`. */
async function resolveMode(
  door: Door,
  inputs: PropertyMap,
  machineConfig: string,
  signal: AbortSignal,
): Promise<string> {
  const mode = text(inputs["applyMode"]) || "auto";
  if (mode !== "staged_if_needing_reboot") return mode;
  if (hasUnknown(inputs)) return "auto";
  try {
    const request = { ...requestOf(machineConfig, "auto"), dryRun: true };
    const tried = await withClient(door, nodeInputs(inputs), signal, (client) =>
      client<Applied>(APPLY, request),
    );
    return tried.messages[0].mode === "REBOOT" ? "staged" : "auto";
  } catch {
    return "auto";
  }
}

function withoutWriteOnly(inputs: PropertyMap): PropertyMap {
  const kept = { ...inputs };
  delete kept["machineConfigurationInputWo"];
  delete kept["clientConfigurationWo"];
  return kept;
}
