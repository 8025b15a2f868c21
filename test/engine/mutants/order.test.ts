/** Programs whose `up` is right, and whose destroy takes something away from under what still runs. */
import type { Mutant, Twin } from "./mutant.ts";
import { tryAll } from "./try-all.ts";

const TRAEFIK = "src/traefik/traefik.ts";
const ON_STORAGE = "dependsOn: [longhorn.deployed, longhorn.whole]";
const PULLED = /volume \S+ of traefik\/traefik was deleted under traefik\/traefik-\S+, which runs on \S+/;
const destroyed: Pick<Mutant, "command"> = { command: "destroy" };

const MUTANTS: Mutant[] = [
  {
    ...destroyed,
    what: "a Traefik that waits for the cluster, and not for Longhorn",
    edits: [{ file: "src/homelab.ts", from: ON_STORAGE, to: "dependsOn: [cluster.ready]" }],
    cause: PULLED,
  },
  {
    ...destroyed,
    stack: "rack",
    what: "the same on several hosts",
    edits: [{ file: "src/homelab.ts", from: ON_STORAGE, to: "dependsOn: [cluster.ready]" }],
    cause: PULLED,
  },
  {
    ...destroyed,
    what: "a Traefik that a destroy forgets and leaves running",
    edits: [
      {
        file: TRAEFIK,
        from: "      { parent: this },\n    );\n\n    this.release",
        to: "      { parent: this, retainOnDelete: true },\n    );\n\n    this.release",
      },
      {
        file: TRAEFIK,
        from: "        protect: args.protect,\n",
        to: "        protect: config.protect,\n        retainOnDelete: true,\n",
      },
    ],
    cause: PULLED,
  },
  {
    ...destroyed,
    what: "a Traefik that is said to go with Longhorn",
    edits: [{ file: "src/homelab.ts", from: ON_STORAGE, to: `${ON_STORAGE}, deletedWith: longhorn.release` }],
    cause: PULLED,
  },
];

const TWINS: Twin[] = [
  {
    ...destroyed,
    what: "a Traefik that waits for Longhorn's copies, which wait for Longhorn",
    edits: [{ file: "src/homelab.ts", from: ON_STORAGE, to: "dependsOn: [longhorn.whole]" }],
  },
  {
    ...destroyed,
    what: "a Traefik that waits for all of Longhorn",
    edits: [{ file: "src/homelab.ts", from: ON_STORAGE, to: "dependsOn: [longhorn]" }],
  },
  { ...destroyed, what: "the program as it is, destroyed" },
];

tryAll("order", MUTANTS, TWINS);
