/** What a descriptor leads to. */
export interface Channel {
  input?: Input;
  write?(bytes: string): void;
}

/** Bytes that are read once, by whoever shares the descriptor. */
export class Input {
  #at = 0;
  readonly #data: string;

  constructor(data = "") {
    this.#data = data;
  }

  rest(): string {
    const rest = this.#data.slice(this.#at);
    this.#at = this.#data.length;
    return rest;
  }

  /** The next line, with whether it was ended; undefined at the end. */
  line(): { text: string; ended: boolean } | undefined {
    if (this.#at >= this.#data.length) return undefined;
    const end = this.#data.indexOf("\n", this.#at);
    const text = this.#data.slice(this.#at, end < 0 ? undefined : end);
    this.#at = end < 0 ? this.#data.length : end + 1;
    return { text, ended: end >= 0 };
  }
}

/** Collects what is written. */
export class Buffered implements Channel {
  text = "";
  readonly #spend: (bytes: string) => string;

  constructor(spend: (bytes: string) => string) {
    this.#spend = spend;
  }

  write(bytes: string): void {
    this.text += this.#spend(bytes);
  }
}
