/**
 * The certificate authorities that the Proxmox provider goes by: those of the system it runs on, as Go finds them. Node has
 * a list of its own instead, on which a household's own authority never is.
 */
import { readFileSync } from "node:fs";
import tls from "node:tls";

/** Go looks for the first of these [golang/go: crypto/x509/root_linux.go, root_bsd.go], unless SSL_CERT_FILE names another. */
const BUNDLES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/pki/tls/cacert.pem",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/** In PEM: the system's, Node's own, and those of NODE_EXTRA_CA_CERTS. */
export function authorities(environment: NodeJS.ProcessEnv = process.env): string[] {
  const { SSL_CERT_FILE, NODE_EXTRA_CA_CERTS } = environment;
  return [
    ...tls.rootCertificates,
    ...fromStore(),
    ...firstOf([SSL_CERT_FILE, ...BUNDLES]),
    ...firstOf([NODE_EXTRA_CA_CERTS]),
  ];
}

/** The keychain or the registry, where this Node can read it (22.15 and later). */
function fromStore(): readonly string[] {
  const { getCACertificates } = tls as { getCACertificates?: (type: "system") => string[] };
  return getCACertificates?.("system") ?? [];
}

function firstOf(files: (string | undefined)[]): string[] {
  for (const file of files) {
    if (!file) continue;
    try {
      return [readFileSync(file, "utf8")];
    } catch {
      // Another distribution's place.
    }
  }
  return [];
}
