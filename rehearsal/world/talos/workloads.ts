/** What Talos asks of Kubernetes: what its node is there, and what its going away and coming back means to what runs on it. */
import type { Held, World } from "../kernel/world.ts";

declare module "../kernel/world.ts" {
  interface Systems {
    workloads: NodeWorkloads;
  }
}

/** A node object, as its machine reads it. */
export interface NodeView {
  name: string;
  vmId: number;
  ready: boolean;
  unschedulable: boolean;
  labels: Record<string, string>;
}

export interface NodeWorkloads {
  /** The node object of that machine. */
  nodeOn(world: World, clusterId: string, vmId: number): NodeView | undefined;
  /** The node object of that name. */
  nodeNamed(world: World, clusterId: string, name: string): NodeView | undefined;
  /** Whether a node object of this machine has been down and is not Ready again. */
  isMissed(world: World, vmId: number): boolean;
  /** Talos marks the node as closed to new pods; it opens by itself once it is up again. */
  cordon(world: Held, vmId: number): Promise<void>;
  /**
   * Evicts what can be evicted, waiting for what may not go yet.
   *
   * @param timeout Simulated seconds.
   * @returns Why the node could not be drained in that time; undefined when it is drained.
   */
  drain(world: World, vmId: number, timeout: number): Promise<string | undefined>;
  /** What runs on the machine is about to stop, in whatever way; it still counts as up. */
  stopped(world: Held, vmId: number, why: string): Promise<void>;
  /** The machine boots with its config, and answers from that time on. */
  booted(world: Held, vmId: number, answersAt: number): void;
  /** The machine is gone for good. */
  gone(world: Held, vmId: number): void;
}
