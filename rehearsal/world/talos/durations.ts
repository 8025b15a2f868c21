/**
 * Simulated seconds that things take on a node. Rough figures of small virtual machines on home hardware, taken from
 * the logs that people post; what matters is their proportion, so that the critical path is found where it would be.
 */
export const DURATIONS = {
  /** Power on until the API answers, with or without a config: firmware, kernel, udev, network. */
  boot: 35,
  /** Services stop and volumes are closed before the machine goes down for a reboot. */
  stopForReboot: 15,
  /** A config reaches a machine in maintenance mode: the API goes away and apid comes back with certificates. */
  firstConfig: 20,
  /** One call of the API. */
  call: 0.3,
  /** A config taken over without a reboot. */
  immediateConfig: 1,
  /** containerd for pods is up after a boot or a first config; `bootstrap` is refused before. */
  cri: 10,
  /** A partition is made, wiped and given a filesystem. */
  format: 4,
  /** An existing volume is found and mounted. */
  mount: 1,
  /** From `bootstrap` until the API server answers: images, etcd, static pods. */
  kubernetesUp: 75,
  /** Static pods of a rebooted control plane until its API server answers again; images are there already. */
  apiServerRestart: 25,
  /** A further control plane joins etcd as a learner and is promoted; one at a time (etcd takes one learner). */
  etcdJoin: 20,
  /** The last part of that, as a learner (talos: etcd.go, promoteMember tries every 15 s). */
  etcdCatchUp: 12,
  /** The kubelet's image and its registration, once the API answers. */
  nodeRegistration: 15,
  /** Flannel's pod until the node reports Ready. */
  nodeReady: 20,
  /** A node that knew its cluster until it is Ready again after its API is back. */
  nodeReadyAgain: 15,
  /** How often a client of ours tries again. */
  retry: 5,
  /** `try` is reverted after this long (talos: constants.ConfigTryTimeout). */
  tryMode: 60,
  /** Wiping STATE and EPHEMERAL. */
  reset: 10,
  /** An installer image of some 150 MB comes over a home's line and is unpacked. */
  pull: 40,
  /** An image that is asked for again after a 404 (talos: image.PullRetryInterval). */
  pullRetry: 5,
  /** A registry that cannot be reached is tried for so long (talos: image.PullTimeout). */
  pullPatience: 1200,
  /** Talos waits for its own cordon to show (v1alpha1_sequencer_tasks.go, waitForNodeCordoned). */
  cordonPatience: 60,
  /** Evictions get so long; then the upgrade goes on without them (talos: kubernetes.DrainTimeout). */
  drain: 300,
  /** The sandboxes of all pods are stopped. */
  stopPods: 8,
  /** etcd, the kubelet and the CRI are stopped. */
  stopServices: 5,
  /** The installer writes the boot entry and its assets. */
  install: 20,
  /** Everything else stops, and the kernel is replaced by kexec. */
  stopAll: 3,
  /** How long the world looks after a node that was rebooted to come back. */
  comeBack: 600,
  /** machined counts down before it reboots after a fatal error (talos: machined/main.go, handle). */
  panicCountdown: 10,
  /** A boot that fails until the firmware is at the boot menu again. */
  failedBoot: 60,
} as const;
