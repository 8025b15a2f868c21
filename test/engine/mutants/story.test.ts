/* eslint-disable @typescript-eslint/no-unsafe-member-access -- inputs on their way to the engine have no types */
/** The mistakes of the story that this project comes from, and their neighbours: the tests try some of them. */
import { patch, TYPES, values, vm, type Mutant, type Twin } from "./mutant.ts";
import { tryAll } from "./try-all.ts";

const MUTANTS: Mutant[] = [
  {
    what: "iscsi-tools left out of the schematic",
    mutations: [
      {
        type: TYPES.schematic,
        change: (props) => {
          props["schematic"] = (props["schematic"] as string).replace(/\n.*iscsi-tools/, "");
        },
      },
    ],
    cause: /Image Factory calls this schematic \w+, but \w+ was computed/,
  },
  {
    what: "an image url of an unknown schematic",
    mutations: [
      {
        type: TYPES.image,
        change: (props) => {
          props["url"] = (props["url"] as string).replace(/image\/\w{64}/, `image/${"0".repeat(64)}`);
        },
      },
    ],
    cause: /404/,
  },
  {
    what: "fsGroup set",
    mutations: [values("traefik", (v) => (v["podSecurityContext"].fsGroup = 65532))],
    cause: /fsGroup 65532/,
  },
  {
    what: "fsGroup set, and no init container to repair what it does",
    mutations: [
      values("traefik", (v) => {
        v["podSecurityContext"].fsGroup = 65532;
        v["deployment"].initContainers = [];
      }),
    ],
    cause: /permissions 660 for \/data\/acme-staging\.json are too open/,
  },
  {
    what: "the init container dropped",
    mutations: [values("traefik", (v) => (v["deployment"].initContainers = []))],
    cause: /acme-repair: after acme\.json was spoilt/,
  },
  {
    what: "data path /var/lib/longhorn",
    mutations: [values("longhorn", (v) => (v["defaultSettings"].defaultDataPath = "/var/lib/longhorn"))],
    cause: /system disk|OS disk/,
  },
  {
    what: "rshared dropped",
    mutations: [patch(/\n\s+- rshared/g, "")],
    cause: /not a shared mount|rshared/,
  },
  {
    what: "the namespace label of Longhorn dropped",
    mutations: [
      {
        type: TYPES.namespace,
        change: (props) => props["metadata"].name === "longhorn-system" && delete props["metadata"].labels,
      },
    ],
    cause: /violates PodSecurity "baseline/,
  },
  {
    what: "the namespace label of Traefik dropped",
    mutations: [
      {
        type: TYPES.namespace,
        change: (props) => props["metadata"].name === "traefik" && delete props["metadata"].labels,
      },
    ],
    cause: /violates PodSecurity "baseline/,
  },
  {
    what: "three replicas on two nodes",
    mutations: [values("longhorn", (v) => (v["persistence"].defaultClassReplicaCount = "3"))],
    cause: /3 replicas|degraded/,
  },
  {
    what: "a selector that matches no disk",
    mutations: [patch("disk.size == 42949672960u", "disk.size == 42949672961u")],
    cause: /nothing is mounted at \/var\/mnt\/longhorn[^]*matches no disk/,
  },
  {
    what: "a selector that matches both disks",
    mutations: [patch(/disk\.size == 42949672960u && (.*) && !system_disk/g, "$1")],
    cause: /matches 2 disks/,
  },
  {
    what: "a selector that matches the OS disk",
    mutations: [
      patch(/disk\.size == 42949672960u && (.*) && !system_disk/g, "disk.size == 34359738368u && $1"),
    ],
    cause: /matches \/dev\/sd. \(34 GB\), not its data disk/,
  },
  {
    what: "a selector without the transport, where a Longhorn volume has the data disk's size",
    mutations: [patch(' && disk.transport == "virtio"', "")],
    cause: /matches 2 disks: .*Longhorn volume/,
  },
  {
    what: "Traefik with two replicas",
    mutations: [values("traefik", (v) => (v["deployment"].replicas = 2))],
    cause: /release traefik.*pod anti-affinity rules|free ports/s,
  },
  {
    what: "non-root with hostNetwork",
    mutations: [
      values("traefik", (v) => {
        v["podSecurityContext"] = { runAsUser: 65532, runAsGroup: 65532, runAsNonRoot: true };
        v["securityContext"] = { runAsUser: 65532, runAsNonRoot: true };
      }),
    ],
    cause: /listen tcp :(80|443): bind: permission denied/,
  },
  {
    what: "a rolling update of the one Traefik",
    mutations: [values("traefik", (v) => (v["updateStrategy"] = { type: "RollingUpdate" }))],
    cause: /redeploy: .*(free ports|Multi-Attach)/,
  },
  {
    what: "a duplicate VM id",
    mutations: [vm("worker-1", (props) => (props["vmId"] = 126))],
    cause: /VM 126|already exists|worker-1 has no VM/,
  },
  {
    what: "a duplicate MAC",
    mutations: [
      { type: TYPES.vm, change: (props) => (props["networkDevices"][0].macAddress = "BC:24:11:00:00:01") },
    ],
    cause: /MAC address BC:24:11:00:00:01 .* is in use by/,
  },
  {
    what: "a duplicate address",
    mutations: [
      vm("worker-1", (props) => (props["initialization"].ipConfigs[0].ipv4.address = "192.168.1.126/24")),
    ],
    cause: /192\.168\.1\.126 .*(in use|two machines)/,
  },
];

const TWINS: Twin[] = [
  {
    what: "the program as it is, changed in nothing on the same ways",
    mutations: [TYPES.release, TYPES.vm].map((type) => ({ type, change: () => undefined })),
  },
];

tryAll("story", MUTANTS, TWINS, { mutants: 4, twins: 1 });
