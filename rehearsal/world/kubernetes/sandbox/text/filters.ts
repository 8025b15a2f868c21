/** cat, head, tail, wc, cut, tr, tee, sums. */
import { createHash } from "node:crypto";
import { fail, splitOptions, type Answer, type Call } from "../answers.ts";
import type { ContainerFs } from "../filesystem.ts";
import { escaped } from "../shell/printf.ts";
import { answer, joined, linesOf, read } from "./files.ts";
import { CLASSES } from "./regex.ts";

export function cat(fs: ContainerFs, call: Call): Answer {
  const { rest } = splitOptions(call.args, []);
  const { sources, err } = read(fs, call, rest);
  return answer(sources.map(({ text }) => text).join(""), err);
}

/** head and tail. */
export function end(fs: ContainerFs, call: Call): Answer {
  const args = call.args.map((arg) => arg.replace(/^-(\d+)$/, "-n$1"));
  const { flags, values, rest } = splitOptions(args, ["n", "c"]);
  const given = values.get("c") ?? values.get("n") ?? "10";
  if (!/^[-+]?\d+$/.test(given)) return fail(`${call.name}: invalid number '${given}'`);
  const count = Number(given.replace(/^[-+]/, ""));
  const cut = <Kind extends string | string[]>(all: Kind): Kind => {
    const slice = (from: number, to?: number) => all.slice(from, to) as Kind;
    if (call.name === "head")
      return given.startsWith("-") ? slice(0, Math.max(0, all.length - count)) : slice(0, count);
    return given.startsWith("+") ? slice(Math.max(0, count - 1)) : slice(Math.max(0, all.length - count));
  };
  const { sources, err } = read(fs, call, rest);
  const shown = sources.map(({ name, text }) => {
    const part = values.has("c") ? cut(text) : cut(text.match(/[^\n]*\n|[^\n]+$/g) ?? []).join("");
    return sources.length > 1 && !flags.has("q") ? `==> ${name} <==\n${part}` : part;
  });
  return answer(shown.join(sources.length > 1 && !flags.has("q") ? "\n" : ""), err);
}

export function wc(fs: ContainerFs, call: Call): Answer {
  const { flags, rest } = splitOptions(call.args, []);
  const { sources, err } = read(fs, call, rest);
  const count = ({ name, text }: { name: string; text: string }) => {
    const numbers: [string, number][] = [
      ["l", text.split("\n").length - 1],
      ["w", text.match(/\S+/g)?.length ?? 0],
      ["c", text.length],
    ];
    const shown = numbers.filter(([flag]) => (flags.size === 0 ? true : flags.has(flag)));
    return [...shown.map(([, number]) => String(number)), ...(name === "-" ? [] : [name])].join(" ");
  };
  return answer(joined(sources.map(count)), err);
}

export function cut(fs: ContainerFs, call: Call): Answer {
  const { flags, values, rest } = splitOptions(call.args, ["d", "f", "c", "b"]);
  const list = values.get("f") ?? values.get("c") ?? values.get("b");
  if (list === undefined || !/^[\d,-]+$/.test(list)) return fail("cut: invalid or missing list");
  const ranges = list.split(",").map((range) => {
    const [from = "", to] = range.split("-", 2);
    return { from: Number(from || 1), to: to === undefined ? Number(from) : Number(to || Infinity) };
  });
  const wanted = (_: string, index: number) =>
    ranges.some(({ from, to }) => index + 1 >= from && index + 1 <= to);
  const delimiter = values.get("d") ?? "\t";
  const { sources, err } = read(fs, call, rest);
  const lines = linesOf(sources.map(({ text }) => text).join("")).flatMap((line) => {
    if (!values.has("f")) return [[...line].filter(wanted).join("")];
    if (!line.includes(delimiter)) return flags.has("s") ? [] : [line];
    return [line.split(delimiter).filter(wanted).join(delimiter)];
  });
  return answer(joined(lines), err);
}

export function tr(_fs: ContainerFs, call: Call): Answer {
  const { flags, rest } = splitOptions(call.args, []);
  const [first, second] = rest.map(lettersOf);
  if (first === undefined) return fail("tr: missing operand");
  const not = flags.has("c") || flags.has("C");
  const chosen = new Set(first);
  const has = (letter: string) => chosen.has(letter) !== not;
  const squeezed = flags.has("s") ? new Set(second ?? first) : undefined;
  const squeezes = (letter: string) =>
    squeezed !== undefined && (second === undefined ? has(letter) : squeezed.has(letter));
  const parts: string[] = [];
  let before: string | undefined;
  for (const letter of call.input()) {
    let shown = letter;
    if (has(letter)) {
      if (flags.has("d")) continue;
      if (second && second.length > 0)
        shown = second[Math.min(not ? Infinity : first.indexOf(letter), second.length - 1)]!;
    }
    if (shown === before && squeezes(shown)) continue;
    parts.push((before = shown));
  }
  return answer(parts.join(""));
}

function lettersOf(set: string): string[] {
  const classes = set.replace(/\[:([a-z]+):\]/g, (whole, name: string) => CLASSES[name] ?? whole);
  const text = escaped(classes).text;
  return [...text.matchAll(/([^])-([^])|[^]/g)].flatMap(([whole, from, to]) => {
    if (from === undefined || to === undefined) return [whole];
    const [start, stop] = [from.charCodeAt(0), to.charCodeAt(0)];
    return Array.from({ length: Math.max(0, stop - start + 1) }, (_, i) => String.fromCharCode(start + i));
  });
}

export function tee(fs: ContainerFs, call: Call): Answer {
  const { flags, rest } = splitOptions(call.args, []);
  const text = call.input();
  let err = "";
  for (const name of rest.filter((each) => each !== "/dev/null")) {
    const path = fs.path(name, call.cwd);
    const problem = fs.fileWriteError(path);
    if (problem !== undefined) {
      err += `tee: ${name}: ${problem}\n`;
      continue;
    }
    const node = fs.exists(path)
      ? fs.node(path)
      : fs.add(path, { mode: 0o666 & ~call.umask, directory: false });
    node.content = (flags.has("a") ? node.content : "") + fs.spend(text);
  }
  return answer(text, err);
}

/** md5sum and sha256sum. */
export function sum(fs: ContainerFs, call: Call): Answer {
  const { rest } = splitOptions(call.args, []);
  const { sources, err } = read(fs, call, rest);
  const digest = (text: string) =>
    createHash(call.name.replace("sum", "")).update(Buffer.from(text, "latin1")).digest("hex");
  return answer(joined(sources.map(({ name, text }) => `${digest(text)}  ${name}`)), err);
}

export function base64(fs: ContainerFs, call: Call): Answer {
  const { flags, values, rest } = splitOptions(call.args, ["w"]);
  const { sources, err } = read(fs, call, rest);
  const bytes = Buffer.from(sources.map(({ text }) => text).join(""), "latin1");
  if (flags.has("d")) return answer(Buffer.from(bytes.toString("latin1"), "base64").toString("latin1"), err);
  const width = Number(values.get("w") ?? 76);
  const text = bytes.toString("base64");
  return answer(width > 0 ? joined(text.match(new RegExp(`.{1,${width}}`, "g")) ?? []) : text, err);
}
