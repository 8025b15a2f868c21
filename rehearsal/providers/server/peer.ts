/**
 * Whose process is at the other end of a connection on loopback. Linux lists every TCP socket of the network namespace with
 * the user that owns it (proc_pid_net(5)); elsewhere there is no such answer without a program of the system, and none is given.
 */
import { readFileSync } from "node:fs";

/** The ends of a connection as `net.Socket` names them: `remote` is the peer's. */
export interface Ends {
  localAddress?: string | undefined;
  localPort?: number | undefined;
  remoteAddress?: string | undefined;
  remotePort?: number | undefined;
}

/** TCP_ESTABLISHED (linux, include/net/tcp_states.h). */
const ESTABLISHED = "01";

/**
 * True where the peer's socket belongs to the user that this process runs as, and where the system cannot tell (not Linux).
 * Processes of the same user are not told apart: they may read this process's memory as well as call it.
 */
export function isOurs(ends: Ends): boolean {
  const uid = process.platform === "linux" ? process.getuid?.() : undefined;
  if (uid === undefined) return true;
  return ["/proc/net/tcp", "/proc/net/tcp6"].some((table) => ownerIn(read(table), ends) === uid);
}

/**
 * The owner of the peer's socket by a table in the kernel's format (linux, net/ipv4/tcp_ipv4.c: get_tcp4_sock). Only an
 * established one counts: what is left of a closed socket is listed as root's, with no inode.
 */
export function ownerIn(table: string, ends: Ends): number | undefined {
  if (ends.localPort === undefined || ends.remotePort === undefined) return undefined;
  for (const line of table.split("\n").slice(1)) {
    const [, local = "", remote = "", state, , , , uid, , inode] = line.trim().split(/\s+/);
    if (state !== ESTABLISHED || inode === "0") continue;
    if (isEnd(local, ends.remoteAddress, ends.remotePort) && isEnd(remote, ends.localAddress, ends.localPort))
      return Number(uid);
  }
  return undefined;
}

function isEnd(listed: string, address: string | undefined, port: number): boolean {
  const [hex = "", listedPort = ""] = listed.split(":");
  const bytes =
    address
      ?.replace(/^::ffff:/i, "")
      .split(".")
      .map(Number) ?? [];
  // Four bytes as the machine's own word, which is little-endian wherever Node runs; an IPv4 one inside IPv6 comes last.
  const word = [...bytes].reverse().map((byte) => byte.toString(16).padStart(2, "0"));
  const wanted = word.join("").toUpperCase();
  const mapped = `0000000000000000FFFF0000${wanted}`;
  return bytes.length === 4 && (hex === wanted || hex === mapped) && parseInt(listedPort, 16) === port;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // IPv6 may be switched off; no table, no owner
  }
}
