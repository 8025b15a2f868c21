/** Programs whose `up` is right, and whose destroy takes something away from under what still runs. */
import type { Mutant, Twin } from "./mutant.ts";

const ON_STORAGE = "dependsOn: [longhorn.deployed, longhorn.whole]";
const PULLED = /volume \S+ of traefik\/traefik was deleted under traefik\/traefik-\S+, which runs on \S+/;
const destroyed: Pick<Mutant, "command" | "mutations"> = { command: "destroy", mutations: [] };

export const ORDER: Mutant[] = [
  {
    ...destroyed,
    what: "a Traefik that waits for the cluster, and not for Longhorn",
    edits: [{ file: "homelab.ts", from: ON_STORAGE, to: "dependsOn: [cluster.ready]" }],
    cause: PULLED,
  },
  {
    ...destroyed,
    what: "a Traefik that waits for nothing",
    edits: [{ file: "homelab.ts", from: ON_STORAGE, to: "dependsOn: []" }],
    cause: PULLED,
  },
  {
    ...destroyed,
    what: "a Traefik that waits for a sign of Longhorn's, which Longhorn's release is not behind",
    edits: [
      {
        file: "kubernetes/deployed.ts",
        from: "{ input: status }",
        to: '{ input: { release: "", status: "deployed" } }',
      },
      { file: "kubernetes/deployed.ts", from: "dependsOn: [release], ", to: "" },
    ],
    cause: PULLED,
  },
];

export const ORDER_TWINS: Twin[] = [
  {
    ...destroyed,
    what: "a Traefik that waits for Longhorn's copies, which wait for Longhorn",
    edits: [{ file: "homelab.ts", from: ON_STORAGE, to: "dependsOn: [longhorn.whole]" }],
  },
  {
    ...destroyed,
    what: "a Traefik that waits for all of Longhorn",
    edits: [{ file: "homelab.ts", from: ON_STORAGE, to: "dependsOn: [longhorn]" }],
  },
  { ...destroyed, what: "the program as it is, destroyed" },
];
