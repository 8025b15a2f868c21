/** Small and large slips of a hand on a keyboard, applied to a configuration. */
import fc from "fast-check";

/** Drives a mutation; every choice comes from here, so that a seed repeats it. */
export interface Dice {
  /** 0 to `below` - 1. */
  roll: (below: number) => number;
}

type Container = Record<string, unknown> | unknown[];

interface Place {
  container: Container;
  key: string;
}

export const SECRET = "root@pam!ci=5ec2e7ab-cafe-4bad-8bad-0123456789ab";

const JUNK: readonly unknown[] = [
  null,
  "",
  " ",
  "x",
  "true",
  "0",
  "\u0000\n\u2028\u202e",
  "💾".repeat(40),
  "a".repeat(5000),
  "-".repeat(300),
  "__proto__",
  "constructor",
  "192.168.1.126",
  "192.168.1.0/24",
  "https://[",
  "%s %d ${HOME}",
  "../../../etc/passwd",
  SECRET,
  `prefix ${SECRET} suffix`,
  true,
  false,
  0,
  -1,
  1,
  3,
  126,
  1.5,
  32,
  40,
  1e9,
  1e308,
  -0,
  Number.MAX_SAFE_INTEGER + 2,
  [],
  [[]],
  [null],
  {},
  { a: { b: {} } },
  JSON.parse('{"__proto__": {"name": "x"}}'),
  { secure: "AAABAA==" },
];

const KEYS: readonly string[] = [
  "__proto__",
  "constructor",
  "toString",
  "",
  " ",
  "a.b",
  "na me",
  "nodes[0]",
  "\n",
  SECRET,
  "vmid",
  "dataDisks",
];

const mutations: readonly ((root: Container, place: Place, dice: Dice) => void)[] = [
  (_root, { container, key }) => {
    if (Array.isArray(container)) container.splice(Number(key), 1);
    else delete container[key];
  },
  (_root, place, dice) => {
    set(place, structuredClone(JUNK[dice.roll(JUNK.length)]));
  },
  (root, place, dice) => {
    const other = pick(root, dice);
    if (other) set(place, structuredClone(get(other)));
  },
  (_root, { container, key }, dice) => {
    if (Array.isArray(container)) container.push(structuredClone(container[Number(key)]));
    else define(container, KEYS[dice.roll(KEYS.length)] ?? "", container[key]);
  },
  (_root, { container, key }, dice) => {
    if (Array.isArray(container)) container.reverse();
    else {
      define(container, edited(key, dice), container[key]);
      delete container[key];
    }
  },
  (_root, place, dice) => {
    const value = get(place);
    if (typeof value === "number")
      set(place, [value + 1, value - 1, value * 2, -value, value / 3][dice.roll(5)]);
    if (typeof value === "string") set(place, edited(value, dice));
    if (typeof value === "boolean") set(place, !value);
  },
];

/** Mutates in place, once. */
export function mutate(root: Container, dice: Dice): void {
  const place = pick(root, dice);
  const mutation = mutations[dice.roll(mutations.length)];
  if (place && mutation) mutation(root, place, dice);
}

/** One character gone, doubled, replaced or swapped. */
function edited(text: string, dice: Dice): string {
  const at = dice.roll(text.length + 1);
  const head = text.slice(0, at);
  const tail = text.slice(at);
  const digit = String(dice.roll(10));
  const edits = [
    head + tail.slice(1),
    head + (tail[0] ?? digit) + tail,
    head + digit + tail.slice(1),
    tail + head,
  ];
  return edits[dice.roll(edits.length)] ?? text;
}

function pick(root: Container, dice: Dice): Place | undefined {
  const places = placesOf(root);
  return places[dice.roll(places.length)];
}

function placesOf(container: Container): Place[] {
  return Object.keys(container).flatMap((key) => {
    const place = { container, key };
    const value = get(place);
    return typeof value === "object" && value !== null ? [place, ...placesOf(value as Container)] : [place];
  });
}

function get({ container, key }: Place): unknown {
  return Array.isArray(container) ? container[Number(key)] : container[key];
}

function set({ container, key }: Place, value: unknown): void {
  if (Array.isArray(container)) container[Number(key)] = value;
  else define(container, key, value);
}

/** Also `__proto__` becomes a key like any other, as it does in JSON. */
function define(container: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(container, key, { value, enumerable: true, configurable: true, writable: true });
}

/** A sequence of choices that fast-check can shrink. */
export const dice: fc.Arbitrary<Dice> = fc.infiniteStream(fc.nat({ max: 0x7fffffff })).map((stream) => ({
  roll: (below) => (below < 1 ? 0 : Number(stream.next().value) % below),
}));
