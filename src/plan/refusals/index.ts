/**
 * Which plans are refused: those that would cost a machine, a disk or a copy of the data, or could not come to their end.
 * One pure decision over what the state says was made and what is wanted. Each refusal names the key responsible, what
 * would happen, and the way to have it on purpose. Where nothing was made, nothing is refused.
 */
import type { HomelabConfig } from "../../config/types.ts";
import { nowhereRefusals, singleCopyRefusals } from "./copies.ts";
import { diskRefusals, growthRefusals, mixedRefusals, type NodeChange } from "./disks.ts";
import { nodeFacts, wantedVersions } from "../facts.ts";
import type { Existing } from "../existing.ts";
import { networkRefusals } from "./network.ts";
import { machineRefusals, removalRefusals } from "./nodes.ts";
import { storageRefusals } from "./storage.ts";
import { versionRefusals } from "./versions.ts";
import { renewal } from "./remedies.ts";

export function refusals(existing: Existing, config: HomelabConfig): string[] {
  // Under another name every resource is another one, so the rest of the list would only repeat it.
  if (existing.clusterName !== undefined && existing.clusterName !== config.cluster.name)
    return [renamed(existing.clusterName, config.cluster.name)];
  const wanted = config.nodes.map((node) => nodeFacts(config, node));
  const renew = renewal(existing.kept);
  const changes = wanted.flatMap((node, index) => {
    const kept = existing.kept.find(({ name }) => name === node.name);
    const old = existing.machines.find(({ name }) => name === node.name);
    return kept && old ? [{ path: `homelab:nodes[${index}]`, old, node, kept }] : [];
  });
  return [
    ...existing.kept.flatMap((node) => removalRefusals(existing, node, wanted, renew)),
    ...changes.flatMap((change) => [
      ...machineRefusals(change, change.kept, change.node.role, renew),
      ...diskRefusals(change, renew),
      ...mixedRefusals(change),
    ]),
    ...growthRefusals(changes satisfies NodeChange[]),
    ...networkRefusals(changes),
    ...storageRefusals(existing.longhorn, config),
    ...singleCopyRefusals(existing, config),
    ...nowhereRefusals(existing, config),
    ...versionRefusals(existing.versions, wantedVersions(config)),
  ];
}

/** The whole message, or undefined when the plan may go on. */
export function refusedPlan(existing: Existing, config: HomelabConfig): string | undefined {
  const found = refusals(existing, config);
  if (found.length === 0) return undefined;
  return ["This plan is refused, and nothing was changed:", ...found.map((line) => `  ${line}`)].join("\n");
}

function renamed(before: string, after: string): string {
  return (
    `homelab:cluster.name: "${before}" is now "${after}", under which every machine and every secret of ` +
    "the cluster would be made anew and the old ones deleted; keep the name, or give the new cluster a stack of its own"
  );
}
