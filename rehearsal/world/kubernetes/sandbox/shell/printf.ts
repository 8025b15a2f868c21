/** printf's formats and the escapes that it shares with `echo -e` (POSIX, XCU printf). */
const ESCAPES: Record<string, string> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
};

/** `stop` where `\c` ends all output. */
export function escaped(text: string): { text: string; stop: boolean } {
  const at = /^(?:[^\\]|\\[^c])*?\\c/.exec(text)?.[0];
  const shown = (at?.slice(0, -2) ?? text).replace(
    /\\(?:(0?[0-7]{1,3})|x([0-9a-fA-F]{1,2})|([abfnrtv\\]))/g,
    (_, octal?: string, hex?: string, letter?: string) => {
      if (letter !== undefined) return ESCAPES[letter]!;
      return String.fromCharCode((octal !== undefined ? parseInt(octal, 8) : parseInt(hex!, 16)) & 255);
    },
  );
  return { text: shown, stop: at !== undefined };
}

const DIRECTIVE =
  /%(?:%|([-+ 0#]*)(\*|\d*)(?:\.(\*|\d*))?([a-zA-Z]))|\\(?:[0-7]{1,3}|x[0-9a-fA-F]{1,2}|[^])|[^%\\]+|%/g;
const WIDEST = 100_000;

/** The format is used again until every value has been. */
export function formatted(
  format: string,
  values: string[],
  spend: (text: string) => string,
): { text: string; problems: string[] } {
  const problems: string[] = [];
  const rest = [...values];
  let text = "";
  let used: boolean;
  do {
    used = false;
    for (const [whole, flags = "", width = "", precision, kind] of format.matchAll(DIRECTIVE)) {
      if (whole === "%%") text += "%";
      else if (whole.startsWith("\\")) text += spend(escaped(whole).text);
      else if (kind === undefined) {
        if (whole === "%") return { text, problems: [...problems, "%: invalid format"] };
        text += spend(whole);
      } else {
        const size = (given: string) =>
          Math.min(WIDEST, Number(given === "*" ? (rest.shift() ?? 0) : given) || 0);
        const wide = size(width);
        const exact = precision === undefined ? undefined : size(precision);
        used ||= rest.length > 0;
        const value = rest.shift();
        const shown = convert(kind, value ?? "", exact, flags, problems);
        if (shown === undefined) return { text, problems: [...problems, `%${kind}: invalid format`] };
        const zero = flags.includes("0") && !flags.includes("-") && "diuxXo".includes(kind);
        const sign = zero ? (/^[-+]/.exec(shown)?.[0] ?? "") : "";
        const padded = flags.includes("-")
          ? shown.padEnd(wide)
          : sign + shown.slice(sign.length).padStart(wide - sign.length, zero ? "0" : " ");
        text += spend(padded);
        if (kind === "b" && escaped(value ?? "").stop) return { text, problems };
      }
    }
  } while (used && rest.length > 0);
  return { text, problems };
}

function convert(
  kind: string,
  value: string,
  precision: number | undefined,
  flags: string,
  problems: string[],
): string | undefined {
  if (kind === "s") return precision === undefined ? value : value.slice(0, precision);
  if (kind === "b") return escaped(value).text;
  if (kind === "c") return value.slice(0, 1);
  if (!"diuxXo".includes(kind)) return undefined;
  let number = 0n;
  if (/^['"]./.test(value)) number = BigInt(value.charCodeAt(1));
  else if (/^\s*[-+]?(\d+|0[xX][0-9a-fA-F]+)$/.test(value)) {
    const size = value.trim().replace(/^[-+]/, "");
    const plain = BigInt(/^0[0-7]+$/.test(size) ? `0o${size.slice(1)}` : size.replace(/^0+(?=\d)/, ""));
    number = value.trim().startsWith("-") ? -plain : plain;
  } else if (value !== "") problems.push(`${value}: invalid number`);
  const base = { x: 16, X: 16, o: 8 }[kind] ?? 10;
  const unsigned = base === 10 && kind !== "u" ? number : BigInt.asUintN(64, number);
  const digits = unsigned
    .toString(base)
    .replace("-", "")
    .padStart(precision ?? 1, "0");
  const plus =
    kind === "d" || kind === "i" ? (flags.includes("+") ? "+" : flags.includes(" ") ? " " : "") : "";
  return (unsigned < 0n ? "-" : plus) + (kind === "X" ? digits.toUpperCase() : digits);
}
