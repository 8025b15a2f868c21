/** The charts that this world knows, by name, repository and version. */
import type { World } from "../../kernel/world.ts";
import type { ChartModel } from "./charts.ts";

declare module "../../kernel/world.ts" {
  interface Systems {
    charts: readonly ChartModel[];
  }
}

export class ReleaseFailed extends Error {
  /** True when the release is on record as failed, false when nothing of it is left. */
  constructor(
    message: string,
    readonly recorded: boolean,
  ) {
    super(message);
  }
}

/** The model of a chart and the version meant; no network, so it also answers in a preview. */
export function lookupChart(
  { systems: { charts } }: Pick<World, "systems">,
  chart: string,
  repository: string,
  version?: string,
): { model: ChartModel; version: string; appVersion: string } {
  const model = charts.find((each) => each.name === chart);
  const modelled = charts.filter(({ unlisted }) => !unlisted);
  const known = modelled.map((each) => `${each.name} (${each.repository})`).join(", ");
  if (!model)
    throw new ReleaseFailed(`chart "${chart}" is not part of this rehearsal, which models ${known}`, false);
  if (repository.replace(/\/+$/, "") !== model.repository) {
    const at =
      repository === ""
        ? "no repository is given"
        : `looks like "${repository}" is not a valid chart repository or cannot be reached`;
    throw new ReleaseFailed(`chart "${chart}": ${at}; its repository is ${model.repository}`, false);
  }
  const meant =
    version === undefined || version === "" ? Object.keys(model.versions)[0]! : version.replace(/^v/, "");
  const appVersion = model.versions[meant];
  if (appVersion === undefined) {
    throw new ReleaseFailed(
      `chart "${chart}" version "${version}" not found in ${model.repository} repository (known here: ${Object.keys(model.versions).join(", ")})`,
      false,
    );
  }
  return { model, version: meant, appVersion };
}
