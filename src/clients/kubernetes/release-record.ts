/**
 * Why a release is not deployed, from what Helm and Kubernetes keep of it. Helm writes a Secret for each revision: base64 over
 * gzip over JSON (helm.sh/helm/v3, pkg/storage/driver/util.go), its labels being name, owner, status and version. Pure.
 */
import { gunzipSync } from "node:zlib";

/** Only the fields that are read. */
export interface ReleaseSecret {
  metadata?: { labels?: Record<string, string> };
  /** Base64, as every Secret's data, of what Helm wrote. */
  data?: { release?: string };
}

export interface ReleasePod {
  metadata?: { name?: string };
  status?: {
    conditions?: { type: string; status: string; message?: string }[];
    containerStatuses?: { state?: { waiting?: { reason?: string; message?: string } } }[];
  };
}

/** Labels by which Helm finds the records of a release. */
export function recordSelector(name: string): string {
  return `owner=helm,name=${name}`;
}

/** Helm's own words on the last operation, e.g. `Upgrade "traefik" failed: context deadline exceeded`; undefined without a record. */
export function lastWords(secrets: readonly ReleaseSecret[]): string | undefined {
  const revision = ({ metadata }: ReleaseSecret) => Number(metadata?.labels?.["version"] ?? 0);
  const newest = [...secrets].sort((one, other) => revision(other) - revision(one))[0];
  const written = newest?.data?.release;
  if (written === undefined) return undefined;
  const packed = Buffer.from(Buffer.from(written, "base64").toString("latin1"), "base64");
  const { info } = JSON.parse(gunzipSync(packed).toString("utf8")) as { info?: { description?: string } };
  return info?.description;
}

/** What keeps pods from starting, a line each. */
export function podTroubles(pods: readonly ReleasePod[]): string[] {
  return pods.flatMap(({ metadata, status }) => {
    const unplaced = status?.conditions?.find(
      (each) => each.type === "PodScheduled" && each.status === "False" && each.message !== undefined,
    )?.message;
    const waiting = status?.containerStatuses?.flatMap(({ state }) => state?.waiting ?? [])[0];
    const why = unplaced ?? (waiting && [waiting.reason, waiting.message].filter(Boolean).join(": "));
    return why ? [`pod ${metadata?.name}: ${why}`] : [];
  });
}
