/** Secrets stay secret: none of this homelab's stands in plain text in anything that a run writes or prints. */
import type { Evidence } from "./check.ts";
import { verdict } from "./check.ts";

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
  return [...new Set([...found, token.split("=")[1] ?? token])];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

export function secretsHidden(evidence: Evidence) {
  const secrets = secretsOf(evidence);
  const causes = Object.entries(evidence.written()).flatMap(([where, text]) => {
    const leaked = secrets.filter((secret) => text.includes(secret)).length;
    return leaked === 0 ? [] : [`${leaked} secrets stand in plain text in the ${where}`];
  });
  for (const name of ["talosconfig", "kubeconfig"]) {
    if (evidence.outputs[name] && !evidence.outputs[name].secret)
      causes.push(`the output ${name} is not secret`);
  }
  return verdict(
    "secrets",
    causes,
    `${secrets.length} secrets looked for, none in plain text in state, log or record`,
  );
}
