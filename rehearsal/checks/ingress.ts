/** Traefik: it answers where DNS points, and its certificates survive what happens to files. */
import type { Evidence } from "./check.ts";
import { verdict } from "./check.ts";
import { theCluster } from "./cluster.ts";
import { clusterOf, type Cluster } from "../world/kubernetes/cluster.ts";
import { hostOf } from "../world/talos/host.ts";
import { restartTraefik, spoilAcme, type Spoil } from "../world/traefik/scenarios.ts";
import { serves, type TraefikService } from "../world/traefik/serves.ts";
import { World } from "../world/world.ts";

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
  causes.push(...acmeProblems(traefik, resolver));
  return verdict(
    "ingress",
    [...new Set(causes)],
    `answers at ${address} on 80 (redirecting) and 443; ${traefik.acme?.storage} is ${traefik.acme?.mode}, uid ${traefik.acme?.uid}, on a replicated volume`,
  );
}

function acmeProblems({ acme, resolvers, runAsUser, fsGroup }: TraefikService, resolver: string): string[] {
  const problems: string[] = [];
  const own = resolvers.find(({ name }) => name === resolver);
  if (!own?.working)
    problems.push(
      `the certificate resolver ${resolver} does not work${own?.reason ? `: ${own.reason}` : ""}`,
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

const SPOILS: Spoil[] = ["too-open", "wrong-owner", "truncated", "not-json", "empty"];

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
          ? [...after.problems, ...acmeProblems(after, evidence.config.traefik.acme.resolver)]
          : [];
      if (problems.length > 0) causes.push(`after acme.json was spoilt (${spoil}): ${problems[0]}`);
    } catch (error) {
      causes.push(`acme.json cannot be spoilt (${spoil}): ${(error as Error).message}`);
    }
  }
  return verdict("acme-repair", causes, `a restart puts acme.json right after each of: ${SPOILS.join(", ")}`);
}

/** A copy in which time passes without waiting, and of which nothing is kept. */
function copyOf(world: World, cluster: Cluster): Cluster {
  let now = world.clock.now();
  const clock = {
    now: () => now,
    sleep: async (seconds: number) => void (now += Math.max(0, seconds)),
    until: async (time: number) => void (now = Math.max(now, time)),
  };
  const { machinery, lifecycle } = world;
  const copy = new World({ state: structuredClone(world.state), clock, machinery, lifecycle });
  return clusterOf(copy, cluster.state.id, (vmId) => hostOf(copy, vmId));
}
