/**
 * A schematic as the image factory reads it: unknown keys are refused, and what is printed back for the hash follows
 * the field order of its Go struct and leaves empty parts out [image-factory: pkg/schematic/schematic.go].
 */
import { parse } from "yaml";
import { z } from "zod";

const text = z.string();

const SCHEMATIC = z.strictObject({
  overlay: z
    .strictObject({
      image: text.default(""),
      name: text.default(""),
      options: z.record(text, z.unknown()).optional(),
    })
    .nullish(),
  customization: z
    .strictObject({
      extraKernelArgs: z.array(text).nullish(),
      meta: z.array(z.strictObject({ key: z.int().min(0).max(255), value: text.default("") })).nullish(),
      systemExtensions: z.strictObject({ officialExtensions: z.array(text).nullish() }).nullish(),
      secureboot: z.strictObject({ includeWellKnownCertificates: z.boolean().nullish() }).nullish(),
    })
    .nullish(),
});

export interface Schematic {
  overlay?: { image: string; name: string; options?: Record<string, unknown> };
  customization: {
    extraKernelArgs?: string[];
    meta?: { key: number; value: string }[];
    systemExtensions?: { officialExtensions?: string[] };
    secureboot?: { includeWellKnownCertificates?: boolean };
  };
}

/** Throws with what is wrong, one line per mistake. */
export function parseSchematic(yaml: string): Schematic {
  const read = SCHEMATIC.safeParse(parse(yaml) ?? {});
  if (!read.success) {
    const mistakes = read.error.issues.map(
      (issue) => `${issue.path.join(".") || "schematic"}: ${issue.message}`,
    );
    throw new Error(`invalid schematic: ${mistakes.join("; ")}`);
  }
  const { overlay, customization: given } = read.data;
  const customization: Schematic["customization"] = {};
  if (given?.extraKernelArgs?.length) customization.extraKernelArgs = given.extraKernelArgs;
  if (given?.meta?.length) customization.meta = given.meta;
  if (given?.systemExtensions?.officialExtensions?.length) {
    customization.systemExtensions = { officialExtensions: given.systemExtensions.officialExtensions };
  }
  if (given?.secureboot?.includeWellKnownCertificates) {
    customization.secureboot = { includeWellKnownCertificates: true };
  }
  const named = overlay && (overlay.image || overlay.name || overlay.options);
  return named ? { overlay: { ...overlay }, customization } : { customization };
}
