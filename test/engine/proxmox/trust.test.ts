/**
 * Proxmox's certificate without `insecure`. The provider has no setting for an authority (bpg/terraform-provider-proxmox,
 * proxmox/api/client.go: no RootCAs), so it trusts what Go trusts, which on Linux SSL_CERT_FILE names (crypto/x509 root_unix.go).
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type PeerCertificate } from "node:tls";
import { afterEach, expect, test } from "vitest";
import { openLab, type Lab } from "./lab.ts";

let lab: Lab | undefined;
let folder: string | undefined;
afterEach(async () => {
  await lab?.close();
  if (folder) await rm(folder, { recursive: true });
});

function certificateOf(endpoint: string): Promise<PeerCertificate> {
  const { hostname, port } = new URL(endpoint);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate());
      socket.destroy();
    }).on("error", reject);
  });
}

test.skipIf(process.platform !== "linux")(
  "is refused as it is, and taken once SSL_CERT_FILE names who signed it",
  async () => {
    lab = await openLab({});
    lab.settings.insecure = false;
    expect(await lab.failure()).toContain("certificate signed by unknown authority");

    folder = await mkdtemp(join(tmpdir(), "trust-"));
    const file = join(folder, "pve-root-ca.pem");
    const { raw } = await certificateOf(lab.endpoint);
    await writeFile(
      file,
      `-----BEGIN CERTIFICATE-----\n${raw.toString("base64")}\n-----END CERTIFICATE-----\n`,
    );
    // An engine of ours sees nothing of this process's environment: it is told.
    lab.stack.workspace.envVars["SSL_CERT_FILE"] = file;
    expect((await lab.up())["create"]).toBeGreaterThan(0);
  },
);
