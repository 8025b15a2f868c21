export * from "./getHealth.js";
export * from "./getKubeconfig.js";
export * from "./kubeconfig.js";
