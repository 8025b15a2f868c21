/** Runs that take several nodes down at once, or one before what the last one took away is whole again. */
import { NEWER, OLDER, type Mutant, type Twin } from "./mutant.ts";
import { tryAll } from "./try-all.ts";

const NAMESERVERS = ["network.nameservers=[192.168.1.1, 1.1.1.1]"];
const REBOOTS = {
  file: "src/proxmox/vm-args.ts",
  from: "rebootAfterUpdate: false",
  to: "rebootAfterUpdate: true",
};

/** As at the command line: faster, the program's own time is so long in the world that nodes are back and copies whole by chance. */
const UNHURRIED = 60;

/** Every changed config then reboots its node. */
const BY_REBOOT = {
  file: "src/talos/machine-configs.ts",
  from: 'applyMode: "auto"',
  to: 'applyMode: "reboot"',
};

const MUTANTS: Mutant[] = [
  {
    what: "machines that are rebooted whenever the provider finds it necessary",
    timeScale: UNHURRIED,
    after: {},
    overlays: NAMESERVERS,
    edits: [REBOOTS],
    cause: /one-node-down: \S+ went down \d+ s before \S+ was back/,
  },
  {
    what: "the same, with three control planes",
    timeScale: UNHURRIED,
    stack: "rack",
    after: {},
    overlays: ["network.nameservers=[10.20.0.1, 1.1.1.1]"],
    edits: [REBOOTS],
    cause: /quorum: etcd of cluster rack has no quorum/,
  },
  {
    what: "changed configs that reboot their nodes and wait for no turn",
    timeScale: UNHURRIED,
    after: {},
    overlays: NAMESERVERS,
    edits: [
      BY_REBOOT,
      {
        file: "src/talos/machine-configs.ts",
        from: "beforeUpdate: [takeTurn],",
        to: "beforeUpdate: [],",
      },
    ],
    cause: /one-node-down: \S+ went down \d+ s before \S+ was back/,
  },
  {
    what: "upgrades that wait for no turn",
    timeScale: UNHURRIED,
    stack: "rack",
    after: { overlays: OLDER },
    overlays: NEWER,
    edits: [
      {
        file: "src/talos/upgrade/upgrade.ts",
        from: "return this.#turns.run(node.name, rank, () =>",
        to: "return ((_: number, act: () => Promise<void>) => act())(rank, () =>",
      },
    ],
    cause: /one-node-down: \S+ went down \d+ s before \S+ was back/,
  },
  {
    what: "changed configs that reboot their nodes, and a gate that lets every node through",
    timeScale: UNHURRIED,
    after: {},
    overlays: NAMESERVERS,
    edits: [
      BY_REBOOT,
      {
        file: "src/talos/upgrade/config-gate.ts",
        from: 'return waiting.length === 0 ? { done: "go" } : { waiting };',
        to: 'return { done: "go" };',
      },
    ],
    cause: /copies: .*(goes down while .* has 1 of 2 copies|no copy of \S+ \(\S+\) answers)/,
  },
  {
    what: "an upgrade that waits for no volume",
    timeScale: UNHURRIED,
    after: { overlays: OLDER },
    overlays: NEWER,
    edits: [
      {
        file: "src/observe/storage.ts",
        from: "return [...unwholeVolumes(storage.seen), ...lastCopies(storage.seen, node, readyNodes, allow)];",
        to: "return [];",
      },
      {
        file: "src/observe/whole-volumes.ts",
        from: "const waiting = unwholeVolumes(storage.seen);",
        to: "const waiting: string[] = [];",
      },
    ],
    cause: /copies: .*(goes down while .* has 1 of 2 copies|no copy of \S+ \(\S+\) answers)/,
  },
];

const TWINS: Twin[] = [
  {
    what: "changed configs that reboot their nodes, in turn",
    after: {},
    overlays: NAMESERVERS,
    edits: [BY_REBOOT],
  },
  {
    what: "machines that may be rebooted, and a change that needs none",
    after: {},
    overlays: ["proxmox.startOrder=true"],
    edits: [REBOOTS],
  },
  { what: "an upgrade", after: { overlays: OLDER }, overlays: NEWER },
];

tryAll("outage", MUTANTS, TWINS);
