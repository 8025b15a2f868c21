/** Scripts inside scripts: what is parsed, a subshell to its end, and `$(...)`. */
import { parse, type ParsedScript } from "unbash";
import { runList } from "./execute.ts";
import { Failed, Leave, subshell, type Shell } from "./state.ts";

/** Runs a script in a shell of its own to its end; what ends that shell ends nothing else. */
export function runScript(shell: Shell, text: string): Promise<number> {
  return toTheEnd(shell, () => runParsed(shell, parse(text)));
}

function runParsed(shell: Shell, { commands, errors }: ParsedScript): Promise<number> {
  if (errors?.[0]) throw new Failed(`syntax error: ${errors[0].message}`);
  return runList(shell, commands);
}

export async function toTheEnd(shell: Shell, act: () => Promise<number>): Promise<number> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof Leave) return error.status;
    if (!(error instanceof Failed)) throw error;
    shell.err(`sh: ${error.message}\n`);
    return error.status;
  }
}

export async function substitute(shell: Shell, script: ParsedScript | undefined): Promise<string> {
  let output = "";
  if (!script) return output;
  const out = (text: string) => {
    output += shell.machine.budget.spend(text);
  };
  const inner = subshell(shell, { out, tested: 0 });
  shell.substituted = await toTheEnd(inner, () => runParsed(inner, script));
  shell.status = shell.substituted;
  return output.replace(/\n+$/, "").replaceAll("\0", "");
}
