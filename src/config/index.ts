export { loadConfig, type Loaded } from "./load.ts";
export { parseConfig, type Parsed } from "./parse.ts";
export { formatProblem, type Problem } from "./problem.ts";
export type * from "./types.ts";
