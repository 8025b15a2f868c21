/**
 * What Proxmox is asked before the first operation on it, in each run that makes or changes anything there, and in no
 * preview but one that would be refused. Every hook on such an operation passes here, and the questions are asked once for all of them. A resource of its
 * own before them would not do: one that does not change calls no hook, and the last run may have broken off after it.
 */
import type { Guest, ProxmoxClient } from "../clients/proxmox/client.ts";
import type { NodeConfig } from "../config/types.ts";
import { compareVersions } from "../config/versions.ts";
import type { MachineFacts } from "../plan/facts.ts";
import { conflicts, hiddenId, movedAway, strayed, takenId, type Fleet } from "./ids.ts";

/** The first whose datastores take a disk image as `import` content (bpg/terraform-provider-proxmox#2076). */
const OLDEST_PROXMOX = "8.4";

export class ProxmoxGate {
  readonly #config: Fleet;
  readonly #made: () => Promise<readonly MachineFacts[]>;
  readonly #connect: () => Promise<ProxmoxClient>;
  readonly #told = new Set<string>();
  #client?: Promise<ProxmoxClient>;
  #guests?: Promise<Guest[]>;

  /**
   * @param made The machines that the state has now: one that `up --refresh` has found elsewhere is known there.
   * @param connect Called once, and only when there is something to ask.
   */
  constructor(
    config: Fleet,
    made: () => Promise<readonly MachineFacts[]>,
    connect: () => Promise<ProxmoxClient>,
  ) {
    this.#config = config;
    this.#made = made;
    this.#connect = connect;
  }

  /** Before a boot image is downloaded. */
  async beforeImage(): Promise<void> {
    const [version, guests] = await Promise.all([this.#ask((client) => client.version()), this.#list()]);
    this.#refuse("The boot image", [...tooOld(version), ...conflicts(this.#config, guests)]);
  }

  /** Before a node's machine is made. */
  async beforeCreate(node: NodeConfig): Promise<void> {
    const config = this.#config;
    const guests = await this.#list();
    const alone = conflicts(config, guests, node).length === 0;
    // Its own id is asked for at this moment: the list may be older than the end of the machine that this one replaces, and
    // leaves out what the token may not audit.
    if (alone && !(await this.#ask((client) => client.isTaken(node.vmId)))) return;
    const own = takenId(config, node, guests) ?? (alone ? hiddenId(config, node) : undefined);
    this.#refuse(`"${node.name}"`, [...conflicts(config, guests), ...(own ? [own] : [])]);
  }

  /** Before it is changed. @param known Host that the state has. */
  async beforeUpdate(node: NodeConfig, known: unknown): Promise<void> {
    const guests = await this.#list();
    const own = strayed(this.#config, node, guests, known);
    this.#refuse(`"${node.name}"`, [...conflicts(this.#config, guests), ...(own ? [own] : [])]);
  }

  /** Before anything is taken from the nodes whose entries are gone: the engine deletes their machines last, where the state has them. */
  async beforeLeaving(): Promise<void> {
    const { nodes } = this.#config;
    const leaving = (await this.#made()).filter(({ name }) => nodes.every((node) => node.name !== name));
    if (leaving.length === 0) return;
    const guests = await this.#list();
    const lines = leaving.flatMap((machine) => movedAway(machine, guests) ?? []);
    this.#refuse(`"${leaving[0]!.name}"`, lines);
  }

  /** Whether the node's machine is gone from Proxmox for sure. Asked in a preview, but only in one that is refused otherwise. */
  async isGone({ vmId }: NodeConfig): Promise<boolean> {
    return this.#ask((client) => client.isTaken(vmId)).then(
      (taken) => !taken,
      () => false,
    );
  }

  #list(): Promise<Guest[]> {
    return (this.#guests ??= this.#ask((client) => client.guests()));
  }

  async #ask<T>(question: (client: ProxmoxClient) => Promise<T>): Promise<T> {
    return question(await (this.#client ??= this.#connect()));
  }

  /** Whatever comes first says it all; the others only that they were left. */
  #refuse(what: string, lines: string[]): void {
    if (lines.length === 0) return;
    const news = [...new Set(lines)].filter((line) => !this.#told.has(line));
    for (const line of news) this.#told.add(line);
    if (news.length === 0) throw new Error(`${what} was left as it is: this run is refused, as said above.`);
    throw new Error(
      [`This run is refused before it changes Proxmox:`, ...news.map((line) => `  ${line}`)].join("\n"),
    );
  }
}

/** @param version With whatever Debian puts after it, e.g. `8.4-1`. */
function tooOld(version: string): string[] {
  if (compareVersions(version, OLDEST_PROXMOX) >= 0) return [];
  return [
    `homelab:proxmox.endpoint: Proxmox VE ${version} answers there, and ${OLDEST_PROXMOX} or later is needed: older ones do not take the ` +
      "boot image, a disk image with content type `import`; upgrade the hosts of this Proxmox first",
  ];
}
