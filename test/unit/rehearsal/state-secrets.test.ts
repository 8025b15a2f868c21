/** Secrets as the real CLI wrote them into a rehearsed state. */
import { expect, test } from "vitest";
import { withSecrets } from "../../../rehearsal/engine/secrets.ts";
import { SIGNATURE } from "../../../rehearsal/providers/server/values.ts";

const SALT = "v1:r81bgWyidXo=:v1:W8CZCPNmnT0PZ7zd:35XiPR/ZPSAOET9p8OpSNsMS6DPlCw==";
const secret = {
  [SIGNATURE]: "1b47061264138c4ac30d75fd1eb44270",
  ciphertext: "v1:9EfkImpq4khdTGwb:ZWHlmL291k5p6lR4t2BDUfJMtn+3qT63PK/yaEJV9o2GZKesLYlLoQ==",
};

test("are opened at any depth, and everything else stays as it is", async () => {
  const value = { plain: [1, null, "v1:a:b"], nested: [{ secret }], ciphertext: "none" };
  expect(await withSecrets(value, "rehearsal", SALT)).toEqual({
    plain: [1, null, "v1:a:b"],
    nested: [{ secret: { replace: { raw: null } } }],
    ciphertext: "none",
  });
});

test.each([
  ["another passphrase", "real", SALT, secret.ciphertext],
  ["another salt", "rehearsal", SALT.replace("r81", "r82"), secret.ciphertext],
  ["a changed byte", "rehearsal", SALT, secret.ciphertext.replace("ZWH", "ZWI")],
])("are not opened by %s", async (_, passphrase, salt, ciphertext) => {
  await expect(withSecrets({ ...secret, ciphertext }, passphrase, salt)).rejects.toThrow("authenticate");
});
