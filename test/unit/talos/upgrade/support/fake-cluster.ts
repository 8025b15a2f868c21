/** A cluster in memory, in the place of talosctl and Kubernetes: it does what it is told unless a test says otherwise. */
import type { NodeConfig } from "../../../../../src/config/types.ts";
import type { ClusterAccess, Reachable } from "../../../../../src/observe/access.ts";
import type { EtcdAlarm, KubernetesNode, TalosNode, Storage } from "../../../../../src/observe/picture.ts";
import type { Clock } from "../../../../../src/observe/poll.ts";

export const EXTENSIONS = ["iscsi-tools", "qemu-guest-agent", "util-linux-tools"];
export const OLD_SCHEMATIC = "a".repeat(64);

export interface FakeNode {
  config: NodeConfig;
  talosVersion: string;
  schematicId: string | undefined;
  extensions: string[];
  stage: string;
  unmet: string[];
  silent?: string;
  unconfigured?: true;
  dataVolume: string | undefined;
  ready: boolean;
  cordoned: boolean;
  cordonedByTalos: boolean;
  kubeletVersion: string;
  /** Of etcd; undefined where there is none. */
  member: { id: string; learner: boolean; errors: string } | undefined;
}

/** Time that passes only when somebody sleeps. */
export class FakeClock implements Clock {
  #now = 0;
  readonly #events: { at: number; run: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  sleep(milliseconds: number): Promise<void> {
    this.#now += milliseconds;
    for (const event of this.#events.splice(0)) {
      if (event.at <= this.#now) event.run();
      else this.#events.push(event);
    }
    return Promise.resolve();
  }

  /** Something happens by itself after so many seconds. */
  after(seconds: number, run: () => void): void {
    this.#events.push({ at: this.#now + seconds * 1000, run });
  }
}

type Action =
  | "leave"
  | "remove"
  | "snapshot"
  | "pull"
  | "forfeit"
  | "upgrade"
  | "uncordon"
  | "upgrade-k8s"
  | "upgrade-k8s --dry-run";

export class FakeCluster implements ClusterAccess {
  readonly clock = new FakeClock();
  readonly nodes: FakeNode[];
  client = "v1.12.1";
  leader: string | undefined;
  alarms: EtcdAlarm[] = [];
  storageNow: Storage = { volumes: [], replicas: [] };
  kubernetesSilent: string | undefined;
  /** What talosctl prints while it upgrades Kubernetes. */
  progress: string[] = [];
  /** What was done, in order. */
  readonly done: string[] = [];
  /** Replaces what happens at an action, e.g. to fail. */
  readonly instead = new Map<string, () => Promise<unknown>>();
  /** What an installer image leads to. */
  images = new Map<string, { talosVersion: string; schematicId: string; extensions: string[] }>();

  constructor(configs: readonly NodeConfig[]) {
    this.nodes = configs.map((config, index) => ({
      config,
      talosVersion: "v1.12.0",
      schematicId: OLD_SCHEMATIC,
      extensions: EXTENSIONS,
      stage: "running",
      unmet: [],
      dataVolume: config.dataDisk && "ready",
      ready: true,
      cordoned: false,
      cordonedByTalos: false,
      kubeletVersion: "v1.35.0",
      member:
        config.role === "controlplane"
          ? { id: `${index + 1}`.padStart(16, "0"), learner: false, errors: "" }
          : undefined,
    }));
    this.leader = this.nodes.find(({ member }) => member)?.config.name;
  }

  node(name: string): FakeNode {
    return this.nodes.find(({ config }) => config.name === name)!;
  }

  async #act<T>(action: Action, subject: string, effect: () => T | Promise<T>): Promise<T> {
    const what = `${action} ${subject}`;
    this.done.push(what);
    const instead = this.instead.get(what);
    if (instead) return (await instead()) as T;
    return effect();
  }

  talosctlVersion(): Promise<string> {
    return Promise.resolve(this.client);
  }

  machines(asked: readonly Reachable[]): Promise<TalosNode[]> {
    return Promise.resolve(
      asked.map(({ name }): TalosNode => {
        const node = this.node(name);
        if (node.unconfigured) return { name, state: "unconfigured" };
        if (node.silent !== undefined) return { name, state: "silent", reason: node.silent };
        const { talosVersion, stage, unmet } = node;
        return { name, state: "configured", talosVersion, stage, unmet };
      }),
    );
  }

  image({ name }: NodeConfig) {
    const { schematicId, extensions, silent } = this.node(name);
    return silent === undefined
      ? Promise.resolve({ schematicId, extensions })
      : Promise.reject(new Error(silent));
  }

  dataVolume({ name }: NodeConfig) {
    return Promise.resolve(this.node(name).dataVolume);
  }

  etcd(controlPlanes: readonly Reachable[]) {
    const members = this.nodes.filter(({ member }) => member);
    const answering = controlPlanes
      .map(({ name }) => this.node(name))
      .filter(({ silent, unconfigured, member }) => silent === undefined && !unconfigured && member);
    if (answering.length === 0) return Promise.reject(new Error("no control plane answers"));
    const leader = this.nodes.find(({ config }) => config.name === this.leader)?.member?.id ?? "0".repeat(16);
    return Promise.resolve({
      members: members.map(({ config, member }) => ({
        id: member!.id,
        hostname: config.name,
        learner: member!.learner,
      })),
      statuses: answering.map(({ config, member }) => ({
        address: config.address,
        member: member!.id,
        leader,
        learner: member!.learner,
        errors: member!.errors,
      })),
      alarms: this.alarms,
    });
  }

  kubernetesNodes(): Promise<KubernetesNode[]> {
    if (this.kubernetesSilent !== undefined) return Promise.reject(new Error(this.kubernetesSilent));
    return Promise.resolve(
      this.nodes
        .filter(({ unconfigured }) => !unconfigured)
        .map(({ config, ready, cordoned, cordonedByTalos, talosVersion, schematicId, kubeletVersion }) => ({
          name: config.name,
          ready,
          cordoned,
          cordonedByTalos,
          osImage: `Talos (${talosVersion})`,
          schematicId,
          kubeletVersion,
        })),
    );
  }

  storage(): Promise<Storage> {
    return Promise.resolve(this.storageNow);
  }

  snapshot({ name }: NodeConfig, talosVersion: string) {
    return this.#act("snapshot", name, () => ({
      path: `/snapshots/${name}-${talosVersion}.db`,
      bytes: 4_200_032,
    }));
  }

  pull({ name }: NodeConfig, _image: string): Promise<void> {
    return this.#act("pull", name, () => undefined);
  }

  forfeitLeadership({ name }: Reachable): Promise<void> {
    return this.#act("forfeit", name, () => {
      this.leader = this.nodes.find(({ config, member }) => member && config.name !== name)!.config.name;
    });
  }

  leaveEtcd({ name }: Reachable): Promise<void> {
    return this.#act("leave", name, () => {
      this.node(name).member = undefined;
    });
  }

  removeEtcdMember(via: NodeConfig, member: string): Promise<void> {
    const node = this.nodes.find((each) => each.member?.id === member)!;
    return this.#act("remove", `${node.config.name} via ${via.name}`, () => {
      node.member = undefined;
    });
  }

  upgrade({ name }: NodeConfig, image: string, onPhase: (phase: string) => void): Promise<void> {
    return this.#act("upgrade", name, async () => {
      onPhase("drain");
      onPhase("reboot");
      await this.clock.sleep(90_000);
      Object.assign(this.node(name), this.images.get(image));
    });
  }

  uncordon(name: string): Promise<void> {
    return this.#act("uncordon", name, () => {
      Object.assign(this.node(name), { cordoned: false, cordonedByTalos: false });
    });
  }

  upgradeKubernetes(
    _node: NodeConfig,
    { to, dryRun }: { to: string; dryRun: boolean },
    onLine: (line: string) => void,
  ): Promise<void> {
    return this.#act(dryRun ? "upgrade-k8s --dry-run" : "upgrade-k8s", to, () => {
      this.progress.forEach(onLine);
      if (!dryRun) for (const node of this.nodes) node.kubeletVersion = `v${to}`;
    });
  }
}
