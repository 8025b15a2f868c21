/** Programs after which something runs that was not asked for. */
import { NEWER, OLDER, patch, type Mutant, type Twin } from "./mutant.ts";
import { setFault } from "../../../rehearsal/world/kernel/faults.ts";
import { tryAll } from "./try-all.ts";

const WITH_UCODE = ["cluster.extensions=[siderolabs/intel-ucode]"];

/** The end of every run looks once more whether every node runs its image. */
const LAST_LOOK = {
  file: "src/talos/ready.ts",
  from: "await upgrade.everywhere();",
  to: "",
};

const MUTANTS: Mutant[] = [
  {
    what: "an upgrade that does not look what came up",
    after: { overlays: OLDER, then: (world) => setFault(world, "boot-falls-back", 127) },
    overlays: NEWER,
    edits: [
      LAST_LOOK,
      {
        file: "src/talos/upgrade/step-verify.ts",
        from: "if (wrong.length > 0)",
        to: "if (wrong.length > 9)",
      },
    ],
    cause:
      /versions: worker-1 runs Talos v1\.12\.0, not v1\.12\.1: worker-1 did not come up with Talos v1\.12\.1/,
  },
  {
    what: "a new version that only the state hears of",
    after: { overlays: OLDER },
    overlays: NEWER,
    edits: [
      LAST_LOOK,
      {
        file: "src/talos/upgrade/upgrade.ts",
        from: "act: (_change, node) => this.#move(node),",
        to: "",
      },
    ],
    cause: /versions: cp-1 runs Talos v1\.12\.0, not v1\.12\.1; worker-1 runs Talos v1\.12\.0, not v1\.12\.1/,
  },
  {
    what: "the kubelet's image pinned to another version",
    mutations: [patch("kubelet:\n", "kubelet:\n    image: ghcr.io/siderolabs/kubelet:v1.34.2\n")],
    edits: [LAST_LOOK],
    cause: /versions: the kubelet of cp-1 is v1\.34\.2, not v1\.35\.0; the kubelet of worker-1 is v1\.34\.2/,
  },
  {
    what: "a schematic without the extension that was asked for",
    overlays: WITH_UCODE,
    edits: [
      {
        file: "src/homelab.ts",
        from: "{ extensions: config.cluster.extensions }",
        to: '{ extensions: config.cluster.extensions.filter((name) => !name.endsWith("-ucode")) }',
      },
    ],
    cause: /versions: the image of cp-1 lacks siderolabs\/intel-ucode/,
  },
  {
    what: "an extension that was taken out of the config and stays in the image",
    after: { overlays: WITH_UCODE },
    edits: [
      LAST_LOOK,
      {
        file: "src/talos/upgrade/upgrade.ts",
        from: "act: (_change, node) => this.#move(node),",
        to: "",
      },
    ],
    cause: /versions: the image of cp-1 has siderolabs\/intel-ucode, which nobody asked for/,
  },
];

const TWINS: Twin[] = [
  { what: "an extension that is asked for", overlays: WITH_UCODE },
  { what: "an older Kubernetes that is asked for", overlays: ["cluster.kubernetesVersion=1.34.2"] },
  { what: "a new version", after: { overlays: OLDER }, overlays: NEWER },
];

tryAll("versions", MUTANTS, TWINS);
