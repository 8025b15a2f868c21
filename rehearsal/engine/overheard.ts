/** What the program prints by itself: it runs in this process, so the engine, which shows it at home, never sees it. */
import { format } from "node:util";

const VOICES = ["log", "info", "warn", "error", "debug"] as const;

/** Hands everything on that is said to the console meanwhile; it is printed all the same. */
export async function overhearing<T>(onText: (text: string) => void, work: () => Promise<T>): Promise<T> {
  const before = { ...console };
  for (const voice of VOICES) {
    const say = console[voice].bind(console);
    console[voice] = (...words: unknown[]) => {
      onText(`${format(...words)}\n`);
      say(...words);
    };
  }
  try {
    return await work();
  } finally {
    Object.assign(console, before);
  }
}
