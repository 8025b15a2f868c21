/** What the Kubernetes provider waits for, tells and makes anew of Jobs: the table of docs/rehearsal.md. */
import { describe, expect, test } from "vitest";
import { InitFailed, type PropertyMap } from "../../../rehearsal/providers/server/index.ts";
import { job, kind, lab, withCluster } from "./kubernetes-support.ts";

withCluster();

describe("Jobs", () => {
  const failing = job("echo the reason; exit 3", {}, "FallbackToLogsOnError");

  test("a failure tells the termination message, and the log only where that is asked for", async () => {
    await expect(kind("batch/v1:Job").create(failing)).rejects.toThrow(/exited with 3: the reason/);
    await kind("batch/v1:Job").remove(failing);
    const said = await kind("batch/v1:Job")
      .create(job("echo the reason; exit 3"))
      .catch((error: Error) => error.message);
    expect(said).not.toContain("the reason");
  });

  test("one that failed fails a refresh softly, so that its errors stay in the state", async () => {
    await kind("batch/v1:Job")
      .create(failing)
      .catch(() => undefined);
    await expect(kind("batch/v1:Job").read("default/check", failing)).rejects.toThrow(InitFailed);
  });

  test("replaceUnready, off by default, makes one anew that is not complete", async () => {
    const conditions = (type: string) => ({ status: { conditions: [{ type, status: "True" }] } });
    const asked = job("true", { "pulumi.com/replaceUnready": "true" });
    const diff = (object: PropertyMap, state: PropertyMap) =>
      kind("batch/v1:Job").diff(object, object, state);
    expect(await diff(job("true"), conditions("Failed"))).toMatchObject({ changes: false });
    expect(await diff(asked, conditions("Failed"))).toMatchObject({ deleteBeforeReplace: true });
    expect((await diff(asked, { status: { active: 1 } })).replaces).toHaveLength(1);
    expect(await diff(asked, conditions("Complete"))).toMatchObject({ changes: false });
  });

  test("skipAwait: nobody waits for it", async () => {
    await kind("batch/v1:Job").create(job("exit 1", { "pulumi.com/skipAwait": "true" }));
  });

  test("timeoutSeconds: ten minutes, unless it says less", async () => {
    const never = { ...job("true", { "pulumi.com/timeoutSeconds": "30" }) };
    const template = (never["spec"] as { template: { spec: PropertyMap } }).template;
    template.spec = { ...template.spec, nodeSelector: { nowhere: "yes" } };
    const before = lab.clock.now();
    await expect(kind("batch/v1:Job").create(never)).rejects.toThrow("timed out");
    expect(lab.clock.now() - before).toBeLessThan(60);
  });

  test("timeoutSeconds: what succeeds later is too late", async () => {
    const hasty = job("true", { "pulumi.com/timeoutSeconds": "2" });
    await expect(kind("batch/v1:Job").create(hasty)).rejects.toThrow(/timed out .* and its limit is 2 s/);
  });
});
