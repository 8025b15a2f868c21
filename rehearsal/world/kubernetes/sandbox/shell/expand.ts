/** Expansion of words (POSIX, XCU 2.6): what is quoted stays together, the rest is split and matched against the files. */
import { parse, type Word, type WordPart } from "unbash";
import { bounded } from "./budget.ts";
import { evaluate } from "./arithmetic.ts";
import { Fields, textOf } from "./fields.ts";
import { parameterOf, expandParameter, positional } from "./parameters.ts";
import { pathsFor, type Piece } from "./pattern.ts";
import { Failed, valueOf, type Shell } from "./state.ts";
import { substitute } from "./substitute.ts";

export async function expandWords(shell: Shell, words: Iterable<Word>): Promise<string[]> {
  const all: string[] = [];
  for (const word of words) {
    for (const field of await fieldsOf(shell, word)) {
      await shell.machine.budget.step();
      const pattern =
        !shell.options.has("f") && field.some(({ text, active }) => active && /[*?[]/.test(text));
      const paths = pattern ? bounded(() => pathsFor(shell.machine.fs, shell.cwd, field)) : undefined;
      for (const path of paths ?? [textOf(field)]) all.push(shell.machine.budget.spend(path));
    }
  }
  return all;
}

export async function fieldsOf(shell: Shell, word: Word): Promise<Piece[][]> {
  const fields = new Fields(valueOf(shell, "IFS") ?? " \t\n");
  await expandInto(shell, fields, word, { quoted: false, split: true });
  fields.close();
  return fields.done;
}

/** The word as one, not split: of an assignment, a redirection, a pattern. */
export async function piecesOf(shell: Shell, word: Word): Promise<Piece[]> {
  const fields = new Fields("");
  await expandInto(shell, fields, word, { quoted: false, split: false });
  fields.close();
  return fields.done.flatMap((field, index) =>
    index > 0 ? [{ text: " ", active: false }, ...field] : field,
  );
}

export async function expandText(shell: Shell, word: Word): Promise<string> {
  return shell.machine.budget.spend(textOf(await piecesOf(shell, word)));
}

export interface Manner {
  quoted: boolean;
  /** Unquoted results are split. */
  split: boolean;
  /** Text as written is split as well: the word of `${name:-word}`. */
  splitLiterals?: boolean;
}

export async function expandInto(shell: Shell, fields: Fields, word: Word, manner: Manner): Promise<void> {
  if (!word.parts) {
    const home = manner.quoted ? undefined : /^~(?=\/|$)/.exec(word.text);
    const text = home ? (valueOf(shell, "HOME") ?? "~") + word.value.slice(1) : word.value;
    put(fields, text, { ...manner, active: false });
  } else await expandParts(shell, fields, word.parts, manner);
}

function put(
  fields: Fields,
  text: string,
  { quoted, split, splitLiterals, active }: Manner & { active: boolean },
): void {
  if (splitLiterals && split && !quoted && !active) fields.addSplit(text);
  else fields.add(text, active && !quoted);
}

/** @param parts Of a word or of a here-document. */
export async function expandParts(
  shell: Shell,
  fields: Fields,
  parts: readonly WordPart[],
  manner: Manner,
): Promise<void> {
  const result = (text: string) => {
    shell.machine.budget.spend(text);
    if (manner.quoted) fields.add(text);
    else if (manner.split) fields.addSplit(text);
    else if (text !== "") fields.add(text, true);
  };
  for (const part of parts) {
    switch (part.type) {
      case "Literal":
        put(fields, part.value, { ...manner, active: false });
        break;
      case "SingleQuoted":
      case "AnsiCQuoted":
        fields.add(part.value);
        break;
      case "DoubleQuoted": {
        const [only] = part.parts;
        const none = part.parts.length === 1 && only?.text === "$@" && shell.args.length === 0;
        if (part.parts.length === 0) fields.add("");
        else if (!none) await expandParts(shell, fields, part.parts, { quoted: true, split: manner.split });
        break;
      }
      case "Glob":
        fields.add(part.value, !manner.quoted);
        break;
      case "SimpleExpansion": {
        const name = part.text.slice(1);
        if (name === "@" || name === "*") positional(shell, fields, name, manner);
        else result(parameterOf(shell, name));
        break;
      }
      case "ParameterExpansion":
        await expandParameter(shell, fields, part, manner, result);
        break;
      case "CommandExpansion":
        result(await substitute(shell, part.script));
        break;
      case "ArithmeticExpansion":
        result(String(evaluate(shell, await arithmeticText(shell, part.text))));
        break;
      case "BraceExpansion":
        if (/[$`\\'"]/.test(part.text)) throw notPosix(part.text);
        put(fields, part.text, { ...manner, active: false });
        break;
      case "ExtendedGlob":
      case "LocaleString":
      case "ProcessSubstitution":
        throw notPosix(part.text);
    }
  }
}

/** Its parameters and substitutions are expanded first, as in double quotes. */
async function arithmeticText(shell: Shell, text: string): Promise<string> {
  const inner = text.replace(/^\$\(\(/, "").replace(/\)\)$/, "");
  if (!/[$`\\"]/.test(inner)) return inner;
  const [statement] = parse(`: "${inner.replaceAll('"', "")}"`).commands;
  const command = statement?.command;
  const word = command?.type === "Command" ? command.args[0] : undefined;
  if (word?.type !== "Word") throw new Failed(`arithmetic: syntax error: "${inner}"`);
  return expandText(shell, word);
}

export function notPosix(text: string): Failed {
  return new Failed(`syntax error: ${text.slice(0, 60)} is not part of POSIX sh`);
}
