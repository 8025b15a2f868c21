/** What the text commands read: their files, or standard input where there is none or a `-`. */
import type { Answer, Call } from "../answers.ts";
import type { ContainerFs } from "../filesystem.ts";

export interface Source {
  name: string;
  text: string;
}

/** `err` says what could not be read, in busybox's words. */
export function read(fs: ContainerFs, call: Call, names: string[]): { sources: Source[]; err: string } {
  const sources: Source[] = [];
  let err = "";
  for (const name of names.length > 0 ? names : ["-"]) {
    if (name === "-" || name === "/dev/stdin") {
      sources.push({ name: "-", text: call.input() });
      continue;
    }
    if (name === "/dev/null") {
      sources.push({ name, text: "" });
      continue;
    }
    const path = fs.path(name, call.cwd);
    const problem = fs.readError(path);
    if (problem !== undefined) err += `${call.name}: can't open '${name}': ${problem}\n`;
    else if (fs.isDirectory(path)) err += `${call.name}: read error: Is a directory\n`;
    else sources.push({ name, text: fs.read(path) });
  }
  return { sources, err };
}

export function answer(out: string, err = "", code = err === "" ? 0 : 1): Answer {
  return { code, out, err };
}

/** Lines without their ends; a last one without an end counts. */
export function linesOf(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

export function joined(lines: string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}
