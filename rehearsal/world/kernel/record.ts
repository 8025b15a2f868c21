/**
 * The world's record: what happened to the homelab, in order, as facts that no program can talk its way around. The
 * checks of a rehearsal are made from this record and from the state, never from what a program says of itself.
 */
export type EventKind =
  | "image-downloaded"
  | "image-deleted"
  | "vm-created"
  | "vm-changed"
  | "vm-started"
  | "vm-stopped"
  | "vm-deleted"
  | "vm-moved"
  | "host-off"
  | "disk-resized"
  | "disk-lost"
  | "boot"
  | "disks-inspected"
  | "config-applied"
  | "format"
  | "volume-mounted"
  | "volume-waiting"
  | "bootstrap"
  | "etcd-member-joined"
  | "etcd-member-removed"
  | "etcd-quorum-lost"
  | "kubernetes-up"
  | "node-joined"
  | "node-ready"
  | "node-down"
  | "node-up"
  | "image-pulled"
  | "upgrade-started"
  | "upgrade-done"
  | "upgrade-failed"
  | "boot-failed"
  /** A configured node waits for something that will not come by itself. */
  | "node-stalled"
  | "etcd-leader"
  | "etcd-snapshot"
  | "etcd-recovered"
  | "kubeconfig-issued"
  | "namespace-created"
  | "namespace-deleted"
  | "release-installed"
  | "release-upgraded"
  | "release-failed"
  | "release-uninstalled"
  | "object-created"
  | "object-updated"
  | "object-deleted"
  | "volume-created"
  | "volume-attached"
  | "volume-detached"
  | "volume-deleted"
  /** A volume was deleted while a pod had it mounted. */
  | "volume-pulled"
  | "replica-lost"
  | "replica-rebuilt"
  | "replica-moved"
  /** A volume's copies: some are missing; all are there again; none answers; one answers again. */
  | "volume-degraded"
  | "volume-healthy"
  | "volume-unreadable"
  | "volume-readable"
  /** A node goes down while copies of an attached volume are missing. */
  | "volume-exposed"
  | "pod-started"
  | "pod-failed"
  /** A pod had to leave its node, or its node went down under it. */
  | "pod-evicted"
  | "pod-stopped"
  /** The last pod of a release stopped; the first one runs again. */
  | "workload-away"
  | "workload-back"
  | "node-cordoned"
  | "node-uncordoned"
  | "node-drained"
  | "drain-failed"
  | "kubelet-restarted"
  | "kubernetes-upgraded"
  | "request-refused"
  /** Two running machines use one MAC or one address: Proxmox lets it happen, the network does not work. */
  | "network-conflict";

export interface WorldEvent {
  /** Simulated seconds. */
  at: number;
  kind: EventKind;
  /** What it happened to: a node's name or VM id, a disk, a release. */
  subject: string;
  /** One sentence for a person. */
  text: string;
  /** A catastrophe is what this project exists to prevent: a wrong disk formatted, data lost, a second etcd. */
  severity: "info" | "warning" | "catastrophe";
  /** Figures and ids for the checks. Never a secret. */
  detail?: Record<string, unknown>;
}

export type NewEvent = Omit<WorldEvent, "at" | "severity"> & { severity?: WorldEvent["severity"] };
