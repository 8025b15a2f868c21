/** `talos:machine/secrets:Secrets`: made once, kept through version bumps, replaced when the version is lowered. */
import { X509Certificate } from "node:crypto";
import type { MachinerySecrets } from "../../machinery.ts";
import { compareVersions, numbersOf } from "../../world/kernel/versions.ts";
import type { World } from "../../world/kernel/world.ts";
import {
  UNKNOWN,
  diffInputs,
  isRecord,
  secret,
  type PropertyMap,
  type ResourceHandler,
} from "../server/index.ts";
import { credentialsOf, protectedCredentials, text } from "./common.ts";

const MONTH = 30 * 24 * 3600 * 1000;

export function secretsResource(world: World): ResourceHandler {
  return {
    async check(inputs) {
      if (inputs["talosVersion"] !== undefined) return { inputs };
      // The default shows in the state and in later diffs, as a computed attribute of the real one does.
      const { machinery } = await world.systems.machinery.call<{ machinery: string }>("version", {});
      const { major, minor } = numbersOf(machinery);
      return { inputs: { ...inputs, talosVersion: `v${major}.${minor}` } };
    },
    diff({ inputs, state }, news) {
      const found = diffInputs(inputs, news);
      const [before, after] = [text(inputs["talosVersion"]), text(news["talosVersion"])];
      if (before && after && compareVersions(after, before) < 0) {
        return {
          changes: true,
          replaces: ["talosVersion"],
          detailed: { talosVersion: { kind: "update", replace: true } },
        };
      }
      return expiresSoon(state) ? { ...found, changes: true } : found;
    },
    async create(inputs, { preview }) {
      if (preview) {
        return { id: "", outputs: { ...inputs, machineSecrets: UNKNOWN, clientConfiguration: UNKNOWN } };
      }
      const made = await generate(world, inputs);
      const machineSecrets = protectLeaves(made.machineSecrets);
      const clientConfiguration = protectedCredentials(made.clientConfiguration);
      return { id: "machine_secrets", outputs: { ...inputs, machineSecrets, clientConfiguration } };
    },
    update(_id, { state }, news) {
      const { machineSecrets, clientConfiguration } = state;
      return Promise.resolve({
        ...news,
        machineSecrets: protectLeaves(machineSecrets),
        clientConfiguration: protectedCredentials(clientConfiguration),
      });
    },
  };
}

async function generate(world: World, inputs: PropertyMap): Promise<MachinerySecrets> {
  try {
    return await world.systems.machinery.call<MachinerySecrets>("secrets.generate", {
      talosVersion: text(inputs["talosVersion"]),
    });
  } catch (error) {
    throw new Error(`failed to generate secrets bundle: ${(error as Error).message}`, { cause: error });
  }
}

/** Every leaf but certificates and the cluster's id is a secret (schema: MachineSecrets). */
function protectLeaves(value: unknown, name = ""): unknown {
  if (isRecord(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, protectLeaves(inner, key)]));
  }
  return name === "cert" || name === "id" || value === undefined ? value : secret(value);
}

function expiresSoon(state: PropertyMap): boolean {
  const { clientCertificate } = credentialsOf(state["clientConfiguration"]);
  if (!clientCertificate) return false;
  const certificate = new X509Certificate(Buffer.from(clientCertificate, "base64"));
  return new Date(certificate.validTo).getTime() < Date.now() + MONTH;
}
