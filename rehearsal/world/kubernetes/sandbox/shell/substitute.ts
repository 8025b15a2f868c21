/** Scripts inside scripts: what is parsed, a subshell to its end, and `$(...)`. */
import { parse, type ParsedScript } from "unbash";
import { Buffered } from "./channels.ts";
import { runList } from "./execute.ts";
import { Failed, Leave, say, subshell, type Shell } from "./state.ts";

/** @throws Failed when it is no script. */
export function parseScript(text: string): ParsedScript {
  const script = parse(text);
  refuseErrors(script);
  return script;
}

function refuseErrors({ errors }: ParsedScript): void {
  if (errors?.[0]) throw new Failed(`syntax error: ${errors[0].message}`);
}

/** Runs something in a shell of its own to its end, its exit trap included; what ends that shell ends nothing else. */
export async function toTheEnd(shell: Shell, act: (shell: Shell) => Promise<number>): Promise<number> {
  let status = await ending(shell, () => act(shell));
  const trap = shell.onExit;
  if (trap !== undefined) {
    shell.onExit = undefined;
    shell.status = status;
    const exit = { status };
    await ending(shell, () => runList(shell, parseScript(trap).commands), exit);
    status = exit.status;
  }
  return status;
}

async function ending(shell: Shell, act: () => Promise<number>, exit?: { status: number }): Promise<number> {
  try {
    return await act();
  } catch (error) {
    let status: number;
    if (error instanceof Failed) {
      say(shell, error.message);
      status = error.status;
    } else if (error instanceof Leave) {
      status = error.kind === "exit" || error.kind === "return" ? error.count : shell.status;
    } else throw error;
    if (exit) exit.status = status;
    return status;
  }
}

export async function substitute(shell: Shell, script: ParsedScript | undefined): Promise<string> {
  const output = new Buffered((bytes) => shell.machine.budget.spend(bytes));
  if (!script) return "";
  refuseErrors(script);
  const inner = subshell(shell, new Map(shell.channels).set(1, output));
  inner.tested = 0;
  shell.substituted = await toTheEnd(inner, () => runList(inner, script.commands));
  shell.status = shell.substituted;
  return output.text.replace(/\n+$/, "").replaceAll("\0", "");
}
