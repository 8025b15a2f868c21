/** Lists, pipelines and compound commands (POSIX, XCU 2.9). Each returns its exit status. */
import type { AndOr, Case, CommandNode, CompoundList, Pipeline, PipelineNode, Statement } from "unbash";
import { MAX_JOBS } from "./budget.ts";
import { Buffered, Input, type Channel } from "./channels.ts";
import { expandText, expandWords, notPosix, piecesOf } from "./expand.ts";
import { compile, matches } from "./pattern.ts";
import { redirected } from "./redirect.ts";
import { runSimple } from "./simple.ts";
import { assign, Failed, Leave, say, subshell, type Shell } from "./state.ts";
import { toTheEnd } from "./substitute.ts";

export async function runList(shell: Shell, statements: readonly Statement[]): Promise<number> {
  shell.status = statements.length === 0 ? 0 : shell.status;
  for (const { command, background } of statements) {
    await shell.machine.budget.step();
    if (background) startJob(shell, command);
    else
      shell.status = command.type === "AndOr" ? await andOr(shell, command) : await pipeline(shell, command);
  }
  return shell.status;
}

/** It runs beside the rest and ends with the container, if not before. */
function startJob(shell: Shell, command: PipelineNode | AndOr): void {
  const { budget } = shell.machine;
  const job = subshell(shell, new Map(shell.channels).set(0, { input: new Input() }));
  if (shell.jobs.length >= MAX_JOBS) budget.stop(`it has more than ${MAX_JOBS} jobs in the background`);
  budget.check();
  const ended = toTheEnd(job, () =>
    command.type === "AndOr" ? andOr(job, command) : pipeline(job, command),
  );
  ended.catch(() => undefined); // it was ended with the container
  shell.jobs.push(ended);
  shell.status = 0;
}

async function andOr(shell: Shell, { commands, operators }: AndOr): Promise<number> {
  let status = 0;
  for (const [index, command] of commands.entries()) {
    const operator = operators[index - 1];
    if (operator !== undefined && (operator === "&&") !== (status === 0)) continue;
    const last = index === commands.length - 1;
    status = last ? await pipeline(shell, command) : await tested(shell, () => pipeline(shell, command));
    shell.status = status;
  }
  return status;
}

/** Where a failure is an answer. */
async function tested(shell: Shell, act: () => Promise<number>): Promise<number> {
  shell.tested++;
  try {
    return await act();
  } finally {
    shell.tested--;
  }
}

async function pipeline(shell: Shell, node: PipelineNode): Promise<number> {
  if (node.type !== "Pipeline") return runCommandNode(shell, node);
  const negations = node.prefixes.filter((prefix) => {
    if (prefix.type === "Time") throw notPosix("time");
    return true;
  }).length;
  if (negations === 0) return finish(shell, await stages(shell, node));
  const status = await tested(shell, () => stages(shell, node));
  return negations % 2 === 0 ? status : status === 0 ? 1 : 0;
}

/**
 * One after the other: a stage starts when the one before it has ended. Scripts cannot tell, except that one which would write
 * without end into a pipe uses up its memory instead of being ended by its reader.
 */
async function stages(shell: Shell, { commands, operators }: Pipeline): Promise<number> {
  if (operators.some((operator) => operator !== "|")) throw notPosix("|&");
  if (commands.length === 1) return runCommandNode(shell, commands[0]!);
  let input: Channel | undefined = shell.channels.get(0);
  let failed = 0;
  let status = 0;
  for (const [index, command] of commands.entries()) {
    const channels = new Map(shell.channels);
    if (input) channels.set(0, input);
    const output = new Buffered((bytes) => shell.machine.budget.spend(bytes));
    if (index < commands.length - 1) channels.set(1, output);
    const stage = subshell(shell, channels);
    status = await toTheEnd(stage, () => runCommandNode(stage, command));
    if (status !== 0) failed = status;
    input = { input: new Input(output.text) };
  }
  return shell.options.has("pipefail") ? failed : status;
}

/** `set -e`. */
function finish(shell: Shell, status: number): number {
  shell.status = status;
  if (status !== 0 && shell.options.has("e") && shell.tested === 0) throw new Leave("exit", status);
  return status;
}

async function runCommandNode(shell: Shell, node: CommandNode): Promise<number> {
  await shell.machine.budget.step();
  switch (node.type) {
    case "Command":
      return finish(shell, await runSimple(shell, node));
    case "Redirected": {
      const channels = await redirected(shell, node.redirects);
      if ("problem" in channels) {
        say(shell, channels.problem);
        return finish(shell, 1);
      }
      const before = shell.channels;
      shell.channels = channels;
      try {
        return await runCommandNode(shell, node.command);
      } finally {
        shell.channels = before;
      }
    }
    case "Subshell": {
      const inner = subshell(shell);
      return finish(shell, await toTheEnd(inner, () => runList(inner, node.body.commands)));
    }
    case "BraceGroup":
      return runList(shell, node.body.commands);
    case "If": {
      const branches = [{ clause: node.clause, then: node.then }, ...node.elif];
      for (const { clause, then } of branches) {
        if ((await test(shell, clause)) === 0) return runList(shell, then.commands);
      }
      return node.else ? runList(shell, node.else.commands) : 0;
    }
    case "While":
      return loop(
        shell,
        async () => ((await test(shell, node.clause)) === 0) === (node.kind === "while"),
        node.body,
      );
    case "For": {
      const words = node.wordlist ? await expandWords(shell, node.wordlist) : [...shell.args];
      const name = node.name.value;
      const next = () => {
        const word = words.shift();
        if (word !== undefined) assign(shell, name, word);
        return Promise.resolve(word !== undefined);
      };
      return loop(shell, next, node.body);
    }
    case "Case":
      return runCase(shell, node);
    case "Function":
      if (node.body.type === "CompoundList") throw new Failed("syntax error: a function without a body");
      shell.functions.set(node.name.value, node.body);
      return 0;
    case "TestCommand":
      throw notPosix("[[");
    case "ArithmeticCommand":
    case "ArithmeticFor":
      throw notPosix("((");
    case "Select":
    case "Coproc":
      throw notPosix(node.type.toLowerCase());
  }
}

/** Runs the body of a function, which is a compound command. */
export function runBody(shell: Shell, body: CommandNode): Promise<number> {
  return runCommandNode(shell, body);
}

const test = (shell: Shell, clause: CompoundList) => tested(shell, () => runList(shell, clause.commands));

async function loop(shell: Shell, more: () => Promise<boolean>, body: CompoundList): Promise<number> {
  let status = 0;
  shell.loops++;
  try {
    for (;;) {
      await shell.machine.budget.step();
      try {
        if (!(await more())) return status;
        status = await runList(shell, body.commands);
      } catch (error) {
        if (!(error instanceof Leave) || (error.kind !== "break" && error.kind !== "continue")) throw error;
        if (error.count > 1 && shell.loops > 1) throw new Leave(error.kind, error.count - 1);
        status = 0;
        if (error.kind === "break") return 0;
      }
    }
  } finally {
    shell.loops--;
  }
}

async function runCase(shell: Shell, { word, items }: Case): Promise<number> {
  const value = await expandText(shell, word);
  for (const { pattern, body, terminator } of items) {
    for (const each of pattern) {
      if (!matches(compile(await piecesOf(shell, each)), value)) continue;
      if (terminator !== undefined && terminator !== ";;") throw notPosix(terminator);
      return runList(shell, body.commands);
    }
  }
  return 0;
}
