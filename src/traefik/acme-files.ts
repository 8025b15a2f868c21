/**
 * The script that runs before Traefik at every start of its pod and puts its ACME files right. Traefik refuses a file that
 * others can read or that is no JSON, and what makes it so (a restore, an fsGroup of a former deployment, a full disk, a power
 * cut) survives every redeploy, because the file lies on a volume.
 */
import { acmeStorage, DATA_PATH, FORMER_STORAGE, storageByHost } from "./acme-storage.ts";

/**
 * Sets `whole` to `yes` when text $1 is one JSON object with every bracket and every string closed, which a file that
 * was cut off never is, and `owner` to the URI of resolver $2's account, as Traefik writes it (`Account.Registration.uri`). The
 * text is taken apart at its quotes, in the shell itself: the image has no JSON tool.
 */
const JUDGE = `judge() {
  whole=yes owner= stack= inside=no text= key= at= closed=no
  brackets='[][{}]' slash='\\'
  before=\${1%%"{"*} after=\${1##*"}"}
  case "$before$after" in *[![:space:]]*) whole=no; return 0 ;; esac
  set -f
  IFS='"'
  for part in $1; do
    if [ "$inside" = yes ]; then
      text=$text$part
      odd=no
      while :; do
        case "$part" in *"$slash") part=\${part%"$slash"} ;; *) break ;; esac
        if [ "$odd" = no ]; then odd=yes; else odd=no; fi
      done
      if [ "$odd" = yes ]; then text=$text'"'; else inside=no; fi
      continue
    fi
    case "$part" in
      *:*)
        key=$text
        if [ "$stack" = "{" ]; then at=$text; fi
        ;;
      *)
        if [ "$stack" = "{{{{" ] && [ "$key" = uri ] && [ "$at" = "$2" ]; then owner=$text; fi
        ;;
    esac
    while :; do
      case "$part" in *$brackets*) ;; *) break ;; esac
      part=\${part#"\${part%%$brackets*}"}
      bracket=\${part%"\${part#?}"}
      part=\${part#?}
      case "$bracket$stack" in
        "{"* | "["*)
          if [ "$closed" = yes ]; then whole=no; fi
          stack=$bracket$stack
          ;;
        "}{"* | "]["*) stack=\${stack#?} ;;
        *) whole=no ;;
      esac
      if [ -z "$stack" ]; then closed=yes; fi
    done
    text=
    inside=yes
  done
  unset IFS
  set +f
  # The last piece is what follows the last quote, so it lies outside.
  if [ "$closed" = no ] || [ -n "$stack" ] || [ "$inside" = no ]; then whole=no; fi
}`;

export interface AcmeFiles {
  /** URL of the ACME directory in use. */
  directory: string;
  /** Name of the certificate resolver, under which Traefik keeps its account. */
  resolver: string;
  /** User and group that Traefik runs as. */
  uid: number;
  /** Where the volume is. Default: where Traefik has it. */
  folder?: string;
}

/**
 * Plain POSIX shell. Nothing is ever deleted or overwritten: an ACME file holds account keys and certificates, which the
 * authority hands out at a limited rate. The file of former releases goes to the authority that its account's URI names. A
 * file in use that is not whole is moved aside; an empty one is one that Traefik starts from, so it stays. A file that cannot be
 * read says nothing about its content: the script then fails, and the pod waits. Every ACME file becomes Traefik's own, 0600.
 */
export function acmeFilesScript({ directory, resolver, uid, folder = DATA_PATH }: AcmeFiles): string {
  const placed = (path: string) => path.replace(DATA_PATH, folder);
  const authorities = Object.entries(storageByHost(directory))
    .map(([host, path]) => `    https://${host}/* | https://${host}:*) target=${placed(path)} ;;`)
    .join("\n");
  return `set -eu
folder=${folder}
file=${placed(acmeStorage(directory))}
former=${placed(FORMER_STORAGE)}
${JUDGE}
chown ${uid}:${uid} "$folder"
if [ -s "$former" ]; then
  content=$(cat "$former")
  judge "$content" ${resolver}
  target=
  case "$owner" in
${authorities}
  esac
  if [ "$whole" = no ]; then
    echo "$former is no whole JSON object; left as it is, and not used" >&2
  elif [ -z "$target" ]; then
    echo "$former belongs to no authority that is known here; left as it is, and not used" >&2
  elif [ -e "$target" ]; then
    echo "$target is there already; $former is left as it is, and not used" >&2
  else
    mv "$former" "$target"
    echo "$former holds the account at $owner; moved to $target"
  fi
fi
if [ -e "$file" ]; then
  content=$(cat "$file")
  judge "$content" ${resolver}
  if [ -s "$file" ] && [ "$whole" = no ]; then
    aside=$file.spoilt-$(date +%s)
    while [ -e "$aside" ]; do aside=$aside+; done
    echo "$file is no whole JSON object; moved to $aside" >&2
    mv "$file" "$aside"
  fi
fi
for each in "$folder"/acme*.json; do
  [ -f "$each" ] || continue
  chown ${uid}:${uid} "$each"
  chmod 0600 "$each"
done
`;
}
