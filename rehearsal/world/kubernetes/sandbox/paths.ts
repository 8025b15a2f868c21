/**
 * A container's script on the workstation: its absolute paths are moved below a temporary directory that stands for the
 * container's root. Only literal paths under known top-level directories are taken for paths, so that the slashes of a sed
 * expression stay what they are.
 */

const TOP_LEVEL =
  "bin boot data etc home host lib media mnt node opt proc root run sbin srv storage sys tmp usr var volume volumes work".split(
    " ",
  );

/** Devices that the shell may use as they are. */
const DEVICES = /^\/dev\/(null|stdin|stdout|stderr|tty|zero|urandom|fd\/\d+)$/;

export function rewriteScript(script: string, root: string, mountPaths: string[]): string {
  const known = [...new Set([...TOP_LEVEL, "dev", ...mountPaths.map((path) => path.split("/")[1] ?? "")])];
  const names = known.filter(Boolean).map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const path = new RegExp(
    `(^|[\\s"'=:;|&()<>\`{,!])(/(?:${names.join("|")})(?![A-Za-z0-9_.-])[A-Za-z0-9_.\\-/]*)`,
    "g",
  );
  return script
    .replace(path, (whole, before: string, found: string) =>
      DEVICES.test(found) ? whole : `${before}${root}${found}`,
    )
    .replace(/(\bcd\s+)\/(?=\s|;|&|$)/g, `$1${root}`);
}

/** Why a script may not run here at all; undefined when it may. Ordinary scripts of containers never meet this. */
export function unsafe(rewritten: string, root: string): string | undefined {
  for (const [, target = ""] of rewritten.matchAll(/>>?\|?\s*["']?([^\s"';|&)]+)/g)) {
    if (target.includes("..")) return `it redirects to ${target}`;
    if (target.startsWith("/") && !target.startsWith(`${root}/`) && !DEVICES.test(target)) {
      return `it redirects to ${target}, outside the container's directories`;
    }
  }
  return undefined;
}

/** Rewrites one word (an argument or a variable's value) when it is a path. */
export function rewriteWord(word: string, root: string, mountPaths: string[]): string {
  return rewriteScript(word, root, mountPaths);
}
