/** `$((...))` after its expansions: signed 64-bit integers with C's operators (POSIX, XCU 2.6.4). */
import { assign, Failed, valueOf, type Shell } from "./state.ts";

const LEVELS = [
  ["||"],
  ["&&"],
  ["|"],
  ["^"],
  ["&"],
  ["==", "!="],
  ["<=", ">=", "<", ">"],
  ["<<", ">>"],
].concat([
  ["+", "-"],
  ["*", "/", "%"],
]);
const TOKEN =
  /\s*(0[xX][0-9a-fA-F]+|\d+|[A-Za-z_]\w*|<<=|>>=|\|\||&&|[-+*/%&|^<>=!]=|<<|>>|[-+*/%&|^<>!~?:()=,])/y;
const MOST_TOKENS = 1000;

export function evaluate(shell: Shell, text: string): bigint {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  const trimmed = text.trimEnd();
  while (TOKEN.lastIndex < trimmed.length) {
    const found = TOKEN.exec(trimmed)?.[1];
    if (found === undefined || tokens.push(found) > MOST_TOKENS) throw syntax(text);
  }
  if (tokens.length === 0) return 0n;
  let at = 0;
  const next = () => tokens[at];
  const take = (wanted: string) => {
    if (tokens[at++] !== wanted) throw syntax(text);
  };

  function conditional(): bigint {
    const name = next() ?? "";
    const operator = /^(?:[-+*/%&|^]|<<|>>)?=$/.exec(tokens[at + 1] ?? "")?.[0];
    if (operator !== undefined && /^[A-Za-z_]/.test(name)) {
      at += 2;
      const right = conditional();
      const value = operator === "=" ? right : apply(operator.slice(0, -1), variable(name), right);
      assign(shell, name, String(value));
      return value;
    }
    const condition = binary(0);
    if (next() !== "?") return condition;
    take("?");
    const yes = conditional();
    take(":");
    const no = conditional();
    return condition ? yes : no;
  }

  function binary(level: number): bigint {
    const operators = LEVELS[level];
    if (!operators) return unary();
    let left = binary(level + 1);
    for (let token = next(); token !== undefined && operators.includes(token); token = next()) {
      at++;
      left = apply(token, left, binary(level + 1));
    }
    return left;
  }

  function unary(): bigint {
    const token = tokens[at++] ?? "";
    if (token === "-") return BigInt.asIntN(64, -unary());
    if (token === "+") return unary();
    if (token === "!") return unary() ? 0n : 1n;
    if (token === "~") return ~unary();
    if (token === "(") {
      const value = conditional();
      take(")");
      return value;
    }
    if (/^\d/.test(token)) return number(token) ?? fail();
    return /^[A-Za-z_]/.test(token) ? variable(token) : fail();
  }

  function variable(name: string): bigint {
    const value = valueOf(shell, name)?.trim() ?? "";
    if (value === "") return 0n;
    const sign = /^[-+]/.exec(value)?.[0] ?? "";
    const size = number(value.slice(sign.length));
    if (size === undefined) throw new Failed(`Illegal number: ${value}`);
    return sign === "-" ? -size : size;
  }

  const fail = (): never => {
    throw syntax(text);
  };

  function apply(operator: string, left: bigint, right: bigint): bigint {
    if ((operator === "/" || operator === "%") && right === 0n)
      throw new Failed("arithmetic: divide by zero");
    return BigInt.asIntN(64, OPERATORS[operator]!(left, right));
  }

  const value = conditional();
  if (at < tokens.length) throw syntax(text);
  return value;
}

const OPERATORS: Record<string, (left: bigint, right: bigint) => bigint> = {
  "||": (a, b) => BigInt(a !== 0n || b !== 0n),
  "&&": (a, b) => BigInt(a !== 0n && b !== 0n),
  "|": (a, b) => a | b,
  "^": (a, b) => a ^ b,
  "&": (a, b) => a & b,
  "==": (a, b) => BigInt(a === b),
  "!=": (a, b) => BigInt(a !== b),
  "<=": (a, b) => BigInt(a <= b),
  ">=": (a, b) => BigInt(a >= b),
  "<": (a, b) => BigInt(a < b),
  ">": (a, b) => BigInt(a > b),
  "<<": (a, b) => a << (b & 63n),
  ">>": (a, b) => a >> (b & 63n),
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a % b,
};

function number(text: string): bigint | undefined {
  if (/^0[xX][0-9a-fA-F]{1,16}$/.test(text)) return BigInt.asIntN(64, BigInt(text));
  if (/^0[0-7]{1,21}$/.test(text)) return BigInt.asIntN(64, BigInt(`0o${text.slice(1)}`));
  return /^(0|[1-9]\d{0,18})$/.test(text) ? BigInt.asIntN(64, BigInt(text)) : undefined;
}

function syntax(text: string): Failed {
  return new Failed(`arithmetic: syntax error: "${text}"`);
}
