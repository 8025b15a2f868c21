/** A process of its own with one of each of our local servers, so that its memory can be measured and its end be seen. */
import { grant } from "../../../../rehearsal/api/proxmox/access/grants.ts";
import { serveProxmox } from "../../../../rehearsal/api/proxmox/server.ts";
import { serveTalos } from "../../../../rehearsal/api/talos/server.ts";
import { serveProvider } from "../../../../rehearsal/providers/server/index.ts";
import { readToolchain } from "../../../../rehearsal/toolchain.ts";
import { fixture, PLACES } from "../../../support/world/proxmox.ts";
import { bringUp, serveLab } from "../../../support/world/served-lab.ts";

export interface Served {
  proxmox: { port: number; token: string };
  kubernetes: { port: number; cert: string; key: string };
  talos: { port: number; ca: string; cert: string; key: string };
  provider: { port: number };
}

const token = "rehearsal@pve!homelab=00000000-0000-0000-0000-000000000001";
const served = await serveLab();
await bringUp(served);
const user = (await served.client()).getCurrentUser()!;
const { talosHelper } = await readToolchain();
const [proxmox, talos, provider] = await Promise.all([
  serveProxmox(fixture().world, { token, access: grant(token, PLACES) }),
  serveTalos(served.lab.world, { executable: talosHelper }),
  serveProvider({ name: "toy", version: "1.2.3", resources: {}, functions: {} }),
]);
const { caCertificate, clientCertificate, clientKey } = served.lab.secrets.clientConfiguration;
const text = (base64 = "") => Buffer.from(base64, "base64").toString("utf8");
const said: Served = {
  proxmox: { port: proxmox.port, token },
  kubernetes: { port: served.server.port, cert: text(user.certData), key: text(user.keyData) },
  talos: {
    port: talos.port,
    ca: text(caCertificate),
    cert: text(clientCertificate),
    // Talos's label for what everybody else calls a private key.
    key: text(clientKey).replaceAll("ED25519 PRIVATE KEY", "PRIVATE KEY"),
  },
  provider: { port: provider.port },
};
process.stdout.write(`${JSON.stringify(said)}\n`);
// The test ends by closing this.
process.stdin.resume().on("end", () => process.exit(0));
