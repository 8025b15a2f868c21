/** Who a container runs as and what the kernel lets it do: users, groups, capabilities, low ports. */
import type { Container, PodSpec } from "./spec.ts";

/** containerd's default set (containerd oci/spec.go, defaultUnixCaps). */
const DEFAULT_CAPABILITIES = [
  ..."CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE".split(
    " ",
  ),
  "SYS_CHROOT",
  "KILL",
  "AUDIT_WRITE",
];

export interface Identity {
  uid: number;
  gid: number;
  groups: number[];
  /** Effective capabilities, without the `CAP_` prefix; `ALL` for a privileged container. */
  capabilities: Set<string>;
}

export type IdentityResult = { identity: Identity } | { reason: string };

/**
 * @param imageUser the user the image names, where the pod says nothing (shell images: root; Traefik's: root too).
 */
export function identityOf(pod: PodSpec, container: Container, imageUser = 0): IdentityResult {
  const own = container.securityContext ?? {};
  const shared = pod.securityContext ?? {};
  const uid = own.runAsUser ?? shared.runAsUser ?? imageUser;
  const gid = own.runAsGroup ?? shared.runAsGroup ?? 0;
  const groups = [
    ...(shared.supplementalGroups ?? []),
    ...(shared.fsGroup === undefined ? [] : [shared.fsGroup]),
  ];
  if ((own.runAsNonRoot ?? shared.runAsNonRoot) === true && uid === 0) {
    // kubelet kuberuntime/security_context.go, verifyRunAsNonRoot
    return {
      reason: `CreateContainerConfigError: container has runAsNonRoot and image will run as root (container: ${container.name})`,
    };
  }
  return {
    identity: { uid, gid, groups: [...new Set([gid, ...groups])], capabilities: effective(uid, own) },
  };
}

function effective(uid: number, context: NonNullable<Container["securityContext"]>): Set<string> {
  // A user other than root has no effective capabilities: Kubernetes sets no ambient ones (KEP-2763 is not built).
  if (uid !== 0) return new Set();
  if (context.privileged) return new Set(["ALL"]);
  const drop = (context.capabilities?.drop ?? []).map(normal);
  const add = (context.capabilities?.add ?? []).map(normal);
  const kept = drop.includes("ALL") ? [] : DEFAULT_CAPABILITIES.filter((name) => !drop.includes(name));
  return new Set([...kept, ...add]);
}

function normal(name: string): string {
  return name.toUpperCase().replace(/^CAP_/, "");
}

export function can(identity: Identity, capability: string): boolean {
  return identity.capabilities.has("ALL") || identity.capabilities.has(capability);
}

/**
 * Undefined when the port can be bound. In a pod's own network namespace containerd sets ip_unprivileged_port_start to 0
 * (containerd >= 2.0: enable_unprivileged_ports), so anybody can; on the host's network the host's 1024 counts.
 */
export function bindError(identity: Identity, port: number, hostNetwork: boolean): string | undefined {
  if (port >= 1024 || !hostNetwork || can(identity, "NET_BIND_SERVICE")) return undefined;
  return `listen tcp :${port}: bind: permission denied`;
}
