/** Programs that build the right cluster and break what they promise about it afterwards. */
import { vm, type Mutant, type Twin } from "./mutant.ts";
import { tryAll } from "./try-all.ts";

const SNAPSHOT = '  if (node.role === "controlplane") await snapshot(args, machine.talosVersion);\n';
const HAND_OVER = '  if (node.role === "controlplane") await handOver(args);\n';
const UPGRADE: Pick<Mutant, "after" | "overlays"> = {
  after: { overlays: ["cluster.talosVersion=v1.11.5"] },
  overlays: ["cluster.talosVersion=v1.11.6"],
};
const MACHINE = "src/proxmox/machines.ts";
const MOVE = "src/talos/upgrade/step-move.ts";
const NO_SNAPSHOT = /cp-1 was upgraded without a snapshot of its etcd/;

const MUTANTS: Mutant[] = [
  {
    ...UPGRADE,
    what: "no etcd snapshot before an upgrade",
    edits: [{ file: MOVE, from: SNAPSHOT, to: "" }],
    cause: NO_SNAPSHOT,
  },
  {
    ...UPGRADE,
    what: "the etcd snapshot after the upgrade",
    edits: [
      { file: MOVE, from: SNAPSHOT, to: "" },
      {
        file: MOVE,
        from: "  await log(`${node.name}: up again after",
        to: `${SNAPSHOT}  await log(\`\${node.name}: up again after`,
      },
    ],
    cause: NO_SNAPSHOT,
  },
  {
    ...UPGRADE,
    what: "an etcd snapshot only of those that lead nobody",
    edits: [{ file: MOVE, from: SNAPSHOT, to: SNAPSHOT.replace("controlplane", "leader") }],
    cause: NO_SNAPSHOT,
  },
  {
    what: "protection that is off by default",
    edits: [
      {
        file: "src/config/schema.ts",
        from: "protect: z.boolean().default(true)",
        to: "protect: z.boolean().default(false)",
      },
      { file: "src/config/derive.ts", from: "draft.protect ?? true", to: "draft.protect ?? false" },
    ],
    cause: /the machine of cp-1 is not protected from a destroy.*lab-talos-secrets is not protected/,
  },
  {
    what: "cluster secrets that are not protected",
    edits: [
      { file: "src/talos/cluster.ts", from: "protect: config.protect, ignoreChanges", to: "ignoreChanges" },
    ],
    cause: /^protected: lab-talos-secrets is not protected from a destroy$/m,
  },
  {
    what: "machines that are not protected",
    edits: [
      {
        file: "src/talos/kept-nodes.ts",
        from: "protect: protect && retiring !== true",
        to: "protect: protect && retiring === true",
      },
    ],
    cause: /^protected: the machine of cp-1 is not protected .*the machine of worker-1 is not protected/m,
  },
  {
    what: "a Longhorn that is not protected",
    edits: [{ file: "src/longhorn/longhorn.ts", from: "        protect: args.protect,\n", to: "" }],
    cause: /^protected: lab-longhorn-release is not protected from a destroy$/m,
  },
  {
    what: "an smbios uuid that changes at each up",
    previews: "all",
    edits: [{ file: MACHINE, from: ', "smbios"],', to: "]," }],
    cause: /a second preview would update lab-proxmox-cp-1-vm \([^)]*smbios/,
  },
  {
    what: "a description that says when it was made",
    previews: "all",
    mutations: [vm("", (props) => (props["description"] = `Made at ${performance.now()}.`))],
    cause: /a second preview would update \S*cp-1\S* \([^)]*description/,
  },
];

const TWINS: Twin[] = [
  {
    ...UPGRADE,
    what: "the leadership of etcd handed over first",
    edits: [
      { file: MOVE, from: HAND_OVER, to: "" },
      { file: MOVE, from: SNAPSHOT, to: `${HAND_OVER}${SNAPSHOT}` },
    ],
  },
  {
    what: "an smbios uuid that stays",
    previews: "all",
    edits: [
      { file: MACHINE, from: ', "smbios"],', to: "]," },
      {
        file: MACHINE,
        from: "uuid: randomUUID()",
        to: "uuid: `0c7a5c5e-2b8e-4f2a-9d1f-1f4f3f1c0${node.vmId}`",
      },
    ],
  },
  {
    what: "tags in another order than Proxmox keeps them: its provider knows",
    previews: "all",
    mutations: [vm("worker-1", (props) => (props["tags"] = ["worker", "talos", "lab"]))],
  },
  { what: "protection switched off by the environment", overlays: ["protect=false"] },
];

tryAll("promises", MUTANTS, TWINS);
