export * from "./getConfiguration.js";
