/** The Kubernetes provider server against the options and defaults of the real plugin: the table of docs/rehearsal.md. */
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { configure, type Configured } from "../../../rehearsal/providers/kubernetes/connection.ts";
import { kubernetesProvider } from "../../../rehearsal/providers/kubernetes/index.ts";
import { checkOptions } from "../../../rehearsal/providers/kubernetes/options.ts";
import { InitFailed, type PropertyMap } from "../../../rehearsal/providers/server/index.ts";
import { hostOf } from "../../../rehearsal/world/talos/host.ts";
import { cluster, inDefault, job, kind, lab, named, settings, withCluster } from "./kubernetes-support.ts";

const kubeconfig = "apiVersion: v1";
withCluster();

describe("upsertExistingObjects", () => {
  const EXISTING: [string, PropertyMap, string][] = [
    ["core/v1:Namespace", named("kube-public"), 'namespaces "kube-public" already exists'],
    ["core/v1:ConfigMap", inDefault(settings), 'configmaps "settings" already exists'],
    ["batch/v1:Job", job("true"), 'jobs.batch "check" already exists'],
  ];
  const putThere = async (token: string, object: PropertyMap) => {
    if (/ConfigMap|Job/.test(token)) await kind(token).create(object);
  };

  test.each(EXISTING)("is off: a creation of an existing %s fails", async (token, object, words) => {
    await putThere(token, object);
    await expect(kind(token).create(object)).rejects.toThrow(words);
  });

  test.each(EXISTING)("is on: an existing %s is taken over", async (token, object) => {
    await putThere(token, object);
    const { id } = await kind(token, { upsertExistingObjects: "true" }).create(object);
    expect(id).toContain((object["metadata"] as { name: string }).name);
  });

  test("on, it still cannot change what is immutable", async () => {
    await kind("batch/v1:Job").create(job("true"));
    await expect(
      kind("batch/v1:Job", { upsertExistingObjects: true }).create(job("echo another")),
    ).rejects.toThrow("field is immutable");
  });

  test("on, a Job that had failed is not run again", async () => {
    await expect(kind("batch/v1:Job").create(job("exit 1"))).rejects.toThrow(InitFailed);
    const again = kind("batch/v1:Job", { upsertExistingObjects: true }).create(job("exit 1"));
    await expect(again).rejects.toThrow("BackoffLimitExceeded");
    expect(lab.world.state.events.filter(({ kind }) => kind === "pod-started").length).toBeGreaterThan(0);
  });

  test("labels of others stay on what is taken over", async () => {
    cluster().namespaces["apps"] = { labels: { team: "blue" }, createdAt: 0 };
    const ours = { metadata: { name: "apps", labels: { mine: "yes" } } };
    await kind("core/v1:Namespace", { upsertExistingObjects: true }).create(ours);
    expect(cluster().namespaces["apps"]!.labels).toMatchObject({ team: "blue", mine: "yes" });
  });

  test("a preview says nothing of what exists", async () => {
    expect(await kind("core/v1:Namespace").create(named("kube-public"), true)).toMatchObject({ id: "" });
  });
});

describe("environment variables", () => {
  const variable = "PULUMI_K8S_UPSERT_EXISTING_OBJECTS";
  const others: [string, keyof Configured][] = [
    ["PULUMI_K8S_DELETE_UNREACHABLE", "deleteUnreachable"],
    ["PULUMI_K8S_SKIP_UPDATE_UNREACHABLE", "skipUpdateUnreachable"],
    [variable, "upsertExistingObjects"],
    ["PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE", "enableConfigMapMutable"],
    ["PULUMI_K8S_ENABLE_SECRET_MUTABLE", "enableSecretMutable"],
  ];
  test.each(others)("%s stands in for the option, which is off without it", (name, option) => {
    expect(configure({})[option]).toBe(false);
    expect(configure({}, { [name]: "true" })[option]).toBe(true);
    expect(configure({}, { [name]: "yes" })[option]).toBe(false);
  });

  test("the option has the last word", () => {
    const given = { upsertExistingObjects: "false" };
    expect(configure(given, { [variable]: "true" }).upsertExistingObjects).toBe(false);
  });

  test("of a rehearsal's person none does", () => {
    process.env[variable] = "true";
    try {
      const provider = kubernetesProvider(lab.world, (vmId) => hostOf(lab.world, vmId));
      expect(provider.configure!({})).toMatchObject({ upsertExistingObjects: false });
    } finally {
      delete process.env[variable];
    }
  });
});

test("waitFor is refused: what nobody waits for would be ready at once", async () => {
  const object = inDefault({
    ...settings,
    metadata: { name: "settings", annotations: { "pulumi.com/waitFor": "jsonpath={.data}" } },
  });
  expect((await kind("core/v1:ConfigMap").check(object)).failures).toEqual([
    { property: "metadata.annotations", reason: "pulumi.com/waitFor is not rehearsed" },
  ]);
  expect((await kind("core/v1:ConfigMap").check(inDefault(settings))).failures).toBeUndefined();
});

describe("options that a rehearsal cannot honour are refused", () => {
  test.each([
    ["enableServerSideApply", false],
    ["renderYamlToDirectory", "rendered"],
    ["cluster", "other"],
    ["context", "other"],
    ["helmReleaseSettings", { driver: "configmap" }],
    ["alwaysRender", true],
    ["kubeconfig", ""],
    ["kubeconfig", undefined],
  ])("%s", (property, value) => {
    expect(checkOptions({ kubeconfig, [property]: value }).failures?.map((each) => each.property)).toEqual([
      property,
    ]);
  });

  test("those without an effect on the cluster are not", () => {
    const harmless = {
      suppressDeprecationWarnings: true,
      suppressHelmHookWarnings: true,
      kubeClientSettings: { qps: 5 },
      enableServerSideApply: "true",
    };
    expect(checkOptions({ kubeconfig, ...harmless }).failures).toBeUndefined();
  });
});

describe("namespace", () => {
  const namespaceOf = async (options: PropertyMap) => {
    const { inputs } = await kind("core/v1:ConfigMap", options).check(settings);
    return (inputs["metadata"] as PropertyMap)["namespace"];
  };
  test("is `default`, or what the provider was told", async () => {
    expect(await namespaceOf({})).toBe("default");
    expect(await namespaceOf({ namespace: "apps" })).toBe("apps");
  });
});

describe.each([
  ["core/v1:ConfigMap", "enableConfigMapMutable", "data"],
  ["core/v1:Secret", "enableSecretMutable", "stringData"],
])("%s, changed", (token, option, field) => {
  const [before, after] = ["1", "2"].map((a) => inDefault(named("settings", { [field]: { a } })));
  test("is replaced, unless the option is on", async () => {
    expect(await kind(token).diff(before!, after!)).toMatchObject({ replaces: [field] });
    expect(await kind(token, { [option]: true }).diff(before!, after!)).toMatchObject({
      changes: true,
      replaces: [],
    });
  });
});

describe("an unreachable cluster", () => {
  const object = inDefault(settings);
  beforeEach(() => void (cluster().apiUpAt = lab.clock.now() + 1e6));

  test("fails a refresh and a deletion, with the variable to forget it by", async () => {
    await expect(kind("core/v1:ConfigMap").read("default/settings", object)).rejects.toThrow(
      "PULUMI_K8S_DELETE_UNREACHABLE",
    );
    await expect(kind("core/v1:ConfigMap").remove(object)).rejects.toThrow("PULUMI_K8S_DELETE_UNREACHABLE");
  });

  test("deleteUnreachable: what was in it is forgotten", async () => {
    const forgetting = kind("core/v1:ConfigMap", { deleteUnreachable: true });
    expect(await forgetting.read("default/settings", object)).toBeUndefined();
    await forgetting.remove(object);
  });

  test("skipUpdateUnreachable: a refresh leaves the state as it was", async () => {
    const skipping = kind("core/v1:ConfigMap", { skipUpdateUnreachable: true });
    expect(await skipping.read("default/settings", object)).toMatchObject({ id: "default/settings" });
    await expect(skipping.remove(object)).rejects.toThrow("unreachable");
  });
});

test("what is gone from the cluster is gone at a refresh", async () => {
  expect(await kind("core/v1:ConfigMap").read("default/settings", inDefault(settings))).toBeUndefined();
});

describe("a namespace that is not there yet", () => {
  const object = named("settings", { metadata: { name: "settings", namespace: "apps" } });

  test("is tried again until it comes", async () => {
    const begun = lab.clock.now();
    const sleep = vi.spyOn(lab.clock, "sleep").mockImplementation((seconds) => {
      if (seconds === 4) cluster().namespaces["apps"] = { labels: {}, createdAt: 0 };
      lab.clock.time += seconds;
      return Promise.resolve();
    });
    onTestFinished(() => sleep.mockRestore());
    expect((await kind("core/v1:ConfigMap").create(object)).id).toContain("/");
    expect(lab.clock.now() - begun).toBeLessThan(64);
  });

  test("five times, for a minute, and not for ever", async () => {
    const begun = lab.clock.now();
    await expect(kind("core/v1:ConfigMap").create(object)).rejects.toThrow('namespaces "apps" not found');
    expect(lab.clock.now() - begun).toBeGreaterThanOrEqual(63);
  });
});

test.each(["orphan", "background", "foreground", "anything"])(
  "deletionPropagationPolicy %s: the object is gone when its deletion returns",
  async (policy) => {
    const annotated = inDefault(
      named("settings", { metadata: { annotations: { "pulumi.com/deletionPropagationPolicy": policy } } }),
    );
    const object = { ...annotated, metadata: { ...(annotated["metadata"] as object), name: "settings" } };
    await kind("core/v1:ConfigMap").create(object);
    await kind("core/v1:ConfigMap").remove(object);
    expect(Object.keys(cluster().objects)).toEqual([]);
  },
);
