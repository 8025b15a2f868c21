/** Commands in README and docs that write a file: git ignores it, and what is secret is private from its first byte on. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

interface Written {
  /** Relative to where the command is given: the clone. */
  file: string;
  /** The command's own block or span, up to and with the command. */
  upTo: string;
}

/** What people are to have in git, and what is public. */
const KEPT = new Set(["Pulumi.home.yaml"]);
const PUBLIC = new Set(["pve-root-ca.pem"]);

const COMMAND =
  /^(?:\$ )?(?:sudo |\(?umask 077 && )?(?:pulumi|talosctl|kubectl|helm|curl|ssh|scp|cat|cp|printf|install) /;
const FORMATS = new Set(["yaml", "json", "wide", "name"]);
const WRITES = [
  /(?<![-=<>&\d])>>?\s*([^\s&|;)]+)/g,
  /\s(?:-o|--output)[= ]([^\s)]+)/g,
  /\s--file[= ]([^\s)]+)/g,
  /\betcd snapshot ([^\s)]+)/g,
  /\bkubectl .*\bcp \S+ ([^\s)]+)/g,
  /^cp \S+ ([^\s)]+)/g,
];

/** Fenced blocks and code spans of a page, as somebody would type them. */
function snippets(page: string): string[] {
  const fenced = [...page.matchAll(/```(?:sh|bash|console)\n(.*?)```/gs)].map((match) => match[1] ?? "");
  const prose = page.replace(/```.*?```/gs, "");
  return [...fenced, ...[...prose.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? "")];
}

function writes(snippet: string): Written[] {
  const lines = snippet.replaceAll(/<[^<>\n]*>/g, "X").split("\n");
  return lines.flatMap((line, index) =>
    line.split(/ && /).flatMap((part, place, parts) => {
      const command = part.replace(/#.*$/, "").trim();
      if (!COMMAND.test(`${command} `) && !/^\(umask/.test(line)) return [];
      const files = WRITES.flatMap((pattern) =>
        [...command.matchAll(pattern)].map((match) => match[1] ?? ""),
      );
      const upTo = [...lines.slice(0, index), parts.slice(0, place + 1).join(" && ")].join("\n");
      return files
        .filter((file) => !FORMATS.has(file) && !file.startsWith("/"))
        .map((file) => ({ file: file.replace(/["']/g, ""), upTo }));
    }),
  );
}

function isPrivate({ file, upTo }: Written): boolean {
  return upTo.includes(`install -m 600 /dev/null ${file}`) || upTo.includes("umask 077");
}

const pages = [
  "README.md",
  "SECURITY.md",
  ...readdirSync("docs", { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];
const written = pages.flatMap((page) =>
  snippets(readFileSync(page, "utf8"))
    .flatMap(writes)
    .map((each) => ({ page, ...each })),
);

test("every kind of writing is seen", () => {
  const page = [
    "`kubectl get x > a`, `talosctl -n <address> etcd snapshot b.db`, `talosctl get y -o yaml`, `v1.12.0 -> v1.12.1`",
    "```sh",
    "pulumi stack export --file c.json",
    "curl -o d https://x",
    "npm run rehearse -- --stack <env> up",
    "kubectl -n t cp pod:/data/e e",
    "install -m 600 /dev/null f && pulumi stack output g > f && chmod 600 f",
    "```",
  ].join("\n");
  const found = snippets(page).flatMap(writes);
  expect(found.map(({ file }) => file).sort()).toEqual(["a", "b.db", "c.json", "d", "e", "f"]);
  expect(found.filter(isPrivate).map(({ file }) => file)).toEqual(["f"]);
});

test("what a command writes into the clone is ignored by git", () => {
  const files = [...new Set(written.map(({ file }) => file))].filter((file) => !KEPT.has(file)).sort();
  expect(files).toEqual(
    expect.arrayContaining(["kubeconfig", "talosconfig", "state.json", "acme-production.json", "etcd.db"]),
  );
  const { stdout } = spawnSync("git", ["check-ignore", "--no-index", ...files], { encoding: "utf8" });
  expect(stdout.split("\n").filter(Boolean).sort()).toEqual(files);
});

test("what is secret is private from its first byte on", () => {
  const open = written.filter((each) => !KEPT.has(each.file) && !PUBLIC.has(each.file) && !isPrivate(each));
  expect(open.map(({ page, file }) => `${page}: ${file}`)).toEqual([]);
});

test("no command has a token on its command line", () => {
  for (const page of pages) {
    for (const snippet of snippets(readFileSync(page, "utf8"))) {
      for (const line of snippet.split("\n")) {
        if (!COMMAND.test(line.trim())) continue;
        expect(`${page}: ${line.replace(/#.*$/, "")}`).not.toMatch(/!homelab=|proxmoxApiToken\s+['"]/);
      }
    }
  }
});
