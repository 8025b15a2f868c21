/** Lists, pipelines and compound commands (POSIX, XCU 2.9). Each returns its exit status. */
import type {
  AndOr,
  Case,
  CommandNode,
  CompoundList,
  Pipeline,
  PipelineNode,
  Redirection,
  Statement,
} from "unbash";
import { Unknown } from "../budget.ts";
import { commandNamed } from "../commands/index.ts";
import { BUILTINS } from "./builtins.ts";
import { expandText, expandWords, piecesOf } from "./expand.ts";
import { compile, matches } from "./pattern.ts";
import { assign, Failed, Leave, subshell, type Shell } from "./state.ts";
import { toTheEnd } from "./substitute.ts";

export async function runList(shell: Shell, statements: readonly Statement[]): Promise<number> {
  shell.status = statements.length === 0 ? 0 : shell.status;
  for (const { command, background } of statements) {
    await shell.machine.budget.step();
    if (background) throw new Unknown("&");
    shell.status = command.type === "AndOr" ? await andOr(shell, command) : await pipeline(shell, command);
  }
  return shell.status;
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
  if (node.prefixes.some(({ type }) => type === "Time")) throw new Unknown("time");
  if (node.prefixes.length === 0) return finish(shell, await stages(shell, node));
  const status = await tested(shell, () => stages(shell, node));
  return node.prefixes.length % 2 === 0 ? status : status === 0 ? 1 : 0;
}

/**
 * One after the other: a stage starts when the one before it has ended. Scripts cannot tell, except that one which would write
 * without end into a pipe uses up its memory instead of being ended by its reader.
 */
async function stages(shell: Shell, { commands, operators }: Pipeline): Promise<number> {
  if (operators.includes("|&")) throw new Unknown("|&");
  if (commands.length === 1) return runCommandNode(shell, commands[0]!);
  let { input } = shell;
  let status = 0;
  for (const [index, command] of commands.entries()) {
    const output = { text: "" };
    const out = (text: string) => {
      output.text += shell.machine.budget.spend(text);
    };
    const stage = subshell(shell, { input, ...(index < commands.length - 1 && { out }) });
    status = await toTheEnd(stage, () => runCommandNode(stage, command));
    input = output;
  }
  return status;
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
    case "BraceGroup":
      return runList(shell, node.body.commands);
    case "If": {
      const branches = [{ clause: node.clause, then: node.then }, ...node.elif];
      for (const { clause, then } of branches) {
        if ((await test(shell, clause)) === 0) return runList(shell, then.commands);
      }
      return node.else ? runList(shell, node.else.commands) : 0;
    }
    case "While": {
      const more = async () => ((await test(shell, node.clause)) === 0) === (node.kind === "while");
      return loop(shell, more, node.body);
    }
    case "For": {
      if (!node.wordlist) throw new Unknown(`for ${node.name.value}`);
      const words = await expandWords(shell, node.wordlist);
      const next = () => {
        const word = words.shift();
        if (word !== undefined) assign(shell, node.name.value, word);
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
    case "Redirected":
      throw new Unknown("a redirection of several commands");
    case "Subshell":
      throw new Unknown("( ... )");
    case "TestCommand":
      throw new Unknown("[[");
    case "ArithmeticCommand":
    case "ArithmeticFor":
      throw new Unknown("((");
    case "Select":
    case "Coproc":
      throw new Unknown(node.type.toLowerCase());
  }
}

const test = (shell: Shell, clause: CompoundList) => tested(shell, () => runList(shell, clause.commands));

async function loop(shell: Shell, more: () => Promise<boolean>, body: CompoundList): Promise<number> {
  let status = 0;
  for (;;) {
    await shell.machine.budget.step();
    try {
      if (!(await more())) return status;
      status = await runList(shell, body.commands);
    } catch (error) {
      if (!(error instanceof Leave) || (error.kind !== "break" && error.kind !== "continue")) throw error;
      status = 0;
      if (error.kind === "break") return 0;
    }
  }
}

async function runCase(shell: Shell, { word, items }: Case): Promise<number> {
  const value = await expandText(shell, word);
  for (const { pattern, body, terminator } of items) {
    for (const each of pattern) {
      if (!matches(compile(await piecesOf(shell, each)), value)) continue;
      if (terminator !== undefined && terminator !== ";;") throw new Unknown(terminator);
      return runList(shell, body.commands);
    }
  }
  return 0;
}

/** Assignments alone, or a function, a builtin or a command of the image (POSIX, XCU 2.9.1). */
async function runSimple(shell: Shell, command: Extract<CommandNode, { type: "Command" }>): Promise<number> {
  shell.substituted = 0;
  const words = await expandWords(shell, command.name ? [command.name] : []);
  for (const each of command.args) {
    if (each.type !== "Word") throw new Unknown(each.text);
    words.push(...(await expandWords(shell, [each])));
  }
  for (const each of command.prefix) {
    if (each.type !== "Assignment") continue;
    if (each.value.type === "ArrayValue" || each.index || each.append || words.length > 0)
      throw new Unknown(each.text);
    assign(shell, each.name, await expandText(shell, each.value));
  }
  const out = shell.out;
  for (const each of command.redirects) await redirect(shell, each);
  try {
    return await runWords(shell, words);
  } finally {
    shell.out = out;
  }
}

/** `>&2` alone. */
async function redirect(shell: Shell, { operator, descriptor, ...more }: Redirection): Promise<void> {
  const from = descriptor?.type === "FileDescriptor" ? descriptor.value : 1;
  const to = "target" in more && more.target ? await expandText(shell, more.target) : "";
  if (operator !== ">&" || to !== "2" || from !== 1 || descriptor?.type === "FileDescriptorVariable")
    throw new Unknown(`${operator}${to}`);
  shell.out = shell.err;
}

/** @param words A command with its arguments; none leaves the status to the substitutions of the assignments. */
export async function runWords(shell: Shell, [name, ...args]: string[]): Promise<number> {
  await shell.machine.budget.step();
  if (name === undefined) return shell.substituted;
  const body = shell.functions.get(name);
  if (body) return callFunction(shell, args, body);
  const builtin = BUILTINS.get(name);
  if (builtin) return builtin(shell, args, name);
  const { fs, outside, budget } = shell.machine;
  const input = () => {
    const { text } = shell.input;
    shell.input.text = "";
    return text;
  };
  const answer = await commandNamed(name)({ name, args, fs, outside, input });
  shell.out(budget.spend(answer.out));
  shell.err(budget.spend(answer.err));
  return answer.code;
}

async function callFunction(shell: Shell, args: string[], body: CommandNode): Promise<number> {
  const { args: outer, depth } = shell;
  shell.depth = shell.machine.budget.deepen(depth);
  shell.args = args;
  try {
    return await runCommandNode(shell, body);
  } catch (error) {
    if (error instanceof Leave && error.kind === "return") return error.status;
    throw error;
  } finally {
    Object.assign(shell, { args: outer, depth });
  }
}
