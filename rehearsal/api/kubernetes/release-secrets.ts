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

/** As far as anybody reads it. The words are Helm's own (helm.sh/helm/v3, pkg/action: install.go, upgrade.go). */
function record({ namespace, name, revision, status, reason }: ReleaseState): object {
  const [verb, what] = revision === 1 ? ["Install", "Release"] : ["Upgrade", "Upgrade"];
  const description = reason === undefined ? `${verb} complete` : `${what} "${name}" failed: ${reason}`;
  return { name, namespace, version: revision, info: { status, description } };
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
