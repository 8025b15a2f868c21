// Runs npm scripts beside each other, and tells what each printed once it has ended: node scripts/side-by-side.mjs <script> ...
// Ends with 1 when one of them failed. The kept libraries for this want a newer Node than the project does.
import { spawn } from "node:child_process";
import { buffer } from "node:stream/consumers";

/**
 * Whether the script succeeded.
 *
 * @param {string} script
 */
async function run(script) {
  const child = spawn("npm", ["run", script], { stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
  const [printed, complaints, code] = await Promise.all([buffer(child.stdout), buffer(child.stderr), ended]);
  process.stdout.write(printed);
  process.stderr.write(complaints);
  return code === 0;
}

const succeeded = await Promise.all(process.argv.slice(2).map(run));
process.exitCode = succeeded.every(Boolean) ? 0 : 1;
