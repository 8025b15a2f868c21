/* eslint-disable @typescript-eslint/no-unsafe-member-access -- inputs on their way to the engine have no types */
/** Values that Helm takes and Longhorn does not. */
import { values, type Mutant, type Twin } from "./mutant.ts";
import { tryAll } from "./try-all.ts";

const MUTANTS: Mutant[] = [
  {
    what: "data locality strict-local with two copies",
    mutations: [values("longhorn", (v) => (v["persistence"].defaultDataLocality = "strict-local"))],
    cause:
      /validator\.longhorn\.io" denied the request: number of replica count should be 1 when data locality is strict-local/,
  },
  {
    what: "XFS on a volume of 128 MiB",
    mutations: [values("longhorn", (v) => (v["persistence"].defaultFsType = "xfs"))],
    cause: /XFS filesystems with size 134217728, smaller than 314572800, are not supported/,
  },
  {
    what: "a filesystem that Longhorn cannot make",
    mutations: [values("longhorn", (v) => (v["persistence"].defaultFsType = "btrfs"))],
    cause: /mkfs\.btrfs": executable file not found/,
  },
  {
    what: "a data locality that does not exist",
    mutations: [values("longhorn", (v) => (v["persistence"].defaultDataLocality = "local"))],
    cause: /invalid data locality mode: local/,
  },
  {
    what: "a reclaim policy that does not exist",
    mutations: [values("longhorn", (v) => (v["persistence"].reclaimPolicy = "Keep"))],
    cause: /reclaimPolicy: Unsupported value: "Keep"/,
  },
  {
    what: "a replica count for one engine of two",
    mutations: [values("longhorn", (v) => (v["defaultSettings"].defaultReplicaCount = { v1: "2" }))],
    cause: /Invalid customized default setting default-replica-count .*mismatched data engines/,
  },
  {
    what: "a drain policy that does not exist",
    mutations: [values("longhorn", (v) => (v["defaultSettings"].nodeDrainPolicy = "block"))],
    cause: /Invalid customized default setting node-drain-policy .*not a valid choice/,
  },
  {
    what: "a setting's name misspelt",
    mutations: [values("longhorn", (v) => (v["defaultSettings"].replicaSoftAntiaffinity = "false"))],
    cause: /defaultSettings\.replicaSoftAntiaffinity is in no template of the chart/,
  },
  {
    what: "volumes on tagged nodes alone",
    mutations: [
      values(
        "longhorn",
        (v) => (v["persistence"].defaultNodeSelector = { enable: true, selector: "storage" }),
      ),
    ],
    cause: /tags not fulfilled/,
  },
];

const TWINS: Twin[] = [
  {
    what: "data locality best-effort",
    mutations: [values("longhorn", (v) => (v["persistence"].defaultDataLocality = "best-effort"))],
  },
  {
    what: "XFS on a volume that is large enough for it",
    mutations: [
      values("longhorn", (v) => (v["persistence"].defaultFsType = "xfs")),
      values("traefik", (v) => (v["persistence"].size = "300Mi")),
    ],
  },
  {
    what: "settings that Longhorn takes",
    mutations: [
      values("longhorn", (v) => {
        v["defaultSettings"].nodeDrainPolicy = "block-for-eviction-if-contains-last-replica";
        v["defaultSettings"].replicaAutoBalance = "best-effort";
      }),
    ],
  },
];

tryAll("longhorn", MUTANTS, TWINS);
