/** Traefik: it answers where DNS points, and its certificates survive what happens to files. */
import { type Evidence, verdict } from "./check.ts";
import { copyOfWorld } from "./copy.ts";
import { theCluster } from "./cluster/nodes.ts";
import { clusterOf, type Cluster } from "../world/kubernetes/cluster.ts";
import { upgradeRelease } from "../world/kubernetes/helm/releases.ts";
import type { HomelabConfig } from "../../src/config/types.ts";
import { hostOf } from "../world/talos/host.ts";
import { restartTraefik, spoilAcme, type Spoil } from "../world/traefik/scenarios.ts";
import { serves, type TraefikService } from "../world/traefik/serves.ts";
import type { World } from "../world/kernel/world.ts";

export function ingressServes(evidence: Evidence) {
  const { config, outputs } = evidence;
  const cluster = theCluster(evidence);
  const [traefik, ...more] = cluster ? serves(cluster) : [];
  if (!traefik) return verdict("ingress", ["Traefik is not installed"], "");
  const causes = [...traefik.problems];
  if (more.length > 0) causes.push(`${more.length + 1} Traefiks are installed`);
  if (traefik.replicas > 1) causes.push(`${traefik.replicas} Traefik pods write one acme.json`);

  const promised = (outputs["traefik"]?.value as { addresses?: string[] } | undefined)?.addresses ?? [];
  const address = config.nodes.find(({ name }) => name === config.traefik.ingressNode)?.address ?? "";
  if (!traefik.addresses.includes(address)) causes.push(`it does not answer at ${address}, where DNS points`);
  if (promised.join() !== address)
    causes.push(`the output traefik.addresses says ${promised.join() || "nothing"}`);
  for (const port of [80, 443]) {
    if (!traefik.ports.some((entry) => entry.port === port)) causes.push(`nothing answers on port ${port}`);
  }
  if (!traefik.redirectsToHttps) causes.push("plain HTTP is not redirected to HTTPS");
  const { resolver } = config.traefik.acme;
  const secure = traefik.ports.find((entry) => entry.port === 443);
  if (secure?.certResolver !== resolver)
    causes.push(`port 443 does not ask the resolver ${resolver} for certificates`);
  causes.push(...acmeProblems(traefik, config.traefik.acme));
  return verdict(
    "ingress",
    [...new Set(causes)],
    `answers at ${address} on 80 (redirecting) and 443; ${traefik.acme?.storage} is ${traefik.acme?.mode}, uid ${traefik.acme?.uid}, on a replicated volume`,
  );
}

function acmeProblems(
  { acme, resolvers, runAsUser, fsGroup }: TraefikService,
  { resolver, caServer }: HomelabConfig["traefik"]["acme"],
): string[] {
  const problems: string[] = [];
  const own = resolvers.find(({ name }) => name === resolver);
  if (!own?.working)
    problems.push(
      `the certificate resolver ${resolver} does not work${own?.reason ? `: ${own.reason}` : ""}`,
    );
  const foreign = own?.issuers?.filter((issuer) => issuer !== caServer) ?? [];
  if (foreign.length > 0)
    problems.push(
      `it serves certificates of ${foreign.join(" and ")}, although its authority is ${caServer}`,
    );
  if (!acme?.exists) problems.push("there is no acme.json");
  else {
    if (acme.mode !== "0600") problems.push(`${acme.storage} has mode ${acme.mode}, not 0600`);
    if (acme.uid !== (runAsUser ?? 0))
      problems.push(`${acme.storage} belongs to uid ${acme.uid}, Traefik runs as ${runAsUser}`);
  }
  if (fsGroup !== null) problems.push(`fsGroup ${fsGroup} widens acme.json to 0660 at every mount`);
  return problems;
}

const SPOILS: Spoil[] = ["too-open", "wrong-owner", "truncated", "cut-at-brace", "not-json", "empty"];

/** Spoils acme.json in a copy of the world, one way after the other, and starts the pod again each time. */
export async function acmeSurvives(evidence: Evidence) {
  const causes: string[] = [];
  const cluster = theCluster(evidence);
  if (!cluster || serves(cluster).length === 0)
    return verdict("acme-repair", ["Traefik is not installed"], "");
  for (const spoil of SPOILS) {
    const copy = copyOf(evidence.world, cluster);
    try {
      spoilAcme(copy, spoil);
      const reason = await restartTraefik(copy);
      const after = serves(copy)[0];
      const problems = reason
        ? [reason]
        : after
          ? [...after.problems, ...acmeProblems(after, evidence.config.traefik.acme)]
          : [];
      if (problems.length > 0) causes.push(`after acme.json was spoilt (${spoil}): ${problems[0]}`);
    } catch (error) {
      causes.push(`acme.json cannot be spoilt (${spoil}): ${(error as Error).message}`);
    }
  }
  return verdict("acme-repair", causes, `a restart puts acme.json right after each of: ${SPOILS.join(", ")}`);
}

/** Rolls Traefik out once more, with a changed pod, in a copy of the world: what a first installation cannot show. */
export async function redeploys(evidence: Evidence) {
  const cluster = theCluster(evidence);
  const release = Object.values(cluster?.state.releases ?? {}).find(({ chart }) => chart === "traefik");
  if (!cluster || !release) return verdict("redeploy", ["Traefik is not installed"], "");
  const copy = copyOf(evidence.world, cluster);
  const { namespace, name, chart, version, repository, values } = structuredClone(release);
  const args = [...((values["additionalArguments"] as string[] | undefined) ?? []), "--log.level=DEBUG"];
  try {
    await upgradeRelease(copy, {
      namespace,
      name,
      chart,
      version,
      repository,
      values: { ...values, additionalArguments: args },
    });
    return verdict(
      "redeploy",
      serves(copy)[0]?.problems ?? [],
      "a changed Traefik replaces the running one and serves again",
    );
  } catch (error) {
    return verdict("redeploy", [(error as Error).message], "");
  }
}

function copyOf(world: World, cluster: Cluster): Cluster {
  const copy = copyOfWorld(world);
  return clusterOf(copy, cluster.state.id, (vmId) => hostOf(copy, vmId));
}
