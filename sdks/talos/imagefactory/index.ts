export * from "./getVersions.js";
export * from "./schematic.js";
