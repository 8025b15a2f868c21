import type { Consent, NodeConfig } from "../../config/types.ts";
import type { ClusterAccess } from "../../observe/access.ts";
import type { Waiting } from "../../observe/waiting.ts";
import type { NodeImage } from "./target.ts";

/** What the parts of a node's upgrade take. */
export interface StepArgs extends Waiting {
  access: ClusterAccess;
  node: NodeConfig;
  target: NodeImage;
  allow: readonly Consent[];
}
