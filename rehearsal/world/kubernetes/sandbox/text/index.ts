/** The commands that read and filter text. */
import type { Answer, Call } from "../answers.ts";
import type { ContainerFs } from "../filesystem.ts";
import { base64, cat, cut, end, sum, tee, tr, wc } from "./filters.ts";
import { cmp, grep, nameOf, seq, sort, uniq, xargs } from "./lines.ts";
import { sed } from "./sed.ts";

export const TEXT_COMMANDS: Record<string, (fs: ContainerFs, call: Call) => Answer | Promise<Answer>> = {
  cat,
  head: end,
  tail: end,
  wc,
  cut,
  tr,
  tee,
  md5sum: sum,
  sha256sum: sum,
  base64,
  grep,
  egrep: grep,
  fgrep: grep,
  sort,
  uniq,
  cmp,
  basename: nameOf,
  dirname: nameOf,
  seq,
  xargs,
  sed,
};
