/** When the Kubernetes provider takes its settings for another cluster's, and everything in it is made anew. */
import { describe, expect, test } from "vitest";
import { diffConfig } from "../../../rehearsal/providers/kubernetes/connection.ts";

const at = (server: string, user = "a") =>
  JSON.stringify({
    clusters: [{ name: "lab", cluster: { server, "certificate-authority-data": "ca" } }],
    users: [{ name: "admin", user: { token: user } }],
  });
const [HERE, THERE] = ["https://192.168.1.126:6443", "https://192.168.1.132:6443"];

describe("without an identifier", () => {
  test("another address is another cluster", () => {
    expect(diffConfig({ kubeconfig: at(HERE) }, { kubeconfig: at(THERE) })).toMatchObject({
      changes: true,
      replaces: ["kubeconfig"],
    });
  });

  test("new credentials are not", () => {
    expect(diffConfig({ kubeconfig: at(HERE) }, { kubeconfig: at(HERE, "b") })).toMatchObject({
      changes: true,
      replaces: [],
    });
  });
});

describe("with an identifier", () => {
  const lab = (kubeconfig: string, clusterIdentifier = "lab") => ({ kubeconfig, clusterIdentifier });

  test("only another one is another cluster", () => {
    expect(diffConfig(lab(at(HERE)), lab(at(THERE)))).toMatchObject({ changes: true, replaces: [] });
    expect(diffConfig(lab(at(HERE)), lab(at(HERE), "home"))).toMatchObject({
      changes: true,
      replaces: ["clusterIdentifier"],
    });
    expect(diffConfig(lab(at(HERE)), lab(at(HERE)))).toMatchObject({ changes: false, replaces: [] });
  });
});
