/** State of one cluster, as far as Talos makes it: its etcd, and when its API server answers. What etcd holds is for others to say. */
export interface ClusterState {
  /** From the cluster's secrets. */
  id: string;
  name: string;
  /** Fingerprint of the secrets that a machine must share to belong to it. */
  membership?: string;
  /** Simulated time of the first `bootstrap`, and the machine that got it. */
  bootstrappedAt?: number;
  bootstrappedOn?: number;
  /** etcd members by member id. Quorum is counted over these. */
  etcd: Record<string, EtcdMember>;
  /** Member id of the leader that was last elected, and how many elections there were. */
  leader?: string;
  raftTerm?: number;
  /** Simulated time from which the API server answers; absent before bootstrap. */
  apiUpAt?: number;
  /** The `apiUpAt` that is already on record. */
  reportedUpAt?: number;
}

export interface EtcdMember {
  vmId: number;
  joinedAt: number;
  /** The hostname. */
  name?: string;
  /** Where it was when it joined: its member stays in the list when the machine has gone. */
  address?: string;
  /** It follows without a vote until it has caught up. */
  learner?: boolean;
}
