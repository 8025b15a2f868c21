/** Whose an object is, and what is said to its owner. */
import { describe, expect, test } from "vitest";
import { foreign, OWNER, ownerLabels } from "../../../src/kubernetes/ownership.ts";

describe("an object that is there already", () => {
  test("is ours by the label that it was made with", () => {
    expect(foreign({ kind: "Namespace", name: "traefik" }, ownerLabels("lab"), "lab")).toBeUndefined();
    expect(
      foreign({ kind: "Job", name: "a", namespace: "b" }, { ...ownerLabels("lab"), more: "x" }, "lab"),
    ).toBeUndefined();
  });

  test.each([
    ["nobody's", {}, `it does not carry the label ${OWNER}=lab`],
    ["a namesake's", { app: "traefik" }, `it does not carry the label ${OWNER}=lab`],
    ["another cluster's", ownerLabels("rack"), `its label ${OWNER} says "rack"`],
  ])("is refused when it is %s, with its name and the way out", (_whose, labels, why) => {
    const refused = foreign({ kind: "Namespace", name: "traefik" }, labels, "lab");
    expect(refused).toContain('The Namespace "traefik" exists already and is not this stack\'s');
    expect(refused).toContain(why);
    expect(refused).toContain("Nothing was done to it");
    expect(refused).toContain(`kubectl label namespace traefik --overwrite ${OWNER}=lab`);
  });

  test("is named with its namespace, if it lives in one", () => {
    const refused = foreign({ kind: "Job", name: "copies-whole", namespace: "longhorn-system" }, {}, "lab");
    expect(refused).toContain('The Job "copies-whole" in the namespace "longhorn-system"');
    expect(refused).toContain(`kubectl -n longhorn-system label job copies-whole --overwrite ${OWNER}=lab`);
  });
});
