/** Talos's own machinery library: what a config, a selector or a version means is asked of it. */
import type { Machinery } from "../../machinery.ts";

declare module "../kernel/world.ts" {
  interface Systems {
    machinery: Machinery;
  }
}

export type { Machinery };
