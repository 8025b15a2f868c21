/** Every cross-field rule, in the order in which their findings are listed. */
import { CLUSTER_RULES } from "./cluster.ts";
import { CONTROL_PLANE_RULES } from "./control-planes.ts";
import { INGRESS_RULES } from "./ingress.ts";
import { NETWORK_RULES } from "./network.ts";
import type { Rule } from "./rule.ts";
import { STORAGE_RULES } from "./storage.ts";
import { UNIQUE_RULES } from "./unique.ts";

export const RULES: readonly Rule[] = [
  ...UNIQUE_RULES,
  ...NETWORK_RULES,
  ...CONTROL_PLANE_RULES,
  ...CLUSTER_RULES,
  ...STORAGE_RULES,
  ...INGRESS_RULES,
];
