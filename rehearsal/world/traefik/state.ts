/** What is known of a running Traefik. */
declare module "../kubernetes/state.ts" {
  interface PodState {
    /** What Traefik made of each certificate resolver when it started: undefined text means that it works. */
    resolvers?: Record<string, { working: boolean; reason?: string; issuers?: string[] }>;
  }
}

export type { PodState } from "../kubernetes/state.ts";
