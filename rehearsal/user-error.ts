/** A condition that the user can mend: shown as its message alone, exit code 1, no stack trace. */
export class UserError extends Error {}
