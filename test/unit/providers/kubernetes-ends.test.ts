/** What the provider server and the API's own clients see and change is the same object. */
import { expect, test } from "vitest";
import { handle } from "../../../rehearsal/api/kubernetes/routes.ts";
import { clusterOf } from "../../../rehearsal/world/kubernetes/cluster.ts";
import { hostOf } from "../../../rehearsal/world/talos/host.ts";
import { cluster, job, kind, lab, named, withCluster } from "./kubernetes-support.ts";

withCluster();

function ask(method: string, path: string, body = "", type = ""): Promise<unknown> {
  const open = clusterOf(lab.world, cluster().id, (vmId) => hostOf(lab.world, vmId));
  return handle(open, { method, path, query: new URLSearchParams(), body, type });
}

test.each([
  ["core/v1:Namespace", named("shop"), "/api/v1/namespaces/shop"],
  ["batch/v1:Job", job("true"), "/apis/batch/v1/namespaces/default/jobs/check"],
])("%s has one uid and one birthday", async (token, object, path) => {
  const { outputs } = await kind(token).create(object);
  const { uid, creationTimestamp } = outputs["metadata"] as Record<string, unknown>;
  expect(await ask("GET", path)).toMatchObject({ metadata: { uid, creationTimestamp } });
});

test("a Job that an API's client deletes is on record as one that the provider deletes, and gone for both", async () => {
  const path = "/apis/batch/v1/namespaces/default/jobs/check";
  const texts = () => lab.texts("object-deleted");
  const one = await kind("batch/v1:Job").create(job("true"));
  await kind("batch/v1:Job").remove(job("true"), one.outputs);
  await kind("batch/v1:Job").create(job("true"));
  await ask("DELETE", path);
  expect(texts().slice(-2)).toEqual(Array(2).fill("Job default/check is deleted"));
  expect(await kind("batch/v1:Job").read("default/check", job("true"))).toBeUndefined();
  await expect(ask("GET", path)).rejects.toMatchObject({ code: 404 });
});
