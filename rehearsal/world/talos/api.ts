/**
 * Who may speak to a node: an address, an endpoint, mutual TLS. A machine in maintenance mode takes anyone; a configured one
 * only who shows a certificate of its own authority, and proves its own by the same.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import type { MachineState } from "./state.ts";
import type { World } from "../kernel/world.ts";
import { DURATIONS } from "./durations.ts";
import { TalosError, unreachable } from "./errors.ts";
import { answersApi, isConfigured, isUp, machineAt, sameSubnet, upMachines } from "./network/addresses.ts";

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

/** A caller whose handshake is over. */
export interface Caller {
  node: string;
  /** Address of the machine that was dialled; absent for a tunnel, which ends at the node itself. */
  via?: string | undefined;
  /** The authority by which both ends have proved themselves, base64 of PEM; empty where nobody had to. */
  authority: string;
}

export interface Session {
  machine: MachineState;
  mode: "maintenance" | "running";
}

/** Connects as the provider's client does, without credentials first, or throws what a Go client would. */
export async function connect(world: World, target: Target): Promise<Session> {
  await arrive(world);
  const { node, endpoint } = target;
  const asAnybody = isInMaintenance(world, target) ? { node, endpoint } : target;
  return admit(world, { node, ...shakeHands(world, asAnybody) });
}

/** The machine of a caller who comes through a tunnel, with a certificate of that authority. */
export async function reach(world: World, node: string, authority: string): Promise<MachineState> {
  await arrive(world);
  return admit(world, { node, authority }).machine;
}

/** A call takes its time, and meets the world as it is by then. */
export async function arrive(world: World): Promise<void> {
  await world.clock.sleep(DURATIONS.call);
  await world.settle();
}

/**
 * What TLS would prove between a client and the machine that it dials. For clients in this process: those on the network have
 * a real handshake.
 */
export function shakeHands(world: World, target: Target): Pick<Caller, "via" | "authority"> {
  const { dialled, via } = endOf(world, target);
  const { credentials } = target;
  if (!dialled.facts) {
    // It has signed its certificate itself, and asks for none.
    if (credentials) throw unknownAuthority();
    return { via, authority: "" };
  }
  checkApid(world, dialled);
  const { talosCa } = dialled.facts;
  if (!credentials) throw handshake("remote error: tls: certificate required");
  if (!isSame(credentials.caCertificate, talosCa)) throw unknownAuthority();
  if (!signedBy(credentials, talosCa)) throw handshake("remote error: tls: unknown certificate authority");
  return { via, authority: talosCa };
}

/**
 * Whether this caller may speak to that node, and the machine that hears it: the one decision, whichever way the call came.
 * A machine in maintenance mode knows no others and answers for itself. apid passes calls on with a certificate of its own, by
 * which it also knows the other node.
 */
export function admit(world: World, { via, node, authority }: Caller): Session {
  const dialled = via === undefined ? undefined : dial(world, via);
  if (dialled && !dialled.facts) {
    // The connection is one from before a boot without a config.
    if (authority) throw unknownAuthority();
    return { machine: dialled, mode: "maintenance" };
  }
  const machine = machineAt(world, node);
  if (!machine.facts) {
    if (!dialled && !authority) return { machine, mode: "maintenance" };
    throw unknownAuthority(`${node} is in maintenance mode`);
  }
  checkApid(world, machine);
  if (dialled && dialled !== machine) checkApid(world, dialled);
  if (!authority) throw handshake("remote error: tls: certificate required");
  if (!isSame(authority, machine.facts.talosCa)) throw unknownAuthority();
  // Only a control plane has a certificate by which it may ask others (talos controllers/secrets/api.go: a worker's Client is nil;
  // apid/pkg/director/director.go).
  if (dialled && dialled !== machine && dialled.facts?.machineType === "worker")
    throw new TalosError("PermissionDenied", "no request forwarding");
  return { machine, mode: "running" };
}

/** Where a client's connection ends: at the machine that it dials, or through a tunnel at the node itself. */
function endOf(world: World, { endpoint, node }: Target): { dialled: MachineState; via?: string } {
  const via = endpoint.replace(/:\d+$/, "");
  const tunnel = via === "localhost" || via.startsWith("127.");
  return tunnel ? { dialled: machineAt(world, node) } : { dialled: dial(world, via), via };
}

function isInMaintenance(world: World, target: Target): boolean {
  return !endOf(world, target).dialled.facts;
}

/** The machine that answers at an address, its own or a VIP that it holds. */
export function dial(world: World, address: string): MachineState {
  const holder = upMachines(world).find(({ machine: { facts, vmId } }) => {
    const holds = facts?.vip === address && sameSubnet(address, facts.addresses[0] ?? "0.0.0.0/32");
    return holds && isConfigured(world, vmId);
  });
  return holder?.machine ?? machineAt(world, address);
}

/** apid listens once the config is in force; on a worker it also needs its certificate from a control plane's trustd. */
export function checkApid(world: World, machine: MachineState): void {
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

function unknownAuthority(why?: string): TalosError {
  const words = "tls: failed to verify certificate: x509: certificate signed by unknown authority";
  return handshake(why ? `${words} (${why})` : words);
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

function isSame(one: string, other: string): boolean {
  return pem(one).trim() === pem(other).trim();
}
