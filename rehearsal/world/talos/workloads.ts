/** What a node's going away and coming back means to what runs on it. Called by Talos's physics, implemented by Kubernetes'. */
import type { World } from "../kernel/world.ts";

export interface NodeWorkloads {
  /**
   * Marks the node as closed to new pods, or opens it again.
   *
   * @param at When that came about, if it is noticed later. Default: now.
   */
  cordon(world: World, vmId: number, closed: boolean, at?: number): Promise<void>;
  /**
   * Evicts what can be evicted, waiting for what may not go yet.
   *
   * @param timeout Simulated seconds.
   * @returns Why the node could not be drained in that time; undefined when it is drained.
   */
  drain(world: World, vmId: number, timeout: number): Promise<string | undefined>;
  /** The machine has gone down, in whatever way. */
  stopped(world: World, vmId: number): Promise<void>;
  /** The node has come up and its kubelet works again. */
  started(world: World, vmId: number): Promise<void>;
  /** Brings everything that moves by itself up to the present: pods that come up, copies that are rebuilt, kubelets that restart. */
  settle?(world: World): Promise<void>;
}
