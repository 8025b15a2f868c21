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
    {
      name: "no-circle",
      severity: "error",
      from: { path: "^src/" },
      to: { circular: true },
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
