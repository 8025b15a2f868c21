// Runs the official installer of the Pulumi CLI, for the version of the npm package @pulumi/pulumi. A process of its own:
// it can be ended when it hangs, and the Automation API is loaded only when something is to be installed.
//
//   node install-pulumi.mjs FOLDER
import { PulumiCommand } from "@pulumi/pulumi/automation/index.js";

const root = process.argv[2];
if (!root) throw new Error("usage: install-pulumi.mjs FOLDER");
await PulumiCommand.install({ root });
