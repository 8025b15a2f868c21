/**
 * The script that runs before Traefik at every start of its pod and puts a spoilt acme.json right. Traefik refuses a
 * file that others can read, and what makes it so (a restore, an fsGroup of a former deployment) survives every
 * redeploy, because the file lies on a volume.
 */

/**
 * Plain POSIX shell for busybox. A file that is no JSON object, by its first and last character, is moved aside, never
 * deleted: it may hold the account key and certificates, which the certificate authority hands out at a limited rate.
 * An empty file is one Traefik starts from, so it stays. A file that cannot be read says nothing about its content: the
 * script then fails, and the pod waits.
 *
 * @param storage Path of acme.json in the container.
 * @param uid User and group that Traefik runs as.
 */
export function acmePermissionsScript(storage: string, uid: number): string {
  return `set -eu
file=${storage}
chown ${uid}:${uid} "$(dirname "$file")"
[ -e "$file" ] || exit 0
cat "$file" > /dev/null
first=$(tr -d ' \\t\\r\\n' < "$file" | head -c 1)
last=$(tr -d ' \\t\\r\\n' < "$file" | tail -c 1)
if [ -s "$file" ] && [ "$first$last" != "{}" ]; then
  aside=$file.spoilt-$(date +%s)
  echo "$file is no JSON object; moved to $aside" >&2
  mv "$file" "$aside"
  exit 0
fi
chown ${uid}:${uid} "$file"
chmod 0600 "$file"
`;
}
