/** Things that happen to Traefik on purpose: its pod is deleted and comes again, its acme.json is spoilt. */
import { NotReady, type ReleaseContext } from "../kubernetes/helm/charts.ts";
import type { Cluster } from "../kubernetes/cluster.ts";
import { DEFAULT_RELEASE_TIMEOUT } from "../kubernetes/durations.ts";
import { podSecurityDefault } from "../kubernetes/api/reach.ts";
import { podsOf, rollOut, stopPod } from "../kubernetes/workloads/rollout.ts";
import type { Level } from "../kubernetes/api/admission.ts";
import type { LonghornVolume } from "../longhorn/state.ts";
import type { ReleaseState } from "../kubernetes/state.ts";
import { volumeOfClaim } from "../longhorn/volumes/volumes.ts";
import { deploymentOf, keyOf, placeOf } from "./chart.ts";
import { plan } from "./values.ts";

export type Spoil = "truncated" | "cut-at-brace" | "too-open" | "wrong-owner" | "not-json" | "empty";

/** `kubectl delete pod`: the ReplicaSet makes a new one of the same template. Resolves to the reason when it does not come up. */
export async function restartTraefik(
  cluster: Cluster,
  release = traefikRelease(cluster),
): Promise<string | undefined> {
  const { clock } = cluster.world;
  for (const pod of podsOf(cluster, keyOf(release))) await stopPod(cluster, pod);
  const context: ReleaseContext = {
    cluster,
    release,
    podSecurityDefault: (await podSecurityDefault(cluster).catch(() => undefined)) as Level | undefined,
    deadline: clock.now() + DEFAULT_RELEASE_TIMEOUT,
    wait: true,
  };
  try {
    await rollOut(context, deploymentOf(release, plan(release)));
    return undefined;
  } catch (error) {
    if (error instanceof NotReady) return error.message;
    throw error;
  }
}

/** Does to the file in use what crashes, restored backups and fsGroup do to it. Takes effect at Traefik's next start. */
export function spoilAcme(cluster: Cluster, kind: Spoil, release = traefikRelease(cluster)): void {
  const { volume, path } = acmeFile(cluster, release);
  const file = volume.files[path] ?? { content: "", uid: 0, gid: 0, mode: "0600" };
  const spoilt: Record<Spoil, Partial<typeof file>> = {
    truncated: { content: file.content.slice(0, Math.max(1, Math.floor(file.content.length / 2))) || "{" },
    // Half a write that looks whole at both ends.
    "cut-at-brace": {
      content: file.content.slice(
        0,
        file.content.trimEnd().lastIndexOf("}", file.content.trimEnd().length - 2) + 1,
      ),
    },
    "not-json": { content: "certificates live elsewhere\n" },
    empty: { content: "" },
    "too-open": { mode: "0660" },
    "wrong-owner": { uid: 65532, gid: 65532 },
  };
  volume.files[path] = { ...file, ...spoilt[kind] };
  cluster.world.note({
    kind: "object-updated",
    subject: volume.name,
    severity: "warning",
    text: `${path.slice(1)} on ${volume.name} is spoilt: ${kind}`,
  });
}

export function acmeFile(
  cluster: Cluster,
  release = traefikRelease(cluster),
): { volume: LonghornVolume; path: string } {
  const planned = plan(release);
  for (const resolver of planned.resolvers.filter((each) => each.storage !== undefined)) {
    const place = placeOf(planned, resolver);
    const claim = planned.pod.volumes?.find(({ name }) => name === place?.volume)?.persistentVolumeClaim
      ?.claimName;
    const volume = claim && volumeOfClaim(cluster, `${release.namespace}/${claim}`);
    if (place && volume) return { volume, path: place.path };
  }
  throw new Error(`${keyOf(release)} keeps no acme.json on a volume`);
}

function traefikRelease(cluster: Cluster): ReleaseState {
  const found = Object.values(cluster.state.releases).find((release) => release.chart === "traefik");
  if (!found) throw new Error("Traefik is not installed on this cluster");
  return found;
}
