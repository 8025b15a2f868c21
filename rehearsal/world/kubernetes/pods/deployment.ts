/** A Deployment, and what its program does when one of its pods starts. */
import type { PodState } from "../state.ts";
import type { PodVolume } from "./containers.ts";
import type { Identity } from "./privileges.ts";
import type { PodSpec } from "./spec.ts";

export interface Deployment {
  namespace: string;
  name: string;
  release: string;
  replicas: number;
  strategy: { type: string; maxUnavailable: number; maxSurge: number };
  pod: PodSpec;
  /** Whatever else makes a new template: arguments, resolvers. */
  revision: unknown;
  readySeconds: number;
  /** Called when the main container runs; a text that comes back is why it ended. */
  started(pod: PodState, files: { identity: Identity; volumes: Map<string, PodVolume> }): string | undefined;
  /** How the program words a port that it may not bind. */
  bindFailure(port: number, error: string): string;
}
