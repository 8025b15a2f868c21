/**
 * Opens the secrets of a state that the passphrase of every rehearsal keeps, in Pulumi's own form (pulumi sdk:
 * go/common/resource/config/crypt.go; pkg/secrets/passphrase). The CLI would do it too, in a process that derives the key anew.
 */
import { createDecipheriv, pbkdf2 } from "node:crypto";
import { promisify } from "node:util";
import { SIGNATURE } from "../providers/server/values.ts";

const ROUNDS = 1_000_000;
const TAG_BYTES = 16;

const keys = new Map<string, Promise<Buffer>>();

/** A fifth of a second of the processor; the same for the whole life of a stack. */
function keyOf(passphrase: string, salt: string): Promise<Buffer> {
  const name = `${salt} ${passphrase}`;
  const key =
    keys.get(name) ?? promisify(pbkdf2)(passphrase, Buffer.from(salt, "base64"), ROUNDS, 32, "sha256");
  keys.set(name, key);
  return key;
}

/** @param sealed `v1:<nonce>:<what is sealed>`, both in Base64. */
function open(sealed: string, key: Buffer): string {
  const [, nonce = "", text = ""] = sealed.split(":");
  const bytes = Buffer.from(text, "base64");
  const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(nonce, "base64"));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]).toString();
}

/**
 * The same value with every secret in it in plain.
 *
 * @param salt Of the state's secrets provider: `v1:<salt>:<something to try the passphrase on>`.
 */
export async function withSecrets(value: unknown, passphrase: string, salt: string): Promise<unknown> {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value))
    return Promise.all(value.map((each: unknown) => withSecrets(each, passphrase, salt)));
  const { ciphertext } = value as { ciphertext?: unknown };
  if (SIGNATURE in value && typeof ciphertext === "string")
    return JSON.parse(open(ciphertext, await keyOf(passphrase, salt.split(":")[1] ?? ""))) as unknown;
  const entries = Object.entries(value).map(
    async ([key, each]) => [key, await withSecrets(each, passphrase, salt)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}
