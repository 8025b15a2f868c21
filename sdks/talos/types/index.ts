import type * as input from "./input.js";
import type * as output from "./output.js";

export type { input, output };
