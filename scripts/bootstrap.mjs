// Gets a machine ready: npm packages, a Pulumi CLI, the Proxmox plugin and the helper over Talos's machinery library.
// It needs Node and nothing else to start. `npm start`, `npm test` and `npm run rehearse` call it first; with --quiet it
// says nothing unless something has to be done, with --packages it sees to the npm packages alone. What it found is in .rehearsal/toolchain.json afterwards.
//
// This file uses only what a Node of long ago can parse, so that an old one gets a sentence and not a syntax error.
const needed = 20;
const major = Number(process.versions.node.split(".")[0]);

if (major < needed) {
  console.error(
    "This project needs Node " + needed + " or newer, and this is Node " + process.versions.node + ".",
  );
  console.error(
    "Install a current one from https://nodejs.org or with your version manager, then run this again.",
  );
  process.exit(1);
}

import("./bootstrap/main.mjs").then(({ main }) => main(process.argv.slice(2)));
