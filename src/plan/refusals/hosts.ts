/**
 * Where a machine runs is no longer only the config's to say once it runs: HA and people move machines between hosts. The
 * provider would move a machine to the host that is written, all of them side by side, disks and all, without a look at the
 * cluster on them. So a run only ever follows. Pure, and so it judges in previews, too.
 */

/**
 * Why a machine must not be changed, or undefined.
 *
 * @param path Of its entry, e.g. `homelab:nodes[1]`.
 * @param known Host that the state has: after a refresh the one that it really runs on.
 */
export function hostRefusal(
  path: string,
  { name, vmId, host }: { name: string; vmId: number; host: string },
  known: unknown,
): string | undefined {
  if (typeof known !== "string" || known === host) return undefined;
  return (
    `${path}.host: "${name}" (VM ${vmId}) runs on ${known} now, and "${host}" is written; write "${known}", or move it to ${host} ` +
    `by hand (\`qm migrate ${vmId} ${host} --online --with-local-disks\` on ${known}). If it was moved since the last run, ` +
    "`pulumi up --refresh` finds it where it is. This program moves no machine, and nothing was changed"
  );
}
