// `npm run preview -- --stack <env>`: a preview against the environment's real state, as a pull request gets it.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readToolchain } from "./bootstrap/tools/toolchain.mjs";

const repository = fileURLToPath(new URL("..", import.meta.url));
const { pulumi } = readToolchain({ root: repository, home: homedir(), env: process.env });

const path = [dirname(pulumi), ...(process.env["PATH"] ?? "").split(delimiter)];
const host = process.platform === "win32" ? "pulumi-language-nodejs.exe" : "pulumi-language-nodejs";
if (!path.some((folder) => existsSync(join(folder, host)))) {
  console.error(
    "This Pulumi CLI was built here and has no Node.js language host, which only the official release brings.\n" +
      "It can rehearse, but not run against a real state. Install the Pulumi CLI (https://www.pulumi.com/docs/iac/download-install/)\n" +
      "or run with HOMELAB_TOOLCHAIN=download.",
  );
  process.exit(1);
}

const { status, error } = spawnSync(pulumi, ["preview", "--non-interactive", ...process.argv.slice(2)], {
  cwd: repository,
  stdio: "inherit",
  env: { ...process.env, PATH: path.join(delimiter) },
});
if (error) console.error(`cannot start ${pulumi}: ${error.message}`);
process.exit(status ?? 1);
