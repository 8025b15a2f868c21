/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-assignment -- outputs on their way to the engine have no types */
/** Promises that are not kept: the cluster is right, and what the program says of it is not. */
import * as pulumi from "@pulumi/pulumi";
import { outputs, type Mutant, type Twin } from "./mutant.ts";
import type { Mutation, Props } from "../support/rehearse.ts";
import { tryAll } from "./try-all.ts";

function edited(name: "kubeconfig" | "talosconfig", edit: (text: string) => string): Mutation {
  return outputs((all) => {
    all[name] = all[name].apply((text: string) => {
      const after = edit(text);
      if (after === text) throw new Error(`the mutation of ${name} changes nothing`);
      return after;
    });
  });
}

/** A line of the kubeconfig with what a line of the talosconfig holds. */
function mixed(line: string, other: string): Mutation {
  return outputs((all) => {
    all["kubeconfig"] = pulumi
      .all([all["kubeconfig"], all["talosconfig"]])
      .apply(([kubeconfig, talosconfig]: string[]) => {
        const value = new RegExp(`^\\s+${other}: (\\S+)$`, "m").exec(talosconfig!)![1];
        return kubeconfig!.replace(new RegExp(`${line}: \\S+`), `${line}: ${value}`);
      });
  });
}

const node = (index: number, change: (node: Props) => void) =>
  outputs((all) => change(all["nodes"][index] as Props));

const MUTANTS: Mutant[] = [
  {
    what: "an endpoint that is the worker's address",
    mutations: [outputs((all) => (all["endpoint"] = "https://192.168.1.127:6443"))],
    cause: /the output endpoint says https:\/\/192\.168\.1\.127:6443, it is https:\/\/192\.168\.1\.126:6443/,
  },
  {
    what: "an endpoint with the port of Talos",
    mutations: [outputs((all) => (all["endpoint"] = "https://192.168.1.126:50000"))],
    cause: /the output endpoint says https:\/\/192\.168\.1\.126:50000, it is/,
  },
  {
    what: "the talosconfig in place of the kubeconfig",
    mutations: [outputs((all) => void (all["kubeconfig"] = all["talosconfig"]))],
    cause: /the output kubeconfig opens no cluster: invalid kubeconfig/,
  },
  {
    what: "the kubeconfig in place of the talosconfig",
    mutations: [outputs((all) => void (all["talosconfig"] = all["kubeconfig"]))],
    cause: /the output talosconfig cannot be used: it has no context/,
  },
  {
    what: "a kubeconfig whose server is the worker",
    mutations: [edited("kubeconfig", (text) => text.replace(/192\.168\.1\.126/g, "192.168.1.127"))],
    cause: /the output kubeconfig opens no cluster: .*192\.168\.1\.127:6443: connect: connection refused/,
  },
  {
    what: "a kubeconfig whose server nobody is",
    mutations: [edited("kubeconfig", (text) => text.replace(/192\.168\.1\.126/g, "192.168.1.200"))],
    cause: /the output kubeconfig opens no cluster: .*192\.168\.1\.200:6443: connect: no route to host/,
  },
  {
    what: "a kubeconfig with the certificate of Talos's clients",
    mutations: [mixed("client-certificate-data", "crt"), mixed("client-key-data", "key")],
    cause:
      /the output kubeconfig opens no cluster: the server has asked for the client to provide credentials/,
  },
  {
    what: "a kubeconfig with another key than its certificate's",
    mutations: [mixed("client-key-data", "key")],
    cause: /the output kubeconfig opens no cluster: tls: private key does not match public key/,
  },
  {
    what: "a talosconfig with the worker as its endpoint",
    mutations: [
      edited("talosconfig", (text) => text.replace(/(endpoints:\s+- )192\.168\.1\.126/, "$1192.168.1.127")),
    ],
    cause:
      /the output talosconfig: 192\.168\.1\.126 cannot be reached through 192\.168\.1\.127: .*no request forwarding/,
  },
  {
    what: "a talosconfig without the worker among its nodes",
    mutations: [edited("talosconfig", (text) => text.replace(/\n\s+- 192\.168\.1\.127/, ""))],
    cause:
      /the output talosconfig names the nodes 192\.168\.1\.126, the cluster has 192\.168\.1\.126, 192\.168\.1\.127/,
  },
  {
    what: "a talosconfig without an endpoint",
    mutations: [edited("talosconfig", (text) => text.replace(/endpoints:\n\s+- \S+/, "endpoints: []"))],
    cause: /the output talosconfig cannot be used: it names no endpoint/,
  },
  {
    what: "a worker that is called a control plane",
    mutations: [node(1, (each) => (each["role"] = "controlplane"))],
    cause: /the output nodes\[1\]\.role says controlplane, it is worker/,
  },
  {
    what: "disks that changed places",
    mutations: [
      node(0, (each) => {
        [each["osDisk"].interface, each["dataDisk"].interface] = [
          each["dataDisk"].interface,
          each["osDisk"].interface,
        ];
      }),
    ],
    cause: /the output nodes\[0\]\.osDisk\.bytes says 34359738368, it is 42949672960/,
  },
  {
    what: "a node left out",
    mutations: [outputs((all) => void all["nodes"].pop())],
    cause: /the output nodes says cp-1, it is cp-1, worker-1/,
  },
  {
    what: "another installer image than the nodes have",
    mutations: [
      outputs((all) => {
        all["installerImage"] = pulumi
          .output(all["installerImage"])
          .apply((image: string) => image.replace(/:v\S+$/, ":v1.11.5"));
      }),
    ],
    cause: /the output installerImage says \S+:v1\.11\.5, it is \S+:v1\.12\.0/,
  },
  {
    what: "an acme.json at another path",
    mutations: [outputs((all) => (all["traefik"].acme.storage = "/data/acme.json"))],
    cause: /the output traefik\.acme\.storage says \/data\/acme\.json, it is \/data\/acme-staging\.json/,
  },
  {
    what: "Longhorn's default namespace of another chart",
    mutations: [outputs((all) => (all["longhorn"].namespace = "longhorn"))],
    cause: /the output longhorn\.namespace says longhorn, it is longhorn-system/,
  },
];

const TWINS: Twin[] = [
  {
    what: "the outputs in another order, with one of somebody's own",
    mutations: [
      outputs((all) => {
        all["nodes"].reverse();
        all["dashboard"] = "https://traefik.home.arpa/";
      }),
    ],
  },
  {
    what: "a kubeconfig whose context has another name",
    mutations: [edited("kubeconfig", (text) => text.replace(/admin@lab/g, "home"))],
  },
];

/** What a program says of a cluster that is up can be found out without another first `up`. */
const onRunning = <T extends Twin>(all: T[]): T[] => all.map((each) => ({ ...each, after: {} }));

tryAll("outputs", onRunning(MUTANTS), onRunning(TWINS));
