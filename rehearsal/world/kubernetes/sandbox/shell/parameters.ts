/** Parameters and `${...}` (POSIX, XCU 2.5 and 2.6.2). */
import type { ParameterExpansionPart } from "unbash";
import { bounded } from "./budget.ts";
import { expandInto, expandText, notPosix, piecesOf, type Manner } from "./expand.ts";
import type { Fields } from "./fields.ts";
import { removed } from "./pattern.ts";
import { assign, Failed, valueOf, type Shell } from "./state.ts";

/** `$@` and `$*`: in quotes the one keeps its words apart and the other joins them. */
export function positional(shell: Shell, fields: Fields, name: "@" | "*", manner: Manner): void {
  if (name === "*" && manner.quoted) {
    fields.add(shell.args.join((valueOf(shell, "IFS") ?? " ").slice(0, 1)));
    return;
  }
  for (const [index, arg] of shell.args.entries()) {
    if (index > 0) fields.close();
    if (manner.quoted) fields.add(arg);
    else if (manner.split) fields.addSplit(arg);
    else fields.add(arg, true);
  }
}

/** Undefined when it is not set. */
function lookUp(shell: Shell, name: string): string | undefined {
  if (name === "#") return String(shell.args.length);
  if (name === "?") return String(shell.status);
  if (name === "$") return "1";
  if (name === "!") return shell.jobs.length > 0 ? String(shell.jobs.length + 1) : undefined;
  if (name === "-") return [...shell.options].filter((option) => option.length === 1).join("");
  if (name === "0") return shell.name;
  if (/^\d+$/.test(name)) return shell.args[Number(name) - 1];
  if (name === "@" || name === "*") return shell.args.length > 0 ? shell.args.join(" ") : undefined;
  return valueOf(shell, name);
}

export function parameterOf(shell: Shell, name: string): string {
  const value = lookUp(shell, name);
  if (value === undefined && shell.options.has("u")) throw new Failed(`${name}: parameter not set`);
  return value ?? "";
}

export async function expandParameter(
  shell: Shell,
  fields: Fields,
  part: ParameterExpansionPart,
  manner: Manner,
  result: (text: string) => void,
): Promise<void> {
  const { parameter: name, prefix, operation, index } = part;
  if (index !== undefined || prefix === "!" || !/^(\w+|[@*#?$!-])$/.test(name)) throw notPosix(part.text);
  if (prefix === "#") {
    if (operation) throw notPosix(part.text);
    return result(String(parameterOf(shell, name).length));
  }
  if (operation === undefined) {
    if (name === "@" || name === "*") return positional(shell, fields, name, manner);
    return result(parameterOf(shell, name));
  }
  if (operation.type === "Remove") {
    const value = parameterOf(shell, name);
    const pieces = await piecesOf(shell, operation.operand);
    const tokens = pieces.reduce((sum, { text }) => sum + text.length, 1);
    return result(bounded(() => removed(value, operation.operator, pieces), value.length ** 2 * tokens));
  }
  if (operation.type !== "Default") throw notPosix(part.text);
  const value = lookUp(shell, name);
  const missing = operation.operator.startsWith(":") ? (value ?? "") === "" : value === undefined;
  const operand = () =>
    expandInto(shell, fields, operation.operand, { ...manner, splitLiterals: !manner.quoted });
  switch (operation.operator.slice(-1)) {
    case "+":
      if (!missing) await operand();
      else if (manner.quoted) fields.add("");
      return;
    case "-":
      if (missing) return operand();
      break;
    case "=":
      if (missing) {
        assign(shell, name, await expandText(shell, operation.operand));
        return result(parameterOf(shell, name));
      }
      break;
    default:
      if (missing) {
        const text = await expandText(shell, operation.operand);
        throw new Failed(`${name}: ${text || "parameter null or not set"}`);
      }
  }
  if (name === "@" || name === "*") positional(shell, fields, name, manner);
  else result(value ?? "");
}
