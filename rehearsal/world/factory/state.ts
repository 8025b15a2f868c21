/** What the Image Factory remembers, and what it hands out. */
declare module "../kernel/state.ts" {
  interface WorldState {
    /** What the image factory has been asked to remember: schematics by id. */
    factory?: FactoryState;
  }
}

export interface FactoryState {
  schematics: Record<string, RegisteredSchematic>;
}

export interface RegisteredSchematic {
  /** Canonical YAML: its sha256 is the id. */
  yaml: string;
  /** Official extension names, in the schematic's order. */
  extensions: string[];
}

/** What an image of the Image Factory is: which extensions it carries follows from the schematic. */
export interface TalosImage {
  schematicId: string;
  /** With the leading `v`, e.g. `v1.12.0`. */
  version: string;
  platform: string;
  /** Official extension names, e.g. `siderolabs/iscsi-tools`. */
  extensions: string[];
  /** Absent means amd64. Firmware of another architecture does not boot it. */
  arch?: "amd64" | "arm64";
}
