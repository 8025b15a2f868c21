/** grep, sort, uniq, cmp, and the small ones about names and numbers. */
import { fail, ok, splitOptions, type Answer, type Call } from "../answers.ts";
import type { ContainerFs } from "../filesystem.ts";
import { posix } from "node:path";
import { answer, joined, linesOf, read } from "./files.ts";
import { literal, regex } from "./regex.ts";

export function grep(fs: ContainerFs, call: Call): Answer {
  const { flags, values, rest } = splitOptions(call.args, ["e", "m"]);
  const given = values.get("e") ?? rest.shift();
  if (given === undefined) return { ...fail("grep: missing pattern"), code: 2 };
  const extended = flags.has("E") || call.name === "egrep";
  const fixed = flags.has("F") || call.name === "fgrep";
  const patterns: RegExp[] = [];
  try {
    for (const each of given.split("\n")) {
      const found = fixed
        ? literal(each, flags.has("i"))
        : regex(each, { extended, ignoreCase: flags.has("i") });
      const whole = flags.has("x")
        ? `^(?:${found.source})$`
        : flags.has("w")
          ? `\\b(?:${found.source})\\b`
          : undefined;
      patterns.push(whole === undefined ? found : new RegExp(whole, found.flags));
    }
  } catch {
    return { ...fail(`grep: bad regex '${given}'`), code: 2 };
  }
  const { sources, err } = read(fs, call, rest);
  const prefix = rest.length > 1 && !flags.has("h");
  const most = Number(values.get("m") ?? Infinity);
  let any = false;
  const out: string[] = [];
  for (const { name, text } of sources) {
    const before = prefix ? `${name}:` : "";
    let count = 0;
    for (const [index, line] of linesOf(text).entries()) {
      const hit = patterns.some((pattern) => line.search(pattern) >= 0) !== flags.has("v");
      if (!hit || count >= most) continue;
      count++;
      const at = before + (flags.has("n") ? `${index + 1}:` : "");
      if (["c", "q", "l", "L"].some((flag) => flags.has(flag))) continue;
      if (!flags.has("o")) out.push(at + line);
      else if (!flags.has("v"))
        for (const pattern of patterns)
          out.push(
            ...[...line.matchAll(pattern)].filter(([found]) => found !== "").map(([found]) => at + found),
          );
    }
    any ||= count > 0;
    if (flags.has("c") && !flags.has("q")) out.push(`${before}${count}`);
    if (flags.has("l") && count > 0) out.push(name);
  }
  const quiet = flags.has("s") || flags.has("q");
  return {
    code: any ? 0 : err !== "" ? 2 : 1,
    out: joined(flags.has("q") ? [] : out),
    err: quiet ? "" : err,
  };
}

export function sort(fs: ContainerFs, call: Call): Answer {
  const { flags, values, rest } = splitOptions(call.args, ["k", "t"]);
  const { sources, err } = read(fs, call, rest);
  const lines = linesOf(
    sources.map(({ text }) => (text.endsWith("\n") || text === "" ? text : `${text}\n`)).join(""),
  );
  const [from = "1", to] = (values.get("k") ?? "").split(",", 2);
  const separator = values.get("t") ?? /(?<=\S)(?=\s)/;
  const key = (line: string) =>
    values.has("k")
      ? line
          .split(separator)
          .slice((parseInt(from) || 1) - 1, to === undefined ? undefined : parseInt(to))
          .join(values.get("t") ?? "")
      : line;
  const numeric = flags.has("n") || /n/.test(values.get("k") ?? "");
  const reverse = flags.has("r") || /r/.test(values.get("k") ?? "");
  const compare = (a: string, b: string) => {
    const order = numeric ? (parseFloat(key(a)) || 0) - (parseFloat(key(b)) || 0) : by(key(a), key(b));
    return (order || by(a, b)) * (reverse ? -1 : 1);
  };
  const sorted = lines.sort(compare);
  return answer(
    joined(
      flags.has("u") ? sorted.filter((line, i) => key(line) !== key(sorted[i - 1] ?? `${line}\n`)) : sorted,
    ),
    err,
  );
}

const by = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

export function uniq(fs: ContainerFs, call: Call): Answer {
  const { flags, rest } = splitOptions(call.args, []);
  const { sources, err } = read(fs, call, rest.slice(0, 1));
  const groups: { line: string; count: number }[] = [];
  for (const line of linesOf(sources.map(({ text }) => text).join(""))) {
    const last = groups.at(-1);
    if (last?.line === line) last.count++;
    else groups.push({ line, count: 1 });
  }
  const shown = groups.filter(
    ({ count }) => (!flags.has("d") || count > 1) && (!flags.has("u") || count === 1),
  );
  return answer(
    joined(shown.map(({ line, count }) => (flags.has("c") ? `${String(count).padStart(7)} ${line}` : line))),
    err,
  );
}

export function cmp(fs: ContainerFs, call: Call): Answer {
  const { flags, rest } = splitOptions(call.args, []);
  const { sources, err } = read(fs, call, [rest[0] ?? "-", rest[1] ?? "-"]);
  const [one, two] = sources;
  if (err !== "" || !one || !two) return { code: 2, out: "", err: flags.has("s") ? "" : err };
  if (one.text === two.text) return ok();
  let at = 0;
  while (one.text[at] === two.text[at]) at++;
  const line = one.text.slice(0, at).split("\n").length;
  return {
    code: 1,
    out: flags.has("s") ? "" : `${one.name} ${two.name} differ: char ${at + 1}, line ${line}\n`,
    err: "",
  };
}

/** basename and dirname. */
export function nameOf(_fs: ContainerFs, { name, args }: Call): Answer {
  const [path, suffix = ""] = args.filter((arg) => arg !== "--");
  if (path === undefined) return fail(`${name}: missing operand`);
  if (name === "dirname") return ok(`${posix.dirname(path)}\n`);
  const base = /^\/+$/.test(path) ? "/" : posix.basename(path);
  return ok(
    `${base !== suffix && base.endsWith(suffix) ? base.slice(0, base.length - suffix.length) : base}\n`,
  );
}

export function seq(_fs: ContainerFs, { args }: Call): Answer {
  const numbers = args.map(Number);
  if (args.length === 0 || args.length > 3 || numbers.some((number) => !Number.isSafeInteger(number)))
    return fail("seq: invalid number");
  const [first, step, last] =
    numbers.length === 1
      ? [1, 1, numbers[0]!]
      : numbers.length === 2
        ? [numbers[0]!, 1, numbers[1]!]
        : (numbers as [number, number, number]);
  const count = step === 0 ? 0 : Math.floor((last - first) / step) + 1;
  if (count > 1_000_000) return fail("seq: too many numbers for this rehearsal");
  return ok(joined(Array.from({ length: Math.max(0, count) }, (_, i) => String(first + i * step))));
}

/** Words of standard input as arguments, `-n` at a time, or one line at a time in the place of `-I`'s text. */
export async function xargs(_fs: ContainerFs, call: Call): Promise<Answer> {
  const args = [...call.args];
  const options: string[] = [];
  while (/^-/.test(args[0] ?? ""))
    options.push(/^-[nI]$/.test(args[0]!) ? `${args.shift()}${args.shift()}` : args.shift()!);
  const command = args.length > 0 ? args : ["echo"];
  const place = options.find((option) => option.startsWith("-I"))?.slice(2);
  const most = Number(options.find((option) => option.startsWith("-n"))?.slice(2) ?? Infinity) || Infinity;
  const text = call.input();
  const words = options.includes("-0") ? text.split("\0").filter(Boolean) : (text.match(/\S+/g) ?? []);
  let code = 0;
  const run = async (all: string[]) => {
    if ((await call.run(all)) !== 0) code = 123;
  };
  if (place !== undefined) {
    for (const line of linesOf(text)) await run(command.map((word) => word.replaceAll(place, line.trim())));
  } else if (words.length > 0 || !options.includes("-r")) {
    do await run([...command, ...words.splice(0, most)]);
    while (words.length > 0);
  }
  return { code, out: "", err: "" };
}
