/** What the image factory is asked by functions of the provider. */
import { TALOS_VERSIONS } from "../../world/factory/images.ts";
import { isRecord, type FunctionHandler } from "../server/index.ts";

export const getVersions: FunctionHandler = (args) => {
  const filters = isRecord(args["filters"]) ? args["filters"] : {};
  const stable = TALOS_VERSIONS.filter((version) => !version.includes("-"));
  const talosVersions = filters["stableVersionsOnly"] === true ? stable : [...TALOS_VERSIONS];
  return Promise.resolve({ ...args, id: "image_factory_versions", talosVersions });
};
