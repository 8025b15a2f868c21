/** Redirections (POSIX, XCU 2.7), with the rights of the container's user and busybox's words when they do not suffice. */
import type { Redirection } from "unbash";
import { Input, type Channel } from "./channels.ts";
import { expandParts, expandText, notPosix } from "./expand.ts";
import { Fields, textOf } from "./fields.ts";
import { type Shell } from "./state.ts";

/** @returns The descriptors with the redirections made, or why one cannot be made. */
export async function redirected(
  shell: Shell,
  redirections: readonly Redirection[],
): Promise<Map<number, Channel> | { problem: string }> {
  const channels = new Map(shell.channels);
  for (const redirection of redirections) {
    const problem = await redirect(shell, channels, redirection);
    if (problem !== undefined) return { problem };
  }
  return channels;
}

async function redirect(
  shell: Shell,
  channels: Map<number, Channel>,
  redirection: Redirection,
): Promise<string | undefined> {
  const { descriptor, operator } = redirection;
  if (operator === "<<<" || descriptor?.type === "FileDescriptorVariable") throw notPosix(operator);
  const reads = operator.startsWith("<");
  const fd = descriptor?.value ?? (reads ? 0 : 1);
  if (redirection.type === "HereDoc") {
    channels.set(fd, { input: new Input(await hereText(shell, redirection)) });
    return undefined;
  }
  if (!redirection.target) throw notPosix(operator);
  const target = await expandText(shell, redirection.target);
  switch (operator) {
    case "<&":
    case ">&": {
      if (target === "-") channels.delete(fd);
      else if (!/^\d+$/.test(target)) throw notPosix(`${operator}${target}`);
      else {
        const from = channels.get(Number(target));
        if (!from) return `${target}: Bad file descriptor`;
        channels.set(fd, from);
      }
      return undefined;
    }
    case "<":
    case "<>":
    case ">":
    case ">|":
    case ">>": {
      const device = { "/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2 }[target];
      if (device !== undefined) {
        const from = channels.get(device);
        if (from) channels.set(fd, from);
        return from ? undefined : `can't open ${target}: no such file`;
      }
      if (target === "/dev/null") {
        channels.set(fd, reads ? { input: new Input() } : { write: () => undefined });
        return undefined;
      }
      const opened = reads && operator === "<" ? toRead(shell, target) : toWrite(shell, target, operator);
      if (typeof opened === "string") return opened;
      channels.set(fd, opened);
      return undefined;
    }
    case "<<":
    case "<<-":
    case "&>":
    case "&>>":
      throw notPosix(operator);
  }
}

async function hereText(shell: Shell, here: Extract<Redirection, { type: "HereDoc" }>): Promise<string> {
  const strip = (text: string) => (here.operator === "<<-" ? text.replace(/^\t+/gm, "") : text);
  if (here.delimiter?.quoted || !here.body.parts) return strip(here.body.text);
  const fields = new Fields("");
  await expandParts(shell, fields, here.body.parts, { quoted: true, split: false });
  fields.close();
  return strip(fields.done.map(textOf).join(""));
}

function toRead(shell: Shell, target: string): Channel | string {
  const { fs } = shell.machine;
  const path = fs.path(target, shell.cwd);
  const problem = fs.readError(path);
  if (problem !== undefined)
    return `can't open ${target}: ${problem === "No such file or directory" ? "no such file" : problem}`;
  // A directory opens, and reading it fails; nobody reads one by a redirection on purpose.
  if (fs.isDirectory(path)) return `can't open ${target}: Is a directory`;
  return { input: new Input(fs.read(path)) };
}

function toWrite(shell: Shell, target: string, operator: string): Channel | string {
  const { fs, budget } = shell.machine;
  const path = fs.path(target, shell.cwd);
  const problem = target === "" ? "nonexistent directory" : fs.fileWriteError(path);
  if (problem !== undefined) {
    const said = problem === "No such file or directory" ? "nonexistent directory" : problem;
    return `can't create ${target}: ${said}`;
  }
  const node = fs.exists(path)
    ? fs.node(path)
    : fs.add(path, { mode: 0o666 & ~shell.umask, directory: false });
  if (operator === ">" || operator === ">|") node.content = "";
  return {
    input: new Input(operator === "<>" ? node.content : ""),
    write: (bytes) => {
      node.content += budget.spend(bytes);
    },
  };
}
