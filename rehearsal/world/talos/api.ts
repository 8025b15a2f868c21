/**
 * The Talos API as a client meets it: an address, an endpoint, mutual TLS. A machine in maintenance mode takes anyone;
 * a configured one only who shows a certificate of its own authority, and proves its own by the same.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import type { MachineState } from "./state.ts";
import type { World } from "../kernel/world.ts";
import { applyConfiguration, type ApplyRequest, type ApplyResult } from "./machine-config/apply.ts";
import { DURATIONS } from "./durations.ts";
import { TalosError, unreachable } from "./errors.ts";
import { bootstrapEtcd } from "./etcd/cluster.ts";
import { answersApi, isConfigured, isUp, machineAt, sameSubnet, upMachines } from "./network/addresses.ts";
import type { NodeFacts } from "./machine-config/node-facts.ts";

/** Base64 of PEM, as the provider carries it. */
export interface Credentials {
  caCertificate: string;
  clientCertificate: string;
  clientKey: string;
}

export interface Target {
  node: string;
  /** Address of the machine that is dialled, which passes the call on; with or without a port. */
  endpoint: string;
  credentials?: Credentials;
}

export interface Session {
  machine: MachineState;
  mode: "maintenance" | "running";
}

/** Connects, or throws what a Go client would. */
export async function connect(world: World, target: Target): Promise<Session> {
  await world.clock.sleep(DURATIONS.call);
  await world.settle();
  const machine = machineAt(world, target.node);
  const dialled = dial(world, target, machine);
  if (!machine.facts) {
    if (dialled !== machine)
      throw new TalosError("Unavailable", `${target.node} is in maintenance mode: no proxying`);
    return { machine, mode: "maintenance" };
  }
  checkApid(world, machine);
  if (dialled !== machine) checkApid(world, dialled);
  checkCredentials(target, (dialled.facts ?? machine.facts).talosCa, machine.facts);
  // Only a control plane has a certificate by which it may ask others (talos controllers/secrets/api.go: a worker's Client is nil;
  // apid/pkg/director/director.go).
  if (dialled !== machine && dialled.facts?.machineType === "worker")
    throw new TalosError("PermissionDenied", "no request forwarding");
  return { machine, mode: "running" };
}

/**
 * The machine behind an address, for a caller who has proved himself by a certificate of that authority (base64 of PEM) at
 * another node's apid, which passes the call on with a certificate of its own.
 */
export async function reach(world: World, node: string, authority: string): Promise<MachineState> {
  await world.clock.sleep(DURATIONS.call);
  await world.settle();
  const machine = machineAt(world, node);
  // In maintenance mode it shows a certificate that it signed itself.
  if (machine.facts) checkApid(world, machine);
  if (!machine.facts || normal(authority) !== normal(machine.facts.talosCa)) throw unknownAuthority();
  return machine;
}

export async function apply(world: World, target: Target, request: ApplyRequest): Promise<ApplyResult> {
  const since = world.clock.now();
  const { machine } = await connect(world, target);
  const result = await world.exclusive((held) => applyConfiguration(held, machine, { since, ...request }));
  await world.clock.sleep(DURATIONS.immediateConfig);
  return result;
}

export async function bootstrap(world: World, target: Target): Promise<void> {
  const { machine } = await connect(world, target);
  await world.exclusive(async (held) => bootstrapEtcd(held, machine));
}

/** Whether `port` is named or not, and an IPv6-free homelab. */
export function hostOfEndpoint(endpoint: string): string {
  return endpoint.replace(/:\d+$/, "");
}

/** The machine at the endpoint: itself, another node that passes the call on, or a tunnel's local end. */
function dial(world: World, { endpoint, node }: Target, machine: MachineState): MachineState {
  const host = hostOfEndpoint(endpoint);
  if (host === node || host === "localhost" || host.startsWith("127.")) return machine;
  const holder = upMachines(world).find(({ machine: { facts, vmId } }) => {
    const holds = facts?.vip === host && sameSubnet(host, facts.addresses[0] ?? "0.0.0.0/32");
    return holds && isConfigured(world, vmId);
  });
  return holder?.machine ?? machineAt(world, host);
}

/** apid listens once the config is in force; on a worker it also needs its certificate from a control plane's trustd. */
function checkApid(world: World, machine: MachineState): void {
  const facts = machine.facts!;
  const refused = unreachable(machine.address, "connect: connection refused");
  if (!answersApi(world, machine.vmId)) throw refused;
  if (facts.machineType === "controlplane" || machine.certified) return;
  const trustd = upMachines(world).some(
    ({ machine: other }) =>
      other.facts?.machineType === "controlplane" &&
      other.facts.membership === facts.membership &&
      isUp(world, other.vmId) &&
      isConfigured(world, other.vmId),
  );
  if (!trustd) throw refused;
  // It keeps the certificate for as long as it runs; a day passes before it needs another.
  machine.certified = true;
}

function handshake(why: string): TalosError {
  return new TalosError(
    "Unavailable",
    `connection error: desc = "transport: authentication handshake failed: ${why}"`,
  );
}

function unknownAuthority(): TalosError {
  return handshake("tls: failed to verify certificate: x509: certificate signed by unknown authority");
}

function checkCredentials({ credentials }: Target, serverCa: string, facts: NodeFacts): void {
  if (!credentials) throw handshake("remote error: tls: certificate required");
  if (serverCa !== facts.talosCa || normal(credentials.caCertificate) !== normal(facts.talosCa)) {
    throw unknownAuthority();
  }
  if (!signedBy(credentials, facts.talosCa))
    throw handshake("remote error: tls: unknown certificate authority");
}

function signedBy({ clientCertificate, clientKey }: Credentials, ca: string): boolean {
  try {
    const certificate = new X509Certificate(pem(clientCertificate));
    const authority = new X509Certificate(pem(ca));
    // Talos labels its keys by algorithm; the content is the plain PKCS #8 form that OpenSSL reads.
    const key = createPrivateKey(pem(clientKey).replaceAll("ED25519 PRIVATE KEY", "PRIVATE KEY"));
    return certificate.verify(authority.publicKey) && certificate.checkPrivateKey(key);
  } catch {
    return false;
  }
}

function pem(base64: string): string {
  return Buffer.from(base64, "base64").toString("utf8");
}

function normal(base64: string): string {
  return pem(base64).trim();
}
