import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import type { InProgramContext } from "../../../src/hooks/context.ts";
import { ClusterGates } from "../../../src/talos/cluster-gates.ts";
import { lab } from "../../components/support/homelabs.ts";

const CREDENTIALS = pulumi.secret({
  caCertificate: "ca",
  clientCertificate: "certificate",
  clientKey: "key",
});

/** Stands between the gates and the provider: what is not asked through it would lose the engine in a hook. */
function context(answer: unknown): { asked: () => number; inContext: InProgramContext } {
  let count = 0;
  const inContext = (() => {
    count += 1;
    return Promise.resolve(answer);
  }) as InProgramContext;
  return { asked: () => count, inContext };
}

test("disks are asked for in the program's context, once for each node", async () => {
  const { asked, inContext } = context({ disks: [] });
  const gates = new ClusterGates(lab().nodes, CREDENTIALS, inContext);
  await expect(gates.passDisks()).rejects.toThrow("The data disk is not proven on every node");
  expect(asked()).toBe(2);
});

test("nobody is asked when there is nobody to prove", async () => {
  const { asked, inContext } = context({ disks: [] });
  await expect(new ClusterGates(lab().nodes, CREDENTIALS, inContext).passDisks([])).resolves.toBeUndefined();
  expect(asked()).toBe(0);
});

test("the cluster's health is asked for in the program's context", async () => {
  const { asked, inContext } = context({});
  await expect(new ClusterGates(lab().nodes, CREDENTIALS, inContext).passHealth()).resolves.toBeUndefined();
  expect(asked()).toBe(1);
});
