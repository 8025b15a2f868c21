/** What a person can put right: it is printed as it is, without a stack trace. */
export class Problem extends Error {
  /**
   * @param {string} what what is wrong, in a sentence
   * @param {string} [remedy] what to do about it
   */
  constructor(what, remedy) {
    super(remedy ? `${what}\n${remedy}` : what);
    this.name = "Problem";
  }
}

/**
 * The message of anything thrown.
 * @param {unknown} error
 */
export function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/**
 * The code of a system error (ENOENT and the like), if it is one.
 * @param {unknown} error
 */
export function codeOf(error) {
  return /** @type {NodeJS.ErrnoException | undefined} */ (error)?.code;
}
