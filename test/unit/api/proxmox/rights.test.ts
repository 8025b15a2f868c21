import { describe, expect, test } from "vitest";
import { all, any, Caller, either, perm } from "../../../../rehearsal/api/proxmox/access/permission.ts";
import { privilegesAt, type Access, type AclEntry } from "../../../../rehearsal/api/proxmox/access/rights.ts";

const entry = (path: string, role: string, more: Partial<AclEntry> = {}): AclEntry => ({
  path,
  role,
  subject: "ann@pve",
  propagate: true,
  ...more,
});

function access(acl: AclEntry[], privilegeSeparation = false): Access {
  return {
    roles: { Look: ["VM.Audit"], Run: ["VM.PowerMgmt"], Both: ["VM.Audit", "VM.PowerMgmt"], NoAccess: [] },
    tokens: { "ann@pve!t": { privilegeSeparation } },
    acl,
  };
}

const at = (acl: AclEntry[], path: string, subject = "ann@pve", separate = false) =>
  [...privilegesAt(access(acl, separate), subject, path)].sort();

describe("privileges on a path", () => {
  test("come from above, unless the entry says only here", () => {
    expect(at([entry("/vms", "Look")], "/vms/100")).toEqual(["VM.Audit"]);
    expect(at([entry("/", "Look")], "/vms/100")).toEqual(["VM.Audit"]);
    expect(at([entry("/", "Look", { propagate: false })], "/vms/100")).toEqual([]);
    expect(at([entry("/", "Look", { propagate: false })], "/")).toEqual(["VM.Audit"]);
    expect(at([entry("/vms/100", "Look")], "/vms/101")).toEqual([]);
    expect(at([entry("/vms", "Look")], "/")).toEqual([]);
  });

  test("are those of the nearest entry alone, and of all its roles", () => {
    expect(at([entry("/", "Both"), entry("/vms", "Look")], "/vms/100")).toEqual(["VM.Audit"]);
    expect(at([entry("/", "Look"), entry("/vms", "Run", { propagate: false })], "/vms/100")).toEqual([
      "VM.Audit",
    ]);
    expect(at([entry("/vms", "Look"), entry("/vms", "Run")], "/vms/100")).toEqual([
      "VM.Audit",
      "VM.PowerMgmt",
    ]);
    expect(at([entry("/", "Both"), entry("/vms", "NoAccess")], "/vms/100")).toEqual([]);
  });

  test("of a token are its user's, or with privilege separation what both have", () => {
    const acl = [entry("/", "Look"), entry("/vms", "Both", { subject: "ann@pve!t" })];
    expect(at(acl, "/vms/100", "ann@pve!t")).toEqual(["VM.Audit"]);
    expect(at(acl, "/vms/100", "ann@pve!t", true)).toEqual(["VM.Audit"]);
    expect(at([entry("/", "Both")], "/vms/100", "ann@pve!t", true)).toEqual([]);
    expect(at(acl, "/vms/100", "ann@pve!other")).toEqual([]);
    expect(at(acl, "/vms/100", "bob@pve")).toEqual([]);
  });
});

describe("a permission that is missing is told in Proxmox's words", () => {
  const caller = new Caller(access([entry("/vms", "Look")]), "ann@pve!t");
  const said = (act: () => void): string => {
    try {
      act();
    } catch (error) {
      return (error as Error).message;
    }
    return "";
  };
  const parameters = { vmid: "101" };
  const run = perm("/vms/{vmid}", "VM.Audit", "VM.PowerMgmt");
  const look = perm("/vms/{vmid}", "VM.Audit");

  test.each([
    ["one of two", run, "Permission check failed (/vms/101, VM.PowerMgmt)"],
    ["any", any("/vms/{vmid}", "VM.A", "VM.B"), "Permission check failed (/vms/101, VM.A|VM.B)"],
    ["any that is there", any("/vms/{vmid}", "VM.A", "VM.Audit"), ""],
    ["and", all(look, run), "Permission check failed (/vms/101, VM.PowerMgmt)"],
    ["or", either(run, run), "Permission check failed"],
    ["or that is open", either(run, look), ""],
  ])("%s", (_, check, words) => {
    expect(said(() => caller.demandPermission(check, parameters))).toBe(words);
  });
});
