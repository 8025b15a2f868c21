export * from "./getExtensionsVersions.js";
export * from "./getOverlaysVersions.js";
export * from "./getUrls.js";
export * from "./getVersions.js";
export * from "./schematic.js";
