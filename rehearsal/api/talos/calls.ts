/** A call of Talos's API, as the door hands it to the function that answers it. */
import type { World } from "../../world/kernel/world.ts";
import type { MachineState } from "../../world/talos/state.ts";
import type { Caller } from "../../world/talos/api.ts";

export interface Call extends Caller {
  /** Full name, e.g. `/machine.MachineService/Version`. */
  method: string;
  /** The request in protobuf's JSON form, which leaves out what is empty. */
  params: Record<string, unknown>;
  /** Aborted when the client goes away. */
  signal: AbortSignal;
  /** One message of an answer that is a stream. */
  item: (message: Record<string, unknown>) => void;
}

export interface NodeCall extends Call {
  world: World;
  /** Who hears it. */
  machine: MachineState;
  /** When the caller asked, in simulated seconds. */
  since: number;
}

export interface NodeMethod {
  /** Whether it may change something. */
  changes: boolean;
  /** Answered in maintenance mode, too. */
  maintenance?: true;
  answer(call: NodeCall): unknown;
}

/** A text parameter; absent means empty, as protobuf has it. */
export function textOf(params: Record<string, unknown>, name: string): string {
  const value = params[name];
  return typeof value === "string" ? value : "";
}
