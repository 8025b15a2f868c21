/** Expansion of words (POSIX, XCU 2.6): what is quoted stays together, the rest is split and matched against the files. */
import type { ArithmeticExpression, ParameterExpansionPart, Word, WordPart } from "unbash";
import { bounded, Unknown } from "../budget.ts";
import { Fields } from "./fields.ts";
import { isSpecial, pathsFor, removed, textOf, type Piece } from "./pattern.ts";
import { Failed, type Shell } from "./state.ts";
import { substitute } from "./substitute.ts";

export async function expandWords(shell: Shell, words: Iterable<Word>): Promise<string[]> {
  const all: string[] = [];
  for (const word of words) {
    for (const field of await fieldsOf(shell, word, shell.variables.get("IFS") ?? " \t\n")) {
      await shell.machine.budget.step();
      const pattern = !shell.options.has("f") && field.some(isSpecial);
      const paths = pattern ? bounded(() => pathsFor(shell.machine.fs, field)) : undefined;
      for (const path of paths ?? [textOf(field)]) all.push(shell.machine.budget.spend(path));
    }
  }
  return all;
}

/** The word as one, not split: of an assignment, a redirection, a pattern. */
export async function piecesOf(shell: Shell, word: Word): Promise<Piece[]> {
  return (await fieldsOf(shell, word, "")).flat();
}

export async function expandText(shell: Shell, word: Word): Promise<string> {
  return shell.machine.budget.spend(textOf(await piecesOf(shell, word)));
}

async function fieldsOf(shell: Shell, word: Word, split: string): Promise<Piece[][]> {
  const fields = new Fields(split);
  await expandInto(shell, fields, word, false);
  fields.close();
  return fields.done;
}

async function expandInto(shell: Shell, fields: Fields, word: Word, quoted: boolean): Promise<void> {
  if (word.parts) return expandParts(shell, fields, word.parts, quoted);
  if (!quoted && word.text.startsWith("~")) throw new Unknown(word.text);
  fields.add(word.value);
}

async function expandParts(
  shell: Shell,
  fields: Fields,
  parts: readonly WordPart[],
  quoted: boolean,
): Promise<void> {
  const result = (text: string) => {
    shell.machine.budget.spend(text);
    if (quoted) fields.add(text);
    else fields.addSplit(text);
  };
  for (const part of parts) {
    switch (part.type) {
      case "Literal":
      case "SingleQuoted":
        fields.add(part.value);
        break;
      case "DoubleQuoted":
        if (part.parts.length === 0) fields.add("");
        await expandParts(shell, fields, part.parts, true);
        break;
      case "Glob":
        fields.add(part.value, !quoted);
        break;
      case "SimpleExpansion":
        result(parameterOf(shell, part.text.slice(1)));
        break;
      case "ParameterExpansion":
        await expandParameter(shell, fields, part, quoted, result);
        break;
      case "CommandExpansion":
        result(await substitute(shell, part.script));
        break;
      case "ArithmeticExpansion":
        result(String(await calculate(shell, part.expression, part.text)));
        break;
      case "AnsiCQuoted":
      case "BraceExpansion":
      case "ExtendedGlob":
      case "LocaleString":
      case "ProcessSubstitution":
        throw new Unknown(part.text);
    }
  }
}

/** Undefined when it is not set. */
function lookUp(shell: Shell, name: string): string | undefined {
  if (name === "?") return String(shell.status);
  if (name === "#") return String(shell.args.length);
  if (/^[1-9]\d*$/.test(name)) return shell.args[Number(name) - 1];
  if (!/^[A-Za-z_]\w*$/.test(name)) throw new Unknown(`$${name}`);
  return shell.variables.get(name);
}

function parameterOf(shell: Shell, name: string): string {
  const value = lookUp(shell, name);
  if (value === undefined && shell.options.has("u")) throw new Failed(`${name}: parameter not set`);
  return value ?? "";
}

async function expandParameter(
  shell: Shell,
  fields: Fields,
  { parameter: name, prefix, operation, index, text }: ParameterExpansionPart,
  quoted: boolean,
  result: (text: string) => void,
): Promise<void> {
  if (index !== undefined || prefix !== undefined) throw new Unknown(text);
  if (operation === undefined) return result(parameterOf(shell, name));
  if (operation.type === "Remove") {
    const value = parameterOf(shell, name);
    const pieces = await piecesOf(shell, operation.operand);
    const steps = value.length ** 2 * (textOf(pieces).length + 1);
    return result(bounded(() => removed(value, operation.operator, pieces), steps));
  }
  if (operation.type !== "Default" || operation.operator !== ":-") throw new Unknown(text);
  const value = lookUp(shell, name) ?? "";
  if (value !== "") return result(value);
  return expandInto(shell, fields, operation.operand, quoted);
}

/** `$((n + 1))`: whole numbers, variables, plus and minus. */
async function calculate(
  shell: Shell,
  expression: ArithmeticExpression | undefined,
  text: string,
): Promise<bigint> {
  if (expression?.type === "ArithmeticBinary" && /^[-+]$/.test(expression.operator)) {
    const left = await calculate(shell, expression.left, text);
    const right = await calculate(shell, expression.right, text);
    return BigInt.asIntN(64, expression.operator === "+" ? left + right : left - right);
  }
  if (expression?.type !== "ArithmeticWord") throw new Unknown(text);
  const fields = new Fields("");
  if (expression.parts) await expandParts(shell, fields, expression.parts, true);
  else fields.add(expression.value);
  fields.close();
  const word = textOf(fields.done.flat());
  const name = /^\$?([A-Za-z_]\w*)$|^\$([1-9]\d*)$/.exec(word);
  const value = name ? parameterOf(shell, (name[1] ?? name[2])!) : word;
  if (!/^-?(?:0|[1-9]\d*)$/.test(value || "0")) throw new Unknown(text);
  return BigInt(value || "0");
}
