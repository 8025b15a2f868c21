/** What must not have happened: a preview that acts, a destroy that leaves something behind. */
import { type Evidence, verdict } from "../check.ts";

export function nothingTouched({ world, eventsBefore }: Evidence) {
  const causes = world.state.events.slice(eventsBefore).map(({ text }) => text);
  return verdict("untouched", causes, "no host, node or cluster was asked for anything or changed");
}

/** Requests that the homelab had to refuse, and machines in each other's way: the only place where some causes show. */
export function nothingRefused({ world, eventsBefore }: Evidence) {
  const causes = world.state.events
    .slice(eventsBefore)
    .filter(({ kind }) => kind === "request-refused" || kind === "network-conflict")
    .map(({ text }) => text);
  return verdict(
    "accepted",
    [...new Set(causes)],
    "the homelab refused nothing, and no two machines are in each other's way",
  );
}

export function nothingLeft({ world }: Evidence) {
  const { hosts, vms } = world.state.proxmox;
  const causes = Object.values(vms)
    .filter((vm) => !vm.foreign)
    .map((vm) => `VM ${vm.vmId} is still on ${vm.host}`);
  for (const host of Object.values(hosts)) {
    for (const datastore of Object.values(host.datastores)) {
      for (const file of Object.values(datastore.files)) {
        if (file.image) causes.push(`${file.volumeId} is still on ${host.name}`);
      }
    }
  }
  return verdict("nothing-left", causes, "no VM, disk or image of this environment is left");
}
