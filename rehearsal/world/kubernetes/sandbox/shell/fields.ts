/** The words that an expansion yields, in the making: quoted text stays together, the rest is split by IFS (POSIX, XCU 2.6.5). */
import type { Piece } from "./pattern.ts";

export class Fields {
  readonly done: Piece[][] = [];
  #current: Piece[] | undefined;
  #closedBySpace = false;

  /** @param split Letters that part words; an empty string parts none. */
  constructor(readonly split: string) {}

  /** Text that is not split: quoted, or as written. */
  add(text: string, active = false): void {
    (this.#current ??= []).push({ text, active });
    this.#closedBySpace = false;
  }

  addSplit(text: string): void {
    let from = 0;
    for (let i = 0; i < text.length; i++) {
      const letter = text[i]!;
      if (!this.split.includes(letter)) continue;
      if (i > from) this.add(text.slice(from, i), true);
      from = i + 1;
      const space = " \t\n".includes(letter);
      if (this.#current) {
        this.close();
        this.#closedBySpace = space;
      } else if (!space) {
        if (!this.#closedBySpace) this.done.push([]);
        this.#closedBySpace = false;
      }
    }
    if (from < text.length) this.add(text.slice(from), true);
  }

  /** Ends the word that is being made, if there is one. */
  close(): void {
    if (this.#current) this.done.push(this.#current);
    this.#current = undefined;
  }
}
