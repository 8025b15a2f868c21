import { z } from "zod";
import { TRAEFIK_CHARTS } from "../versions.ts";
import { label, says, text, whole } from "./fields.ts";

/** Directories of Let's Encrypt (letsencrypt.org/docs/acme-protocol-updates, letsencrypt.org/docs/staging-environment). */
export const CA_SERVERS = {
  staging: "https://acme-staging-v02.api.letsencrypt.org/directory",
  production: "https://acme-v02.api.letsencrypt.org/directory",
} as const;

const CA_SERVER = "is neither staging nor production nor the https URL of an ACME directory";

/** Whether a directory is one of Let's Encrypt's, which all judge contact addresses alike. */
export function isLetsEncrypt(caServer: string): boolean {
  return /(^|\.)letsencrypt\.org$/.test(new URL(caServerUrl(caServer)).hostname);
}

/** The directory that a name or a URL stands for. */
export function caServerUrl(value: string): string {
  return value === "staging" || value === "production" ? CA_SERVERS[value] : value;
}

const acmeSchema = z
  .strictObject({
    email: text(
      /^(?=.{3,254}$)[A-Za-z0-9!#$%&'*+/=?^_{|}~-]{1,64}(?:\.[A-Za-z0-9!#$%&'*+/=?^_{|}~-]{1,64}){0,8}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,63}$/,
      "is no email address, such as you@your-domain.net",
    )
      .optional()
      .meta({
        description:
          "Contact address of the ACME account; none is needed. Without one Traefik opens a new account whenever a start of it needs a certificate.",
        examples: ["you@your-domain.net"],
        defaultNote: "none",
      }),
    resolver: text(
      /^[a-z][a-z0-9-]{0,31}$/,
      "is no resolver name: a lower-case letter, then at most 31 lower-case letters, digits and hyphens",
    )
      .default("letsencrypt")
      .meta({ description: "Name of the certificate resolver, which ingresses refer to." }),
    challenge: z
      .enum(["http-01", "tls-alpn-01"])
      .default("http-01")
      .meta({ description: "How the certificate authority checks a domain: by port 80 or by port 443." }),
    caServer: text(/^(?:staging|production|https:\/\/[^\s/@]+(?:\/\S*)?)$/, CA_SERVER)
      .refine((value) => URL.canParse(caServerUrl(value)), says(CA_SERVER))
      .default("staging")
      .meta({
        description:
          "Certificate authority: `staging` or `production` of Let's Encrypt, or the URL of another ACME directory. Staging has no tight rate limits, and browsers do not trust it. Each authority has a file of its own on the volume.",
      }),
    // 10 MiB is the smallest volume that Longhorn makes (longhorn-manager, util.MinimalVolumeSize).
    storageMiB: whole(10, 1024, "MiB")
      .default(128)
      .meta({ description: "Size in MiB of the volume for accounts and certificates." }),
  })
  .meta({ description: "Certificates." });

export const traefikSchema = z
  .strictObject({
    version: text(
      /^[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}$/,
      "is no version of the Traefik chart, such as 41.3.0",
    )
      .default(TRAEFIK_CHARTS[0] ?? "")
      .meta({ description: `Version of the Traefik chart: ${TRAEFIK_CHARTS.join(", ")}.` }),
    ingressNode: label()
      .optional()
      .meta({
        description:
          "Name of the node that Traefik runs on, whose address is the one for DNS. It does not fail over.",
        examples: ["worker-1"],
        defaultNote: "the first worker, else the first control plane",
      }),
    acme: acmeSchema.prefault({}),
  })
  .meta({ description: "The ingress." });
