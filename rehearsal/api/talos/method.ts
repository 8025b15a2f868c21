/** What a method of the API is: who is asked, and what answers. */
import type { World } from "../../world/kernel/world.ts";
import type { MachineState } from "../../world/talos/state.ts";
import type { Call } from "./bridge.ts";

export interface NodeCall extends Call {
  world: World;
  machine: MachineState;
}

export interface NodeMethod {
  /** Whether it may change something. */
  changes: boolean;
  answer(call: NodeCall): unknown;
}
