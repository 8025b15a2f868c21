/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-assignment -- inputs on their way to the engine have no types */
/** Programs that tell a secret to somebody who is not to know it, although the state hides it. */
import * as pulumi from "@pulumi/pulumi";
import { PROXMOX_TOKEN_KEY, readEnvironment } from "../../../rehearsal/environment.ts";
import { REPOSITORY } from "../../../rehearsal/paths.ts";
import { outputs, patch, TYPES, values, vm, type Mutant, type Twin } from "./mutant.ts";
import type { Mutation } from "../support/rehearse.ts";
import { tryAll } from "./try-all.ts";

const token = (await readEnvironment(REPOSITORY, "lab", [])).secrets[PROXMOX_TOKEN_KEY]!;
const [, tokenSecret = ""] = token.split("=");

/** Does something with the key of Talos's administrators, as PEM text. */
function withKey(use: (pem: string) => void): Mutation {
  return outputs((all) => {
    all["talosconfig"] = all["talosconfig"].apply((text: string) => {
      use(Buffer.from(/^\s+key: (\S+)$/m.exec(text)![1]!, "base64").toString());
      return text;
    });
  });
}

const MUTANTS: Mutant[] = [
  {
    what: "the token in a VM's description, secret in the state",
    mutations: [vm("cp-1", (props) => (props["description"] = pulumi.secret(`Made with ${token}.`)))],
    cause: /1 secrets stand in plain text in the config of VM 126 in Proxmox/,
  },
  {
    what: "the token in a VM's description, in base64",
    mutations: [
      vm("worker-1", (props) => {
        props["description"] = pulumi.secret(Buffer.from(tokenSecret).toString("base64"));
      }),
    ],
    cause: /1 secrets stand in plain text in the config of VM 127 in Proxmox/,
  },
  {
    what: "the token in a node's environment",
    mutations: [
      {
        type: TYPES.config,
        change: (props, name) =>
          patch(/^( +)env:\n/gm, `$1env:\n$1  TOKEN: "${token}"\n`).change(props, name),
      },
    ],
    cause: /1 secrets stand in plain text in the machine config of cp-1/,
  },
  {
    what: "the token in the ingress's environment",
    mutations: [values("traefik", (v) => (v["env"] = [{ name: "TOKEN", value: pulumi.secret(token) }]))],
    cause: /1 secrets stand in plain text in the values of the release traefik\/traefik/,
  },
  {
    what: "a key printed to the engine's log",
    mutations: [withKey((pem) => void pulumi.log.info(`the key is\n${pem}`))],
    cause: /1 secrets stand in plain text in the log/,
  },
  {
    what: "a key printed to the console",
    mutations: [withKey((pem) => console.log(pem))],
    cause: /1 secrets stand in plain text in the log/,
  },
  {
    what: "a key in an output of another name",
    mutations: [
      outputs((all) => {
        all["hint"] = pulumi
          .unsecret(all["talosconfig"] as pulumi.Output<string>)
          .apply((text) => Buffer.from(/^\s+key: (\S+)$/m.exec(text)![1]!, "base64").toString());
      }),
    ],
    cause: /1 secrets stand in plain text in the state/,
  },
  {
    what: "a kubeconfig that is no secret",
    mutations: [
      outputs((all) => (all["kubeconfig"] = pulumi.unsecret(all["kubeconfig"] as pulumi.Output<string>))),
    ],
    cause: /the output kubeconfig is not secret/,
  },
];

const TWINS: Twin[] = [
  {
    what: "the authority's certificate in an output: it is public",
    mutations: [
      outputs((all) => {
        all["ca"] = pulumi
          .unsecret(all["kubeconfig"] as pulumi.Output<string>)
          .apply((text) => Buffer.from(/authority-data: (\S+)/.exec(text)![1]!, "base64").toString());
      }),
    ],
  },
  {
    what: "a secret copy of the kubeconfig",
    mutations: [outputs((all) => (all["admin"] = { kubeconfig: all["kubeconfig"] }))],
  },
];

tryAll("secrets", MUTANTS, TWINS);
