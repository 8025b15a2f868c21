/** Secrets stay secret: none of this homelab's stands in plain text in anything that a run writes, prints, or gives to others. */
import type { KubernetesObject } from "../../world/kubernetes/state.ts";
import type { World } from "../../world/kernel/world.ts";
import { type Evidence, verdict } from "../check.ts";

/** Keys of a machine config, talosconfig or kubeconfig whose value must never be seen. */
const SECRET_LINE =
  /^\s*-?\s*(?:key|token|secret|secretboxEncryptionSecret|aescbcEncryptionSecret|client-key-data): "?([^\s"]{16,})"?$/gm;

/** Every secret that exists in this homelab: the nodes' own, the clients', and the Proxmox token. */
export function secretsOf({
  world,
  outputs,
  token,
}: Pick<Evidence, "world" | "outputs" | "token">): string[] {
  const texts = [
    ...Object.values(world.state.machines).map(({ machineConfig }) => machineConfig ?? ""),
    ...["talosconfig", "kubeconfig"].map((name) => textOf(outputs[name]?.value)),
  ];
  const found = texts.flatMap((text) => [...text.matchAll(SECRET_LINE)].map((match) => match[1]!));
  return [...new Set([...found, tokenSecret(token)])];
}

/** What is secret of `user@realm!name=uuid`. */
function tokenSecret(token: string): string {
  return token.split("=")[1] ?? token;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Shorter lines of a PEM text are its end, and may be in another one by chance. */
const TELLING = 40;

/** The forms in which a secret is still one: as it is, in base64, and the lines of the PEM text that it stands for. */
export function spellings(secret: string): string[] {
  const decoded = Buffer.from(secret, "base64").toString("utf8");
  const lines = decoded.startsWith("-----BEGIN")
    ? decoded.split("\n").filter((line) => line.length >= TELLING && !line.startsWith("-----"))
    : [];
  return [secret, Buffer.from(secret).toString("base64"), ...lines];
}

function leaks(texts: Record<string, string>, secrets: string[]): string[] {
  return Object.entries(texts).flatMap(([where, text]) => {
    const leaked = secrets.filter((secret) => spellings(secret).some((form) => text.includes(form))).length;
    return leaked === 0 ? [] : [`${leaked} secrets stand in plain text in the ${where}`];
  });
}

/** What other systems keep and show to whoever may look at them there, by what it is. */
function given({ state }: World): Record<string, string> {
  const texts: [string, unknown][] = [];
  for (const { vmId, config, pending, foreign } of Object.values(state.proxmox.vms))
    if (!foreign) texts.push([`config of VM ${vmId} in Proxmox`, [config, pending]]);
  for (const { name, datastores } of Object.values(state.proxmox.hosts))
    for (const { files } of Object.values(datastores)) texts.push([`files of ${name}`, files]);
  texts.push(["schematics of the Image Factory", state.factory]);
  for (const cluster of Object.values(state.clusters)) {
    for (const [name, release] of Object.entries(cluster.releases))
      texts.push([`values of the release ${name}`, release]);
    for (const object of Object.values(cluster.objects))
      if (object.kind !== "Secret") texts.push([nameOf(object), object]);
    for (const [name, node] of Object.entries(cluster.nodes)) texts.push([`Kubernetes node ${name}`, node]);
    for (const [name, namespace] of Object.entries(cluster.namespaces))
      texts.push([`namespace ${name}`, namespace]);
    texts.push(["settings of Longhorn", cluster.longhorn?.settings]);
  }
  return Object.fromEntries(texts.map(([where, value]) => [where, JSON.stringify(value) ?? ""]));
}

function nameOf({ kind, namespace, name }: KubernetesObject): string {
  return `${kind} ${namespace ? `${namespace}/` : ""}${name}`;
}

/** They hold the secrets of their own cluster, and Proxmox's token is none of these. */
function machineConfigs({ state }: World): Record<string, string> {
  return Object.fromEntries(
    Object.values(state.machines).map(({ vmId, facts, machineConfig }) => [
      `machine config of ${facts?.hostname ?? vmId}`,
      machineConfig ?? "",
    ]),
  );
}

export function secretsHidden(evidence: Evidence) {
  const { world, outputs, token } = evidence;
  const secrets = secretsOf(evidence);
  const causes = [
    ...leaks({ ...evidence.written(), ...given(world) }, secrets),
    ...leaks(machineConfigs(world), [tokenSecret(token)]),
  ];
  for (const name of ["talosconfig", "kubeconfig"]) {
    if (outputs[name] && !outputs[name].secret) causes.push(`the output ${name} is not secret`);
  }
  return verdict(
    "secrets",
    causes,
    `${secrets.length} secrets looked for, none in plain text in state, log or record, nor in what Proxmox, the factory, Talos and Kubernetes were given`,
  );
}
