/**
 * Who manages which field of an object (kubernetes.io docs, Server-Side Apply): whoever applies a field owns it; another value of
 * a field that somebody else owns is a conflict, unless it is forced, which takes the field over; and a field that its only
 * manager does not apply any more is gone.
 */
import type { Cluster } from "../cluster.ts";
import { ApiError } from "./namespaces.ts";

/** Values by their path, e.g. `spec.allowScheduling`. */
export type Fields = Record<string, unknown>;

/** The object itself, of which other managers may have written anything. */
export interface Target {
  /** `nodes.longhorn.io/worker-1`. */
  key: string;
  /** Who wrote what nobody applied. */
  author: string;
  read(path: string): unknown;
  /** @param value Undefined: the field goes. */
  write(path: string, value: unknown): void;
}

/** @param fields All that this manager applies from now on; none gives up every field. */
export function applyFields(
  { state }: Cluster,
  target: Target,
  manager: string,
  fields: Fields,
  force: boolean,
): void {
  const owners = { ...state.fieldManagers?.[target.key] };
  for (const [path, value] of Object.entries(fields)) {
    const before = target.read(path);
    if (before === undefined || before === value) continue;
    const others = Object.keys(owners).filter((each) => each !== manager && path in owners[each]!);
    const mine = path in (owners[manager] ?? {});
    const rivals = others.length > 0 || mine ? others : [target.author];
    if (rivals.length > 0 && !force) {
      throw new ApiError(
        `Apply failed with 1 conflict: conflict with "${rivals[0]}": .${path}: server-side apply field conflict detected`,
      );
    }
    for (const other of others) {
      const { [path]: _taken, ...kept } = owners[other]!;
      owners[other] = kept;
    }
  }
  const given = Object.keys(owners[manager] ?? {}).filter((path) => !(path in fields));
  owners[manager] = { ...fields };
  const unowned = given.filter((path) => !Object.values(owners).some((owned) => path in owned));
  for (const path of unowned) target.write(path, undefined);
  for (const [path, value] of Object.entries(fields)) target.write(path, value);
  state.fieldManagers = { ...state.fieldManagers, [target.key]: owners };
}
