/** sed without branches and hold space: s, d, p, q with their addresses. */
import { fail, splitOptions, type Answer, type Call } from "../answers.ts";
import type { ContainerFs } from "../filesystem.ts";
import { answer, linesOf, read } from "./files.ts";
import { regex } from "./regex.ts";

interface Step {
  from?: Address;
  to?: Address;
  not: boolean;
  inside: boolean;
  command: string;
  find?: RegExp;
  replacement?: string;
  flags?: string;
}

type Address = { line: number } | { last: true } | { find: RegExp };

class Unknown extends Error {}

export function sed(fs: ContainerFs, call: Call): Answer {
  const { flags, values, rest } = splitOptions(call.args, ["e", "expression"]);
  const script = values.get("e") ?? values.get("expression") ?? rest.shift();
  if (script === undefined) return fail("sed: no script");
  const inPlace = flags.has("i");
  let steps: Step[];
  try {
    steps = parseSteps(script, flags.has("E") || flags.has("r"));
  } catch (error) {
    if (error instanceof Unknown || error instanceof SyntaxError)
      return fail(
        `sed: ${error instanceof Unknown ? error.message : "bad regex"} is not part of this rehearsal`,
      );
    throw error;
  }
  const { sources, err } = read(fs, call, rest);
  if (!inPlace) return answer(edit(sources.map(({ text }) => text).join(""), steps, flags.has("n")), err);
  for (const { name, text } of sources) {
    const path = fs.path(name, call.cwd);
    const problem = fs.fileWriteError(path) ?? fs.writeError(path.replace(/\/[^/]*$/, "") || "/");
    if (problem !== undefined) return fail(`sed: ${path}: ${problem}`);
    fs.node(path).content = fs.spend(edit(text, parseSteps(script, flags.has("E")), flags.has("n")));
  }
  return answer("", err);
}

function edit(text: string, steps: Step[], quiet: boolean): string {
  const lines = linesOf(text);
  let out = "";
  for (const [index, original] of lines.entries()) {
    const ended = index < lines.length - 1 || text.endsWith("\n");
    const show = (line: string) => {
      out += ended ? `${line}\n` : line;
    };
    let line = original;
    let kept = true;
    let quit = false;
    for (const step of steps) {
      if (!applies(step, line, index + 1, index === lines.length - 1)) continue;
      if (step.command === "p") show(line);
      else if (step.command === "q") quit = true;
      else if (step.command === "d") kept = false;
      else {
        const changed = substituted(line, step);
        if (changed !== undefined) line = changed;
        if (changed !== undefined && step.flags!.includes("p")) show(line);
      }
      if (!kept || quit) break;
    }
    if (kept && !quiet) show(line);
    if (quit) break;
  }
  return out;
}

function substituted(line: string, { find, replacement, flags }: Step): string | undefined {
  let hits = 0;
  const nth = Number(/\d+/.exec(flags!)?.[0] ?? 1);
  const changed = line.replace(find!, (whole: string, ...groups: unknown[]) => {
    hits++;
    if (hits < nth || (hits > nth && !flags!.includes("g"))) return whole;
    return replacement!.replace(/\\([0-9])|\\n|\\([^])|&/g, (text, group?: string, other?: string) => {
      if (group !== undefined)
        return group === "0" ? whole : ((groups[Number(group) - 1] as string | undefined) ?? "");
      return text === "&" ? whole : (other ?? "\n");
    });
  });
  return hits >= nth ? changed : undefined;
}

function applies(step: Step, line: string, number: number, last: boolean): boolean {
  const hit = (address: Address) =>
    "line" in address ? address.line === number : "last" in address ? last : line.search(address.find) >= 0;
  let chosen = true;
  if (step.from && !step.to) chosen = hit(step.from);
  else if (step.from && step.to) {
    if (step.inside) {
      step.inside = !(hit(step.to) || ("line" in step.to && number >= step.to.line));
    } else {
      chosen = hit(step.from);
      step.inside = chosen && !("line" in step.to && number >= step.to.line);
    }
  }
  return chosen !== step.not;
}

function parseSteps(script: string, extended: boolean): Step[] {
  const steps: Step[] = [];
  let rest = script;
  const address = (): Address | undefined => {
    const plain = /^(\d+|\$)/.exec(rest)?.[1];
    if (plain !== undefined) {
      rest = rest.slice(plain.length);
      return plain === "$" ? { last: true } : { line: Number(plain) };
    }
    const found = /^\/((?:[^/\\]|\\[^])*)\//.exec(rest);
    if (!found) return undefined;
    rest = rest.slice(found[0].length);
    return { find: regex(found[1]!.replaceAll("\\/", "/"), { extended }) };
  };
  while ((rest = rest.replace(/^[\s;]+/, "")) !== "") {
    const step: Step = { not: false, inside: false, command: "" };
    const from = address();
    if (from) step.from = from;
    if (from && rest.startsWith(",")) {
      rest = rest.slice(1);
      const to = address();
      if (!to) throw new Unknown(`'${script}'`);
      step.to = to;
    }
    rest = rest.trimStart();
    if (rest.startsWith("!")) {
      step.not = true;
      rest = rest.slice(1).trimStart();
    }
    step.command = rest[0] ?? "";
    if (!/^[sdpq]$/.test(step.command)) throw new Unknown(`'${rest}'`);
    rest = rest.slice(1);
    if (step.command === "s") rest = parseSubstitution(step, rest, extended);
    steps.push(step);
  }
  return steps;
}

function parseSubstitution(step: Step, rest: string, extended: boolean): string {
  const mark = (rest[0] ?? "").replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
  const text = `((?:[^${mark}\\\\]|\\\\[^])*)`;
  const found = mark && new RegExp(`^${mark}${text}${mark}${text}${mark}([gpI0-9]*)`).exec(rest);
  if (!found) throw new Unknown(`'s${rest}'`);
  const [whole, pattern = "", replacement = "", flags = ""] = found;
  const plain = (part: string) => part.replaceAll(`\\${rest[0]}`, rest[0]!);
  const ignoreCase = flags.includes("I");
  Object.assign(step, {
    find: regex(plain(pattern), { extended, ignoreCase }),
    replacement: plain(replacement),
    flags,
  });
  return rest.slice(whole.length);
}
