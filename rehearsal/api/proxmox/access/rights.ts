/** Who may do what where, as data: what /etc/pve/user.cfg holds, and how it is read [pve-access-control: AccessControl.pm, roles]. */

export interface AclEntry {
  /** `/`, `/vms`, `/storage/local` ... */
  path: string;
  /** A user, `pulumi@pve`, or one of its tokens, `pulumi@pve!homelab`. */
  subject: string;
  role: string;
  /** Whether it holds below the path as well. */
  propagate: boolean;
}

export interface Access {
  /** Privileges by role. */
  roles: Readonly<Record<string, readonly string[]>>;
  /** Tokens by their full name. One with privilege separation has its own rights, as far as its user has them too. */
  tokens: Readonly<Record<string, { privilegeSeparation: boolean }>>;
  acl: readonly AclEntry[];
}

/** The privileges of a user or a token on a path; none for a token that does not exist. */
export function privilegesAt(access: Access, subject: string, path: string): Set<string> {
  const [user = ""] = subject.split("!");
  if (user === subject) return privilegesOf(access, rolesAt(access, subject, path));
  const token = Object.hasOwn(access.tokens, subject) ? access.tokens[subject] : undefined;
  if (!token) return new Set();
  const ofUser = privilegesAt(access, user, path);
  if (!token.privilegeSeparation) return ofUser;
  const own = privilegesOf(access, rolesAt(access, subject, path));
  return new Set([...own].filter((privilege) => ofUser.has(privilege)));
}

/** What is said nearest to the path replaces what is said above it; NoAccess leaves nothing of it. */
function rolesAt({ acl }: Access, subject: string, path: string): string[] {
  const parts = path.split("/").filter(Boolean);
  let roles: string[] = [];
  for (let depth = 0; depth <= parts.length; depth++) {
    const at = `/${parts.slice(0, depth).join("/")}`;
    const here = acl.filter(
      (entry) =>
        entry.path === at && entry.subject === subject && (entry.propagate || depth === parts.length),
    );
    if (here.length > 0) roles = here.map(({ role }) => role);
  }
  return roles.includes("NoAccess") ? [] : roles;
}

function privilegesOf({ roles }: Access, names: string[]): Set<string> {
  return new Set(names.flatMap((name) => (Object.hasOwn(roles, name) ? roles[name]! : [])));
}
