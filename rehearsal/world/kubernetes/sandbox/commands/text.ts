/** The commands that filter standard input. None reads a file. */
import { bounded } from "../budget.ts";
import { ok, readArguments, unknownArguments, type Answer, type Call } from "./call.ts";

function linesOf(call: Call): string[] {
  const lines = call.input().split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

function joined(lines: string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

/** @returns The value of an option, where it has the form and stands alone with the flags. */
function only(call: Call, flags: string, valued: string, form: RegExp): string {
  const { flags: given, values, rest } = readArguments(call, flags, valued);
  const words = [...Object.values(values), ...rest];
  if (words.length !== 1 || given.size !== flags.length || !form.test(words[0]!))
    throw unknownArguments(call);
  return words[0]!;
}

/** `tail -n 1`. */
export function tail(call: Call): Answer {
  const count = Number(only(call, "", "n", /^[1-9]\d*$/));
  return ok(joined(linesOf(call).slice(-count)));
}

/** `tr -s ' '`: the letters themselves, no ranges and no classes. */
export function tr(call: Call): Answer {
  const letters = only(call, "s", "", /^[^-[\\]+$/);
  return ok(
    call.input().replace(/([^])\1+/g, (run, letter: string) => (letters.includes(letter) ? letter : run)),
  );
}

/** `cut -d ' ' -f 2`: one field. */
export function cut(call: Call): Answer {
  const { values, rest } = readArguments(call, "", "df");
  const { d: delimiter = "\t", f: field = "" } = values;
  if (rest.length > 0 || delimiter.length !== 1 || !/^[1-9]\d*$/.test(field)) throw unknownArguments(call);
  const lines = linesOf(call).map((line) => line.split(delimiter));
  return ok(
    joined(lines.map((fields) => (fields.length === 1 ? fields[0]! : (fields[Number(field) - 1] ?? "")))),
  );
}

export function sort(call: Call): Answer {
  if (call.args.length > 0) throw unknownArguments(call);
  return ok(joined(linesOf(call).sort()));
}

/** `uniq -c`. */
export function uniq(call: Call): Answer {
  const { flags, rest } = readArguments(call, "c");
  if (!flags.has("c") || rest.length > 0) throw unknownArguments(call);
  const groups: { line: string; count: number }[] = [];
  for (const line of linesOf(call)) {
    const last = groups.at(-1);
    if (last?.line === line) last.count++;
    else groups.push({ line, count: 1 });
  }
  return ok(joined(groups.map(({ line, count }) => `${String(count).padStart(7)} ${line}`)));
}

/** `grep -Eo`: every match, with an extended expression that means the same in JavaScript. */
export function grep(call: Call): Answer {
  const pattern = only(call, "Eo", "", /^(?:[^\\[?]|\\[^\w]|\[\^?[^\]\\[]+\]|(?<!\()\?)+$/);
  const lines = linesOf(call);
  const found = bounded(() =>
    lines.flatMap((line) => line.match(new RegExp(pattern, "g")) ?? []).filter(Boolean),
  );
  return { ...ok(joined(found)), code: found.length > 0 ? 0 : 1 };
}
