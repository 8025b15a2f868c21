/**
 * Helm's books as Secrets, one for the newest revision of each release: base64 over gzip over JSON, its labels being what Helm looks
 * for (helm.sh/helm/v3, pkg/storage/driver/secrets.go and util.go).
 */
import { gzipSync } from "node:zlib";
import type { Cluster } from "../../world/kubernetes/cluster.ts";
import type { ReleaseState } from "../../world/kubernetes/state.ts";
import { resourceVersion, timestamp, uidOf, type ApiObject } from "./objects.ts";

export function releaseSecrets(cluster: Cluster, namespace: string): ApiObject[] {
  return Object.values(cluster.state.releases)
    .filter((release) => release.namespace === namespace)
    .map((release) => {
      const { name, revision, status, installedAt } = release;
      const secret = `sh.helm.release.v1.${name}.v${revision}`;
      return {
        apiVersion: "v1",
        kind: "Secret",
        type: "helm.sh/release.v1",
        metadata: {
          name: secret,
          namespace,
          uid: uidOf(cluster, "secret", namespace, secret),
          resourceVersion: resourceVersion(cluster),
          creationTimestamp: timestamp(installedAt),
          labels: { name, owner: "helm", status, version: String(revision) },
        },
        data: { release: base64(gzipSync(JSON.stringify(record(release))).toString("base64")) },
      };
    });
}

function record({ namespace, name, revision, status, ...release }: ReleaseState): object {
  const description = release.reason === undefined ? DONE[status] : failure(name, revision, release.reason);
  return { name, namespace, version: revision, info: { status, description } };
}

const DONE = { deployed: "Upgrade complete", failed: "", uninstalling: "Deletion in progress" };

/** helm.sh/helm/v3, pkg/action: install.go failRelease, upgrade.go failRelease. */
function failure(name: string, revision: number, reason: string): string {
  return `${revision === 1 ? "Release" : "Upgrade"} "${name}" failed: ${reason}`;
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
