/** The programs that the bootstrap found or built. */
import { homedir } from "node:os";
import { Problem } from "../scripts/bootstrap/problem.mjs";
import { readToolchain as read } from "../scripts/bootstrap/tools/toolchain.mjs";
import { REPOSITORY } from "./paths.ts";
import { UserError } from "./user-error.ts";

export type Toolchain = ReturnType<typeof read>;

/** @throws {UserError} when there is none yet, or when it is damaged or somebody else's. */
export function readToolchain(root = REPOSITORY): Promise<Toolchain> {
  return new Promise<Toolchain>((resolve) =>
    resolve(read({ root, home: homedir(), env: process.env })),
  ).catch((error: unknown) => {
    throw error instanceof Problem ? new UserError(error.message) : error;
  });
}
