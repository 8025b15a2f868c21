/**
 * What talosctl is called with, as argument lists: no shell is involved. TalosCredentials are in the file that `--talosconfig`
 * names, never here.
 */

/** How a command reaches the nodes. */
export interface Access {
  /** Path of the talosconfig. */
  talosconfig: string;
  /** Control planes, or what stands in for them: they pass a request on to the node that it names. */
  endpoints: readonly string[];
}

/** Only what the client says of itself: it asks nobody, and needs no credentials. */
export const CLIENT_VERSION = ["version", "--client", "--short"];

function targeted({ talosconfig, endpoints }: Access, nodes: readonly string[]): string[] {
  return ["--talosconfig", talosconfig, "-e", endpoints.join(","), "-n", nodes.join(",")];
}

export const commands = {
  version: (access: Access, nodes: readonly string[]) => [...targeted(access, nodes), "version", "--json"],
  get: (access: Access, nodes: readonly string[], type: string) => [
    ...targeted(access, nodes),
    "get",
    type,
    "-o",
    "json",
  ],
  etcdStatus: (access: Access, nodes: readonly string[]) => [...targeted(access, nodes), "etcd", "status"],
  etcdMembers: (access: Access, node: string) => [...targeted(access, [node]), "etcd", "members"],
  etcdAlarms: (access: Access, node: string) => [...targeted(access, [node]), "etcd", "alarm", "list"],
  etcdSnapshot: (access: Access, node: string, file: string) => [
    ...targeted(access, [node]),
    "etcd",
    "snapshot",
    file,
  ],
  forfeitLeadership: (access: Access, node: string) => [
    ...targeted(access, [node]),
    "etcd",
    "forfeit-leadership",
  ],
  etcdLeave: (access: Access, node: string) => [...targeted(access, [node]), "etcd", "leave"],
  etcdRemoveMember: (access: Access, node: string, member: string) => [
    ...targeted(access, [node]),
    "etcd",
    "remove-member",
    member,
  ],
  /**
   * The order to upgrade pulls the image again, into another containerd, so this saves no download. It asks the registry
   * before anything moves, and has the factory build an installer that nobody has asked for yet.
   */
  pull: (access: Access, node: string, image: string) => [
    ...targeted(access, [node]),
    "image",
    "--namespace",
    "system",
    "pull",
    image,
  ],
  /** It cordons and drains the node, and waits until it is up again. */
  upgrade: (access: Access, node: string, image: string, seconds: number) => [
    ...targeted(access, [node]),
    "upgrade",
    "--image",
    image,
    "--timeout",
    `${seconds}s`,
  ],
  /**
   * From whatever runs: talosctl finds the oldest component itself, so that a half-done upgrade goes on. Without the
   * comments that it would write into every machine config otherwise.
   */
  upgradeKubernetes: (
    access: Access,
    node: string,
    { to, endpoint, dryRun }: { to: string; endpoint?: string | undefined; dryRun: boolean },
  ) => [
    ...targeted(access, [node]),
    "upgrade-k8s",
    "--to",
    to,
    "--with-docs=false",
    "--with-examples=false",
    ...(endpoint === undefined ? [] : ["--endpoint", endpoint]),
    ...(dryRun ? ["--dry-run"] : []),
  ],
};
