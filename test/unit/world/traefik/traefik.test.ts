import { beforeEach, describe, expect, test } from "vitest";
import { coalesce } from "../../../../rehearsal/world/kubernetes/helm/charts.ts";
import {
  installRelease,
  uninstallRelease,
  upgradeRelease,
} from "../../../../rehearsal/world/kubernetes/helm/releases.ts";
import {
  acmeFile,
  restartTraefik,
  spoilAcme,
  type Spoil,
} from "../../../../rehearsal/world/traefik/scenarios.ts";
import { serves } from "../../../../rehearsal/world/traefik/serves.ts";
import {
  fakeCluster,
  LONGHORN,
  LONGHORN_VALUES,
  privileged,
  TRAEFIK,
  TRAEFIK_VALUES,
  type FakeCluster,
} from "../../../support/world/fake-cluster.ts";

let cluster: FakeCluster;

beforeEach(async () => {
  cluster = fakeCluster();
  privileged(cluster, "longhorn-system", "traefik");
  await installRelease(cluster, { ...LONGHORN, values: LONGHORN_VALUES });
});

type Values = Record<string, unknown>;

/** The article's values with something changed; null takes a default away, as in Helm. */
const values = (change: Values = {}): Values => ({
  ...(coalesce(TRAEFIK_VALUES, change) as Values),
  updateStrategy: change["updateStrategy"] ?? TRAEFIK_VALUES.updateStrategy,
});
const install = (change: Values = {}) => installRelease(cluster, { ...TRAEFIK, values: values(change) });
const upgrade = (change: Values = {}) => upgradeRelease(cluster, { ...TRAEFIK, values: values(change) });
const traefik = () => serves(cluster)[0]!;
const NO_INIT = { deployment: { initContainers: [] } };

describe("the article's mode", () => {
  test("answers on its node's ports 80 and 443, with a working resolver and acme.json at 0600", async () => {
    await install();
    expect(traefik()).toMatchObject({
      exposure: "host",
      addresses: ["192.168.1.102"],
      redirectsToHttps: true,
      replicas: 1,
      runAsUser: 0,
      fsGroup: null,
      resolvers: [{ name: "letsencrypt", working: true }],
      acme: {
        storage: "/data/acme.json",
        persistent: true,
        exists: true,
        mode: "0600",
        uid: 0,
        gid: 0,
        readable: true,
      },
      problems: [],
    });
    expect(traefik().ports.map(({ port }) => port)).toEqual(expect.arrayContaining([80, 443]));
  });

  test("its volume has two replicas and is an iSCSI disk of its node", async () => {
    await install();
    const { volume } = acmeFile(cluster);
    expect(volume.replicas).toHaveLength(2);
    expect(cluster.host("worker-1").iscsi).toEqual([{ name: volume.name, sizeBytes: 134_217_728 }]);
  });

  test("a redeploy and a restart keep acme.json", async () => {
    await install();
    const before = acmeFile(cluster).volume.files["/acme.json"];
    await upgrade({ ports: { metrics: { port: 9102 } } });
    expect(await restartTraefik(cluster)).toBeUndefined();
    expect(acmeFile(cluster).volume.files["/acme.json"]).toEqual(before);
    expect(traefik().replicas).toBe(1);
  });
});

describe("acme.json", () => {
  test("fsGroup widens it to 0660 at the next mount, and Traefik refuses it", async () => {
    const change = { ...NO_INIT, podSecurityContext: { fsGroup: 0 } };
    await install(change);
    expect(traefik().acme?.mode).toBe("0600"); // at the first start there was no file to widen
    await restartTraefik(cluster);
    expect(traefik().acme?.mode).toBe("0660");
    expect(traefik().fsGroup).toBe(0);
    expect(traefik().resolvers[0]).toMatchObject({
      working: false,
      reason: expect.stringContaining(
        "permissions 660 for /data/acme.json are too open, please use 600",
      ) as string,
    });
  });

  test("the init container puts 0660 right although fsGroup comes first", async () => {
    await install({ podSecurityContext: { fsGroup: 0 } });
    await restartTraefik(cluster);
    expect(traefik().acme?.mode).toBe("0600");
    expect(traefik().resolvers[0]?.working).toBe(true);
  });

  test.each<[Spoil, string]>([
    ["truncated", "end of JSON input"],
    ["not-json", "invalid character"],
    ["too-open", "please use 600"],
  ])("%s: outlives a redeploy without the init container", async (kind, words) => {
    await install(NO_INIT);
    spoilAcme(cluster, kind);
    await upgrade({ ...NO_INIT, ports: { metrics: { port: 9102 } } });
    expect(traefik().resolvers[0]?.working).toBe(false);
    expect(traefik().problems.join()).toContain(words);
  });

  test.each<Spoil>(["truncated", "not-json", "too-open", "wrong-owner", "empty"])(
    "%s: is repaired by the init container",
    async (kind) => {
      await install();
      spoilAcme(cluster, kind);
      expect(await restartTraefik(cluster)).toBeUndefined();
      expect(traefik()).toMatchObject({
        resolvers: [{ working: true }],
        acme: { mode: "0600", uid: 0, readable: true },
        problems: [],
      });
      const kept = Object.keys(acmeFile(cluster).volume.files).some((path) =>
        path.startsWith("/acme.json.spoilt."),
      );
      expect(kept).toBe(kind === "truncated" || kind === "not-json");
    },
  );

  test("an init container without FOWNER cannot repair a file of another owner", async () => {
    await install();
    spoilAcme(cluster, "wrong-owner");
    spoilAcme(cluster, "too-open");
    const [init] = TRAEFIK_VALUES.deployment.initContainers as Values[];
    const weak = {
      ...init,
      command: ["sh", "-c", "chmod 600 /data/acme.json"],
      securityContext: { runAsUser: 0, capabilities: { drop: ["ALL"] } },
    };
    await expect(upgrade({ deployment: { initContainers: [weak] } })).rejects.toThrow(
      "chmod: /data/acme.json: Operation not permitted",
    );
  });

  test("unprivileged without help, Traefik cannot write on a new volume", async () => {
    await install({
      ...NO_INIT,
      hostNetwork: false,
      podSecurityContext: { runAsUser: 65532, runAsGroup: 65532, runAsNonRoot: true },
      securityContext: { runAsUser: 65532, runAsNonRoot: true, capabilities: { drop: ["ALL"], add: null } },
    });
    expect(traefik().problems.join()).toContain("open /data/acme.json: permission denied");
  });

  test("without persistence it is lost with the pod, which is said", async () => {
    await install({ persistence: { enabled: false } });
    expect(traefik().acme?.persistent).toBe(false);
    expect(traefik().problems.join()).toContain("not on a persistent volume");
  });
});

describe("pods", () => {
  test("non-root on the host's network cannot bind port 80", async () => {
    const user = { runAsUser: 65532, runAsGroup: 65532, runAsNonRoot: true };
    await expect(
      install({
        podSecurityContext: user,
        securityContext: { ...user, capabilities: { add: ["NET_BIND_SERVICE"] } },
      }),
    ).rejects.toThrow("listen tcp :80: bind: permission denied");
  });

  test("root that dropped NET_BIND_SERVICE cannot either", async () => {
    await expect(
      install({ securityContext: { capabilities: { drop: ["ALL"], add: null } } }),
    ).rejects.toThrow("bind: permission denied");
  });

  test("runAsNonRoot with user 0 does not start", async () => {
    await expect(
      install({ podSecurityContext: { runAsNonRoot: true }, securityContext: { runAsNonRoot: null } }),
    ).rejects.toThrow("container has runAsNonRoot and image will run as root");
  });

  test("a second replica on the pinned node finds no free ports", async () => {
    await expect(install({ deployment: { replicas: 2 }, affinity: { nodeAffinity: {} } })).rejects.toThrow(
      "1 node(s) didn't have free ports for the requested pod ports",
    );
  });

  test("a second replica on another node cannot have the volume", async () => {
    await expect(
      install({ deployment: { replicas: 2 }, nodeSelector: { "kubernetes.io/hostname": null } }),
    ).rejects.toThrow("Multi-Attach error");
  });

  test("two replicas on one node without host ports share acme.json, which does not work", async () => {
    const change = {
      deployment: { replicas: 2 },
      hostNetwork: false,
      ports: { web: { hostPort: null }, websecure: { hostPort: null } },
    };
    await install(change);
    expect(traefik().problems.join()).toContain("2 Traefik pods share /data/acme.json");
  });

  test("a rolling update deadlocks on the ports that the old pod holds, times out and leaves the old pod serving", async () => {
    const rolling = {
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    };
    await install(rolling);
    const before = cluster.world.clock.now();
    await expect(upgrade({ ...rolling, ports: { metrics: { port: 9102 } } })).rejects.toThrow(
      /didn't have free ports.*rolling update: traefik-\S+ still runs and holds its ports and volume/,
    );
    expect(cluster.world.clock.now() - before).toBeGreaterThanOrEqual(300);
    expect(traefik().replicas).toBe(1);
  });

  test("a rolling update that may be unavailable goes through", async () => {
    const rolling = {
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
    };
    await install(rolling);
    await upgrade({ ...rolling, ports: { metrics: { port: 9102 } } });
    expect(traefik().replicas).toBe(1);
  });

  test("an unlabelled namespace refuses the host's network", async () => {
    cluster.state.namespaces["traefik"] = { labels: {}, createdAt: 0 };
    await expect(install()).rejects.toThrow(
      /violates PodSecurity "baseline:latest": host namespaces \(hostNetwork=true\), hostPort \(container "traefik" uses hostPorts/,
    );
  });

  test("a node that does not exist leaves it pending", async () => {
    await expect(install({ nodeSelector: { "kubernetes.io/hostname": "nowhere" } })).rejects.toThrow(
      "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.",
    );
  });

  test("a claim of an unknown class stays pending", async () => {
    await expect(install({ persistence: { storageClass: "ceph" } })).rejects.toThrow(
      'storageclass.storage.k8s.io "ceph" not found',
    );
  });

  test("a LoadBalancer service waits for an address that nobody gives", async () => {
    await expect(install({ service: { enabled: true } })).rejects.toThrow(
      "Service does not have load balancer ingress IP address",
    );
  });
});

describe("the chart's own refusals", () => {
  test.each<[string, Values, string]>([
    ["an unknown root key", { certResolvers: {} }, "additional properties 'certResolvers' not allowed"],
    ["hostPort other than port", { ports: { web: { hostPort: 8080 } } }, "All hostPort must match"],
    [
      "acme arguments with two replicas",
      { deployment: { replicas: 2 }, additionalArguments: ["--certificatesresolvers.a.acme.email=x"] },
      "more than one traefik replica",
    ],
    [
      "Recreate with rollingUpdate",
      { updateStrategy: { type: "Recreate" } },
      "spec.strategy.rollingUpdate: Forbidden",
    ],
    ["redirectTo", { ports: { web: { redirectTo: { port: "websecure" } } } }, "redirectTo"],
    [
      "two volumes of one name",
      { deployment: { additionalVolumes: [{ name: "data", emptyDir: {} }] } },
      'Deployment.apps "traefik" is invalid: spec.template.spec.volumes[2].name: Duplicate value: "data"',
    ],
    [
      "a mount of no volume",
      { additionalVolumeMounts: [{ name: "plugins", mountPath: "/plugins" }] },
      'volumeMounts[2].name: Not found: "plugins"',
    ],
    [
      "a label with a space",
      { deployment: { podLabels: { owner: "the house" } } },
      'spec.template.labels: Invalid value: "the house"',
    ],
    ["memory in MB", { resources: { limits: { memory: "256MB" } } }, "quantities must match"],
    ["a count as text", { deployment: { replicas: "2" } }, "want integer"],
  ])("%s", async (_title, change, words) => {
    await expect(install(change)).rejects.toThrow(words);
    expect(cluster.state.releases["traefik/traefik"]).toBeUndefined();
  });
});

describe("the challenge", () => {
  const acme = (challenge: Values) => ({
    certificatesResolvers: { letsencrypt: { acme: { httpChallenge: null, ...challenge } } },
  });

  test.each<[string, Values]>([
    ["the TLS challenge", { tlsChallenge: true }],
    ["the TLS challenge with a delay", { tlsChallenge: { delay: 0 } }],
    ["the HTTP challenge at port 80", { httpChallenge: { entryPoint: "web" } }],
  ])("%s gets certificates", async (_title, challenge) => {
    await install(acme(challenge));
    expect(traefik().problems).toEqual([]);
    expect(traefik().resolvers).toMatchObject([{ working: true }]);
  });

  test.each<[string, Values, string]>([
    ["an empty map, which the chart makes nothing of", { tlsChallenge: {} }, "ACME challenge not specified"],
    ["one that is off", { tlsChallenge: false }, "ACME challenge not specified"],
    ["HTTP without an entry point", { httpChallenge: { entryPoint: null } }, "ACME challenge not specified"],
    ["HTTP at port 443", { httpChallenge: { entryPoint: "websecure" } }, "authorities ask at port 80 only"],
    ["HTTP nowhere", { httpChallenge: { entryPoint: "http" } }, "entry point http, which does not exist"],
  ])("%s gets none", async (_title, challenge, words) => {
    await install(acme(challenge));
    expect(traefik().resolvers[0]?.working).toBe(false);
    expect(traefik().problems.join()).toContain(words);
  });

  test("TLS without an entry point at port 443 gets none", async () => {
    await install({
      ...acme({ tlsChallenge: true }),
      ports: { websecure: { port: 8443, containerPort: 8443, hostPort: 8443 } },
    });
    expect(traefik().problems.join()).toContain("no entry point is at port 443");
  });

  test("certificates that are there are served on, and not renewed", async () => {
    await install();
    await upgradeRelease(cluster, {
      ...TRAEFIK,
      values: values(acme({ httpChallenge: { entryPoint: "websecure" } })),
    });
    expect(traefik().resolvers).toMatchObject([{ working: true }]);
    expect(traefik().problems.join()).toContain("authorities ask at port 80 only");
  });

  test("arguments say the same as values", async () => {
    const flag = "--certificatesresolvers.letsencrypt.acme.";
    await install({
      certificatesResolvers: null,
      additionalArguments: [
        `${flag}storage=/data/acme.json`,
        `${flag}httpchallenge=true`,
        `${flag}httpchallenge.entrypoint=metrics`,
      ],
    });
    expect(traefik().problems.join()).toContain("entry point metrics, port 9101");
  });
});

test("atomic leaves nothing of a failed release", async () => {
  const failing = values({ nodeSelector: { "kubernetes.io/hostname": "nowhere" } });
  await expect(installRelease(cluster, { ...TRAEFIK, values: failing, atomic: true })).rejects.toThrow(
    "purged (atomic)",
  );
  expect(cluster.state.releases["traefik/traefik"]).toBeUndefined();
});

test("skipAwait looks at nothing", async () => {
  const failing = values({ nodeSelector: { "kubernetes.io/hostname": "nowhere" } });
  await installRelease(cluster, { ...TRAEFIK, values: failing, skipAwait: true });
  expect(traefik().problems).toContain("no Traefik pod runs");
});

test("Longhorn goes although Traefik's pod has its volume, which is a catastrophe on record", async () => {
  await install();
  await upgradeRelease(cluster, {
    ...LONGHORN,
    values: coalesce(LONGHORN_VALUES, { defaultSettings: { deletingConfirmationFlag: true } }) as Values,
  });
  await uninstallRelease(cluster, "longhorn-system", "longhorn");
  const pulled = cluster.world.state.events.filter(({ kind }) => kind === "volume-pulled");
  expect(pulled).toMatchObject([{ severity: "catastrophe" }]);
  expect(pulled[0]?.text).toMatch(/was deleted under traefik\/traefik-/);
});

test("uninstalling keeps the claim and its volume, which a new release finds again", async () => {
  await install();
  await uninstallRelease(cluster, "traefik", "traefik");
  expect(Object.values(cluster.state.longhorn!.volumes)).toHaveLength(1);
  expect(cluster.host("worker-1").iscsi).toEqual([]);
  await install();
  expect(Object.values(cluster.state.longhorn!.volumes)).toHaveLength(1);
});
