import type * as pulumi from "@pulumi/pulumi";
import { type AsInputs, providerFunction } from "../core.js";
import type * as inputs from "../types/input.js";
import type * as outputs from "../types/output.js";

/** Arguments of {@link getDisks}. */
export interface GetDisksArgs {
  /** Access to the Talos API. A node in maintenance mode is asked without it. */
  clientConfiguration: inputs.machine.GetDisksClientConfiguration;
  /** Address of the API server to talk through. Default: `node`. */
  endpoint?: string;
  /** Address of the node. */
  node: string;
  /** Expression in CEL over `disk`, such as "disk.size == 40u * GiB". Default: every disk. `system_disk` is always false. */
  selector?: string;
  /** How long it may keep trying; 10 minutes. */
  timeouts?: inputs.machine.GetDisksTimeouts;
}

/** Arguments of {@link getDisksOutput}. */
export type GetDisksOutputArgs = AsInputs<GetDisksArgs>;

/** What {@link getDisks} gives, next to its own arguments. */
export interface GetDisksResult extends Readonly<GetDisksArgs> {
  /** The disks that match; which of them the system is on is not said. */
  readonly disks: outputs.machine.GetDisksDisk[];
  readonly endpoint: string;
  readonly id: string;
}

const fn = providerFunction<GetDisksArgs, GetDisksResult>("talos:machine/getDisks:getDisks", {
  clientConfiguration: "required",
  endpoint: "optional",
  node: "required",
  selector: "optional",
  timeouts: "optional",
});

/** Lists the disks of a node, also of one in maintenance mode. Runs in previews too, once its arguments are known. */
export function getDisks(args: GetDisksArgs, opts?: pulumi.InvokeOptions): Promise<GetDisksResult> {
  return fn.invoke(args, opts);
}

/** {@link getDisks} for outputs. */
export function getDisksOutput(
  args: GetDisksOutputArgs,
  opts?: pulumi.InvokeOutputOptions,
): pulumi.Output<GetDisksResult> {
  return fn.invokeOutput(args, opts);
}
