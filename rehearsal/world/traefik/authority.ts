/**
 * An ACME authority, as far as Traefik's store shows it: whose account that is, who issued a certificate, and which contact
 * addresses Let's Encrypt takes. Nothing here is a key or looks like one.
 */
import type { Resolver } from "./entrypoints.ts";

/** What Traefik keeps of a resolver (pkg/provider/acme/store.go, account.go). */
export interface Stored {
  Account?:
    | { Email: string; Registration?: { body?: object; uri?: string } | null; [more: string]: unknown }
    | null
    | undefined;
  Certificates?: { certificate?: string; key?: string; [more: string]: unknown }[] | null;
}

/** Traefik's own default (lego, DirectoryURLLetsEncrypt). */
const LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory";
const ISSUED_BY = "certificate issued by ";

function directoryOf({ caServer }: Resolver): string {
  return caServer ?? LETS_ENCRYPT;
}

/** By host name alone, as Traefik judges it (provider.go, isAccountMatchingCaServer). */
export function ofAuthority(stored: Stored | undefined, resolver: Resolver): boolean {
  const uri = stored?.Account?.Registration?.uri ?? "";
  return URL.canParse(uri) && new URL(uri).hostname === new URL(directoryOf(resolver)).hostname;
}

export function registered(resolver: Resolver): Stored["Account"] {
  return {
    Email: resolver.email ?? "",
    Registration: {
      body: { status: "valid" },
      uri: new URL("/acme/acct/1", directoryOf(resolver)).href,
    },
    PrivateKey: null,
    KeyType: "4096",
  };
}

/** As if an ingress had asked for one. */
export function certificateFrom(resolver: Resolver): NonNullable<Stored["Certificates"]>[number] {
  const text = (words: string) => Buffer.from(words).toString("base64");
  return {
    domain: { main: "ingress.home.arpa" },
    certificate: text(ISSUED_BY + directoryOf(resolver)),
    key: text("no key"),
    Store: "default",
  };
}

/** Certificates without content are dropped (local_store.go, get). */
export function issuersOf(stored: Stored | undefined): string[] {
  const whole = (stored?.Certificates ?? []).filter(({ certificate, key }) => certificate && key);
  const texts = whole.map(({ certificate = "" }) => Buffer.from(certificate, "base64").toString());
  return [...new Set(texts.map((text) => text.replace(ISSUED_BY, "")))];
}

/** boulder, policy/pa.go: forbiddenMailDomains. */
const FORBIDDEN = ["example.com", "example.net", "example.org"];
/** Some of what is no public suffix, which an address must end in (boulder, policy/pa.go: validNonWildcardDomain). */
const NOT_PUBLIC = /\.(example|invalid|test|localhost|local|lan|home|corp|internal|intranet|private|onion)$/;

/** Why Let's Encrypt, staging as well, does not register this contact; one who gives none is registered all the same. */
export function refusedContact(resolver: Resolver): string | undefined {
  if (!/\.letsencrypt\.org$/.test(new URL(directoryOf(resolver)).hostname) || !resolver.email)
    return undefined;
  const domain = resolver.email.split("@").at(-1)!.toLowerCase();
  const why = FORBIDDEN.includes(domain)
    ? `contact email has forbidden domain "${domain}"`
    : NOT_PUBLIC.test(domain)
      ? "contact email has invalid domain: Domain name does not end with a valid public suffix (TLD)"
      : undefined;
  return (
    why &&
    `acme: error: 400 :: urn:ietf:params:acme:error:invalidContact :: Error validating contact(s) :: ${why}`
  );
}
