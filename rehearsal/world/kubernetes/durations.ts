/**
 * Simulated seconds that the cluster's operations take. Rough figures of small virtual machines on home hardware; what
 * matters is their proportion, so that the critical path of a bring-up is found where it would really be.
 */
export const DURATIONS = {
  /** One write to the API server. */
  apiCall: 0.2,
  /** A namespace with everything in it goes away. */
  namespaceDelete: 6,
  /** From being scheduled to the first process, without pulling an image. */
  podStart: 3,
  /** A pod is told to stop and its containers are gone. */
  podStop: 5,
  /** Pull of a small image (a shell, Traefik) on a node that has not got it. */
  smallImagePull: 8,
  /** Longhorn's manager, instance manager, engine and CSI images, per node, nodes in parallel. */
  longhornImagePull: 60,
  /** longhorn-manager until its webhooks answer and its conversion webhook is ready. */
  longhornManagerReady: 40,
  /** The driver deployer and the CSI sidecars after the managers. */
  longhornDriverReady: 30,
  /** The pre-upgrade hook's Job, its image's pull included. */
  longhornPreUpgrade: 25,
  /** The pre-delete hook takes every Longhorn object apart. */
  longhornUninstall: 60,
  /** A hook's Job refuses, and is tried once more (backoffLimit 1). */
  longhornHookRefused: 20,
  /** A claim becomes a volume with replicas. */
  volumeProvision: 6,
  /** Engine, iSCSI target and device on the node. */
  volumeAttach: 8,
  /** The first mount makes the filesystem. */
  volumeFormat: 4,
  volumeMount: 1,
  volumeDetach: 4,
  /** Rebuild of a replica, per GiB of the volume: some 35 MiB/s, over a home's network onto a home's disks. */
  rebuildPerGiB: 30,
  /** A kubelet with a new image: its pull, its restart, its first report. */
  kubeletRestart: 25,
  /** Pull of one of the control plane's images, or of the kubelet's. */
  kubernetesImagePull: 6,
  /** An API server with a new image, which is there already. */
  apiServerRestart: 15,
  /** Longhorn's manager and instance manager on a node that is Ready again. */
  longhornNodeBack: 20,
  /** Before a copy is brought up to date: a snapshot, the replica's process, the engine taking it in. */
  rebuildStart: 10,
  /** Traefik until /ping answers (probe's initial delay and period). */
  traefikReady: 5,
  /** First pause before a failed pod of a Job is tried again; doubles each time (kubernetes: 10 s, at most 6 min). */
  jobBackOff: 10,
  jobBackOffMax: 360,
} as const;

/** Helm's wait when a Release sets no `timeout`, as the Pulumi provider does (helm_release.go: defaultTimeoutSeconds). */
export const DEFAULT_RELEASE_TIMEOUT = 300;

/** How long the provider awaits a Job without a custom timeout (pulumi-kubernetes await/job.go: 10 minutes). */
export const DEFAULT_JOB_TIMEOUT = 600;
