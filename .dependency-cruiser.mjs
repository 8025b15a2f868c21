// Which folder may know which: data goes one way, and nothing goes in a circle. Read by `npm run check:imports`.

/** What each folder of the program may import besides itself and src/config. Those that are not named here may import all. */
const MAY = {
  config: [],
  hooks: [],
  observe: [],
  plan: [],
  clients: ["hooks", "observe"],
  proxmox: ["hooks", "plan", "clients", "talos"],
  kubernetes: ["hooks", "plan", "clients"],
  talos: ["hooks", "observe", "plan", "clients"],
  longhorn: ["hooks", "observe", "plan", "clients", "kubernetes"],
  traefik: ["clients", "kubernetes", "longhorn"],
};

/** Facts that belong to no folder: they import nothing of the program but its config. */
const SHARED = ["disks", "images", "restricted-pod"];

/** Systems of the rehearsed homelab, from the ground up: a later one may know those before it. What goes up goes by the kernel. */
const SYSTEMS = ["kernel", "factory", "proxmox", "talos", "kubernetes", "longhorn", "traefik"];

/** What a system of the world may import besides itself. */
const WORLD_SHARED = "^(src/config/|rehearsal/machinery\\.ts$)";

const systems = SYSTEMS.map((system, index) => ({
  name: `${system}-knows-what-is-below`,
  severity: "error",
  from: { path: `^rehearsal/world/${system}/` },
  to: {
    path: "^(src|rehearsal|scripts|tools)/",
    pathNot: [
      `^rehearsal/world/(${SYSTEMS.slice(0, index + 1).join("|")})/`,
      ...(index > 0 ? [WORLD_SHARED] : []),
    ],
  },
}));

const layers = Object.entries(MAY).map(([folder, others]) => ({
  name: `${folder}-knows-what-is-below`,
  severity: "error",
  from: { path: `^src/${folder}/` },
  to: {
    path: "^src/",
    pathNot: `^src/((${[folder, "config", ...others].join("|")})/|(${SHARED.join("|")})\\.ts$)`,
  },
}));

export default {
  forbidden: [
    ...layers,
    ...systems,
    {
      name: "no-circle",
      severity: "error",
      from: { path: "^(src|rehearsal|scripts)/", pathNot: "^rehearsal/world/kubernetes/sandbox/" },
      to: { circular: true },
    },
    {
      name: "the-world-knows-no-door",
      comment: "Who speaks to it, runs an engine over it or judges it stands above it.",
      severity: "error",
      from: { path: "^rehearsal/world/" },
      to: { path: "^rehearsal/", pathNot: "^rehearsal/(world/|machinery\\.ts$)" },
    },
    {
      name: "doors-know-the-world",
      severity: "error",
      from: { path: "^rehearsal/(api|providers)/" },
      to: {
        path: "^rehearsal/",
        pathNot:
          "^rehearsal/(api|providers|world)/|^rehearsal/(user-error|sealed-environment|machinery)\\.ts$",
      },
    },
    {
      name: "the-provider-kit-knows-nothing-of-ours",
      severity: "error",
      from: { path: "^rehearsal/providers/server/" },
      to: { path: "^(src|rehearsal|scripts)/", pathNot: "^rehearsal/providers/server/" },
    },
    {
      name: "the-campaign-stands-above-everything",
      severity: "error",
      from: {
        path: "^rehearsal/",
        pathNot: "^rehearsal/(campaign|faults)/|^rehearsal/cli/",
      },
      to: { path: "^rehearsal/(campaign|faults)/" },
    },
    {
      name: "what-runs-is-not-told-how-it-is-judged",
      severity: "error",
      from: { path: "^rehearsal/(engine|api|providers)/" },
      to: { path: "^rehearsal/(checks/|(session|report)\\.ts$)" },
    },
    {
      name: "a-check-runs-nothing",
      severity: "error",
      from: { path: "^rehearsal/checks/" },
      to: { path: "^rehearsal/(api/|providers/|(session|homelab)\\.ts$)" },
    },
    {
      name: "the-program-is-not-told-that-it-is-rehearsed",
      severity: "error",
      from: { path: "^src/" },
      to: { path: "^(rehearsal|test|scripts)/" },
    },
    {
      name: "the-rehearsal-borrows-from-no-stage",
      comment: "It runs the whole program; of it, it knows the configuration alone.",
      severity: "error",
      from: { path: "^rehearsal/" },
      to: { path: "^src/", pathNot: "^src/config/" },
    },
    {
      name: "the-first-step-needs-no-packages",
      comment:
        "scripts/bootstrap/ installs the npm packages; what is in tools/ is loaded when they are there.",
      severity: "error",
      from: { path: "^scripts/bootstrap/[^/]+$" },
      to: {
        path: "node_modules/|^scripts/bootstrap/tools/",
        dynamic: false,
        dependencyTypesNot: ["type-only", "jsdoc"],
      },
    },
    {
      name: "nothing-depends-on-tests",
      severity: "error",
      from: { path: "^(src|rehearsal)/" },
      to: { path: "^test/" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true, // imports of types alone count as well
    tsConfig: { fileName: "tsconfig.json" },
  },
};
