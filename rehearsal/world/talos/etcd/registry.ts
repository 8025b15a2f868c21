/** What lies in etcd: talked of by whoever keeps it there. etcd itself carries it and does not look into it. */
import type { Held } from "../../kernel/world.ts";
import type { NodeFacts } from "../machine-config/node-facts.ts";
import type { ClusterState } from "./state.ts";

declare module "../../kernel/world.ts" {
  interface Systems {
    registry: Registry;
  }
}

export interface EtcdSnapshot {
  revision: string;
  entries: { key: string; value: string }[];
}

/** Everything of a cluster that is not etcd's own. */
export type Content = Omit<ClusterState, keyof Etcd>;

/** What a new etcd is made with. */
export type Etcd = Pick<
  ClusterState,
  | "id"
  | "name"
  | "membership"
  | "bootstrappedAt"
  | "bootstrappedOn"
  | "etcd"
  | "leader"
  | "raftTerm"
  | "apiUpAt"
  | "reportedUpAt"
>;

export interface Registry {
  /** What the API server writes into an empty etcd. */
  begin(facts: NodeFacts, at: number): Content;
  /** Everything that lies in it, key by key. `revision` counts every write there ever was. */
  takeSnapshot(cluster: ClusterState, writes: number): EtcdSnapshot;
  /** The cluster's content as it was. Throws when the keys are not those of such a snapshot. */
  readSnapshot(snapshot: EtcdSnapshot): Partial<ClusterState>;
  /** After a cluster was brought back from a snapshot; `former` is the one it takes the place of. */
  restored(world: Held, cluster: ClusterState, former: ClusterState | undefined): void;
}
