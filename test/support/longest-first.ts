/** The order of the test files: without times of an earlier run, vitest goes by their sizes, and a short file can take minutes. */
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** What takes a minute and more, longest first; begun last, one of these would run on alone when all others are done. */
const LONG = [
  "plan/wrong-configs",
  "faults/campaign",
  "safety/retiring-edits",
  "upgrade/lab",
  "rehearsal/killed",
  "safety/moved-machines",
  "safety/host-gone",
  "plan/first-up",
  "rehearsal/rack",
  "kubernetes/ownership",
  "rehearsal/lab",
  "safety/control-plane-replaced",
  "safety/replaced-machine",
  "rehearsal/second-preview",
].map((name) => `test/engine/${name}.test.ts`);

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const place = LONG.findIndex((name) => moduleId.endsWith(name));
      return place === -1 ? LONG.length : place;
    };
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}
