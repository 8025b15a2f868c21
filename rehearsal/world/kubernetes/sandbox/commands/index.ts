/**
 * The commands that containers' scripts use, in busybox's manner and on the simulated files alone: those of the program, of the tests,
 * and no more. Any other ends the script.
 */
import { Unknown } from "../budget.ts";
import { ok, unknownArguments, type Answer, type Call, type Command } from "./call.ts";
import { cat, chmod, chown, df, mv, stat } from "./files.ts";
import { cut, grep, sort, tail, tr, uniq } from "./text.ts";

const COMMANDS: Record<string, Command> = {
  cat,
  chmod,
  chown,
  cut,
  date,
  df,
  grep,
  mv,
  sleep,
  sort,
  stat,
  tail,
  tr,
  uniq,
};

export function commandNamed(name: string): Command {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) throw new Unknown(name);
  return command;
}

/** `date +%s`. */
function date(call: Call): Answer {
  if (call.args.join() !== "+%s") throw unknownArguments(call);
  return ok(`${Math.floor(call.outside.now())}\n`);
}

async function sleep(call: Call): Promise<Answer> {
  const [seconds = "", ...more] = call.args;
  if (!/^\d+(\.\d+)?$/.test(seconds) || more.length > 0) throw unknownArguments(call);
  await call.outside.sleep(Number(seconds));
  return ok();
}
