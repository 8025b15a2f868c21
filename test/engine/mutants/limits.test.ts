/** Limits that are shorter than what they are given for: at home the operation is given up in the middle. */
import { release, TYPES, vm, type Mutant, type Twin } from "./mutant.ts";
import type { Mutation } from "../support/rehearse.ts";
import { tryAll } from "./try-all.ts";

/** @param seconds Of the download of the boot image. */
function download(seconds: number): Mutation {
  return { type: TYPES.image, change: (props) => (props["uploadTimeout"] = seconds) };
}

function timeouts(type: string, verb: string, limit: string): Mutation {
  return { type, change: (props) => (props["timeouts"] = { [verb]: limit }) };
}

const MUTANTS: Mutant[] = [
  {
    what: "five seconds for the image",
    mutations: [download(5)],
    cause: /time-limits: .*its download takes \d+ s, and uploadTimeout gives it 5 s/,
  },
  {
    what: "half a minute for the image",
    mutations: [download(30)],
    cause: /time-limits: .*its download takes \d+ s, and uploadTimeout gives it 30 s/,
  },
  {
    what: "five seconds to make a machine",
    mutations: [vm("", (props) => (props["timeoutCreate"] = 5))],
    cause: /time-limits: .*its creation takes \d+ s, and timeoutCreate gives it 5 s/,
  },
  {
    what: "a second to start one",
    mutations: [vm("worker-1", (props) => (props["timeoutStartVm"] = 1))],
    cause: /time-limits: lab-proxmox-worker-1\S*: its start takes 2 s, and timeoutStartVm gives it 1 s/,
  },
  {
    what: "one minute for Longhorn",
    mutations: [release("longhorn", (props) => (props["timeout"] = 60))],
    cause:
      /longhorn" was created, but failed .*: context deadline exceeded .*it takes \d+ s, and timeout gives it 60 s/,
  },
  {
    what: "one minute for Longhorn, and a custom timeout that the provider does not know for releases",
    mutations: [release("longhorn", (props) => (props["timeout"] = 60), { create: "20m" })],
    cause:
      /longhorn" was created, but failed .*: context deadline exceeded .*it takes \d+ s, and timeout gives it 60 s/,
  },
  {
    what: "five seconds for Traefik",
    mutations: [release("traefik", (props) => (props["timeout"] = 5))],
    cause:
      /traefik" was created, but failed .*: context deadline exceeded .*it takes \d+ s, and timeout gives it 5 s/,
  },
];

const TWINS: Twin[] = [
  { what: "two minutes for the image", mutations: [download(120)] },
  {
    what: "two minutes for a machine, ten seconds to start it",
    mutations: [vm("", (props) => Object.assign(props, { timeoutCreate: 120, timeoutStartVm: 10 }))],
  },
  {
    what: "six minutes for Longhorn, and a custom timeout that the provider does not know for releases",
    mutations: [release("longhorn", (props) => (props["timeout"] = 360), { create: "1m" })],
  },
  {
    what: "machines with a custom timeout, which their provider does not heed",
    mutations: [{ ...vm("", () => undefined), customTimeouts: { create: "2s" } }],
  },
  { what: "two minutes for the bootstrap", mutations: [timeouts(TYPES.bootstrap, "create", "2m")] },
];

tryAll("limits", MUTANTS, TWINS);
