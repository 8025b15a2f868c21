/**
 * Decoys: everything by which Pulumi, its plugins, talosctl, kubectl, Helm or a cloud's library find something real, made of folders
 * and listeners that tell when they were touched.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { freePort } from "../../rehearsal/ports.ts";

export interface Decoys {
  /** What a person's environment would hold. */
  variables: Record<string, string>;
  /** What has happened to them, one line each; none when nothing touched them. */
  touched(): string[];
  close(): Promise<void>;
}

/** @param folder An empty folder of their own. */
export async function layDecoys(folder: string): Promise<Decoys> {
  const home = join(folder, "home");
  const backend = join(folder, "backend");
  mkdirSync(backend, { recursive: true });
  const touches: { name: string; said: string }[] = [];
  const servers: Server[] = [];
  const listener = async (name: string, at?: string): Promise<number> => {
    const port = await freePort();
    const server = createServer((socket) => {
      const touch = { name, said: "nothing" };
      touches.push(touch);
      socket.once("data", (bytes) => {
        touch.said = JSON.stringify(bytes.toString("latin1").slice(0, 40));
        socket.destroy();
      });
      socket.once("end", () => socket.destroy());
      socket.on("error", () => undefined);
      socket.setTimeout(2000, () => socket.destroy());
    });
    await new Promise<void>((resolve) =>
      at === undefined ? server.listen(port, "127.0.0.1", resolve) : server.listen(at, resolve),
    );
    server.unref();
    servers.push(server);
    const address = server.address();
    return typeof address === "object" && address ? address.port : 0;
  };
  const proxmox = await listener("Proxmox");
  const cluster = await listener("Kubernetes");
  const talos = await listener("Talos");
  const cloud = await listener("a cloud");
  const proxy = await listener("a proxy");
  const agent = join(folder, "agent.sock");
  await listener("the SSH agent", agent);

  const kubeconfig = write(
    join(home, ".kube", "config"),
    `apiVersion: v1
kind: Config
current-context: real
clusters: [{name: real, cluster: {server: "https://127.0.0.1:${cluster}"}}]
users: [{name: real, user: {token: real-token}}]
contexts: [{name: real, context: {cluster: real, user: real}}]
`,
  );
  const talosconfig = write(
    join(home, ".talos", "config"),
    `context: real\ncontexts: {real: {endpoints: ["127.0.0.1:${talos}"], nodes: [127.0.0.1]}}\n`,
  );
  const aws = write(join(home, ".aws", "config"), "[profile real]\nregion = eu-central-1\n");
  const keys = write(
    join(home, ".aws", "credentials"),
    "[real]\naws_access_key_id = AKIAREAL\naws_secret_access_key = real\n",
  );
  const google = write(join(home, ".config", "gcloud", "real.json"), '{"type": "service_account"}\n');
  const pulumiHome = join(home, ".pulumi");
  write(
    join(pulumiHome, "credentials.json"),
    JSON.stringify({ current: pathToFileURL(backend).href, accessTokens: {}, accounts: {} }),
  );
  const passphrase = write(join(home, "passphrase"), "the real passphrase\n");
  const proxyUrl = `http://127.0.0.1:${proxy}`;
  const before = fingerprints(folder);

  return {
    variables: {
      HOME: home,
      XDG_CONFIG_HOME: join(home, ".config"),
      PULUMI_HOME: pulumiHome,
      PULUMI_BACKEND_URL: pathToFileURL(backend).href,
      PULUMI_API: `http://127.0.0.1:${cloud}`,
      PULUMI_ACCESS_TOKEN: "pul-0000000000000000000000000000000000000000",
      PULUMI_CONFIG_PASSPHRASE: "the real passphrase",
      PULUMI_CONFIG_PASSPHRASE_FILE: passphrase,
      PULUMI_STACK: "lab",
      PULUMI_DEBUG_PROVIDERS: `proxmoxve:${proxmox},talos:${talos},kubernetes:${cluster}`,
      PROXMOX_VE_ENDPOINT: `https://127.0.0.1:${proxmox}`,
      PROXMOX_VE_API_TOKEN: "real@pve!token=11111111-1111-1111-1111-111111111111",
      PROXMOX_VE_USERNAME: "root@pam",
      PROXMOX_VE_PASSWORD: "real",
      PROXMOX_VE_INSECURE: "true",
      PROXMOX_VE_SSH_AGENT: "true",
      KUBECONFIG: kubeconfig,
      KUBERNETES_SERVICE_HOST: "127.0.0.1",
      KUBERNETES_SERVICE_PORT: String(cluster),
      HELM_KUBECONTEXT: "real",
      HELM_CONFIG_HOME: join(home, ".config", "helm"),
      TALOSCONFIG: talosconfig,
      AWS_PROFILE: "real",
      AWS_CONFIG_FILE: aws,
      AWS_SHARED_CREDENTIALS_FILE: keys,
      AWS_ENDPOINT_URL: `http://127.0.0.1:${cloud}`,
      AZURE_STORAGE_ACCOUNT: "real",
      AZURE_STORAGE_KEY: "cmVhbA==",
      GOOGLE_APPLICATION_CREDENTIALS: google,
      VAULT_ADDR: `http://127.0.0.1:${cloud}`,
      SSH_AUTH_SOCK: agent,
      HTTP_PROXY: proxyUrl,
      HTTPS_PROXY: proxyUrl,
      ALL_PROXY: proxyUrl,
      http_proxy: proxyUrl,
      https_proxy: proxyUrl,
    },
    touched: () => {
      const now = fingerprints(folder);
      const files = [...new Set([...before.keys(), ...now.keys()])].sort();
      return [
        ...touches.map(({ name, said }) => `something connected to ${name}, and said ${said}`),
        ...files.flatMap((file) => {
          if (!before.has(file)) return [`${file} was made`];
          if (!now.has(file)) return [`${file} was removed`];
          return before.get(file) === now.get(file) ? [] : [`${file} was changed`];
        }),
      ];
    },
    close: async () => {
      for (const server of servers) await new Promise((resolve) => server.close(resolve));
    },
  };
}

function write(file: string, text: string): string {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

/** Of every file and folder below, by its path: content, mode and time of the last change. */
function fingerprints(folder: string): Map<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return new Map(
    entries
      .filter((entry) => !entry.isSocket())
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        const { mode, mtimeMs } = statSync(path);
        const content = entry.isFile() ? createHash("sha256").update(readFileSync(path)).digest("hex") : "";
        return [relative(folder, path), `${mode} ${mtimeMs} ${content}`] as const;
      }),
  );
}
