// Outlives the rehearsal by a few seconds: when that is gone, however it went (kill -9 leaves it no time for anything), this ends
// what it has left: the engine, its plugins, a talosctl. It notices by the end of its standard input, which the rehearsal holds open.
//
//   node warden.mjs RUN
import { endOrphans } from "./orphans.mjs";

const [run = ""] = process.argv.slice(2);
// Signals to the whole group or from a closed terminal are meant for the rehearsal. This ends by itself, right after it.
for (const name of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) process.on(name, () => undefined);
process.stdin.on("error", () => undefined);
// Nothing is spared as its child: a process closes what it holds open before its children have another parent.
process.stdin.on("close", () => void endOrphans(run, 0).then(() => process.exit(0)));
process.stdin.resume();
