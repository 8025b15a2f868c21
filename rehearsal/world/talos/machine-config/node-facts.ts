/**
 * What a machine config means for one machine, reduced to what the world's rules need, and without secrets, so that it can lie in
 * the state and be used where nothing may wait.
 */
export interface NodeFacts {
  machineType: "controlplane" | "worker";
  hostname: string;
  clusterName: string;
  clusterId: string;
  /** Equal on machines that accept each other: made of the cluster's id, tokens and certificate authorities. */
  membership: string;
  /** Certificate authority of the Talos API, base64 of PEM; public. */
  talosCa: string;
  clusterEndpoint: string;
  /** Of its kubelet. */
  kubernetesVersion: string;
  /** Of a control plane's API server. */
  apiServerVersion?: string;
  allowScheduling: boolean;
  extraMounts: { destination: string; source: string; options: string[] }[];
  labels: Record<string, string>;
  /** As Kubernetes prints them, `key=value:Effect`. */
  taints: string[];
  /** CIDRs on links that this machine has. */
  addresses: string[];
  /** Gateways of its default routes on those links. */
  gateways: string[];
  /** machine.kubelet.nodeIP.validSubnets. */
  nodeIpSubnets: string[];
  /** Links that the config names and this machine does not have. */
  strayLinks: string[];
  vip?: string;
  volumes: VolumeSpec[];
  ephemeral: { minSizeBytes: number; maxSizeBytes: number; grow: boolean; diskSelector: string };
}

/** A volume that the config asks for on a disk. */
export interface VolumeSpec {
  kind: string;
  name: string;
  /** Label of its partition: `u-`, `r-` or `s-` and the name (talos: constants.UserVolumePrefix ...). */
  label: string;
  volumeType: string;
  diskSelector: string;
  minSizeBytes: number;
  /** 0: all there is. */
  maxSizeBytes: number;
  grow: boolean;
  filesystem: string;
}
