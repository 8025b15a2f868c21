/** The interpreter against this machine's own /bin/sh: what a script does that touches no file is the same in both. */
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { run } from "./sandbox-support.ts";

const SCRIPTS = [
  "echo a   b 'c  d' \"e  f\"",
  'x="a  b"; echo $x "$x"; f() { echo $# "$1" "$3"; }; f $x c',
  'f() { echo "[$1]" "[$2]"; }; f "a b" c; f; f ""; f "" ""',
  'IFS=:; x="a:b::c:"; for i in $x; do echo "[$i]"; done',
  'x=" a  b "; for i in $x; do echo "[$i]"; done; IFS=" :"; y="a : b:c"; for i in $y; do echo "($i)"; done',
  'IFS=\'"\'; for i in $(printf \'%s\' \'{"a": "", "b": "c"}\'); do echo "[$i]"; done; unset IFS; x=\'a b\'; echo $x',
  'echo ${x:-none} "${x:-a  b}" ${x:-"c  d"}; x=; echo ${x:-empty}; x=y; echo ${x:-z}$y',
  "x=a.b.c/d.e; echo ${x%.*} ${x%%.*} ${x#*.} ${x##*.} ${x%/*} ${x##*/}",
  'x="*"; case "a*" in a$x) echo glob;; esac; case ab in a"$x") echo no;; a[!c]) echo set;; esac; echo ${x#"*"}.',
  "case abc in a|b) echo 1;; [!x]*) echo set;; esac; case x in y) echo;; esac; echo $?",
  "case ' ' in *[![:space:]]*) echo no;; *[[:space:]]*) echo space;; esac",
  "b='[][{}]'; for i in '[' ']' '{' '}' x ']y'; do case $i in $b) echo in;; $b*) echo begins;; *) echo out;; esac; done",
  'case "}" in "}") echo brace;; esac; case \'{"data": 1}\' in *\'"data"\'*) echo found;; esac',
  "f() { x=1; echo $x $1 $#; return 3; }; x=0; f a b; echo $? $x",
  "f() { echo $(g 1); }; g() { echo in $1; }; f",
  "n=0; while [ $n -lt 5 ]; do n=$((n + 1)); [ $n -eq 2 ] && continue; [ $n -eq 4 ] && break; echo $n; done",
  "for i in 1 2; do for j in 1 2; do [ $j = 2 ] && continue; echo $i$j; done; done; until [ ${k:-0} -ge 2 ]; do k=$((k + 1)); done; echo $k",
  "echo $((1 + 2)) $((7 - 9)) $((7 - 2)) $((9223372036854775807 + 1)) $((1 - 2 - 3))",
  "a=5; b=3; echo $((a - b)) $(( $a + ${b} )) $((${c:-0} + 1)) $((a + $((b + 1))))",
  "printf '%s-%s|' a 'b  c'; printf '%s' ''; printf 'plain\\n'",
  "set -e; false || echo or; if false; then :; fi; ! true; false && true; echo still; false; echo never",
  "set -e; f() { false; echo in; }; f || echo caught; f; echo never",
  "set -e; x=$(false); echo never",
  "x=$(exit 4); echo $?; x=1; echo $?; y=$(true) z=$(false); echo $?",
  'set -u; echo "${x:-fine}"; x=; echo "[$x]"',
  "{ false; }; echo $?; ! false; echo $?; true | false; echo $?; false | true; echo $?; ! true | false; echo $?",
  "x=1; { x=3; }; echo $x; echo 4 | x=5; echo $x; y=$(x=5; echo $x); echo $x $y",
  'echo out; echo err >&2; { echo both; echo two >&2; } | sort; x=$(echo lost >&2); echo "[$x]"',
  "f() { echo one; echo two >&2; }; f >&2 | sort; f | cat",
  '[ a = a ]; echo $?; [ 1 -gt 2 ]; echo $?; [ -z "" ] && [ -n x ] && [ ! -e /nope ]; echo $?; [ "" ]; echo $?; [ x ]; echo $?; test 3 -le 3; echo $?; [ a != b ]; echo $?',
  "[ -n ]; echo $?; [ ! ]; echo $?; [ ! '' ]; echo $?; [ ! a = b ]; echo $?; [ = = = ]; echo $?; [ -d / ]; echo $?",
  "printf '%s|%s|' a\\ b \\$x; echo a\\\nb; echo 'x'\"y\"z",
  'x=\'a b\'; y=$x; echo "$y"; z="$x"c\'d\'; echo "$z"; echo ${x}c; echo "${x}"\'$x\'; echo "a\\"b \\$x \\\\"',
  "set -f; echo *; set +f",
  "sleep 0; : x y; echo $?",
  "f() { [ $1 -le 0 ] && return; echo $1; f $(($1 - 1)); }; f 3",
  "if false; then echo 1; elif true; then echo 2; else echo 3; fi; if ! false; then echo neg; fi; if [ a = b ]; then :; fi; echo $?",
  'echo `echo a`; echo $(echo $(echo "$(echo deep)")); x=$(printf \'a\\n\\n\'); echo "[$x]"',
  "a() { return 1; }; a && echo yes || echo no; true && false || echo three; false || false && echo no; echo $?",
  "exit 300",
  "exit",
  "false; exit",
  "return 3",
  "f() { exit 6; }; f; echo never",
  "x=$(exit 5; echo never) || echo $?",
  // The commands themselves.
  "printf 'b\\na\\nc\\na\\n' | sort | uniq -c | tr -s ' '",
  "printf 'one two\\nthree four\\n' | cut -d ' ' -f 2; printf 'a:b:c\\n' | cut -d: -f1; printf 'nodelim\\n' | cut -d: -f2; printf 'a b\\n' | cut -d ' ' -f 3",
  "printf 'a\\nb\\nc\\n' | tail -n 1; printf 'a\\nb\\nc\\n' | tail -n 2; printf 'a\\n' | tail -n 5",
  "echo aabbcc | tr -s ab; echo 'a   b  c' | tr -s ' '; printf 'x' | cat",
  "printf 'ab12cd34\\nx\\n5\\n' | grep -Eo '[0-9]+'; echo a | grep -Eo x; echo $?",
  'printf \'{"robustness":"degraded"},{"robustness":"healthy"}\\n\' | grep -Eo \'"robustness":"(degraded|faulted)"\' | sort | uniq -c | tr -s " "',
  'printf \'{"scheduledReplica":{}},{"scheduledReplica":{"a":1}}\\n\' | grep -Eo \'"scheduledReplica":\\{[^}]+\\}\'',
];

test.each(SCRIPTS)("%s", async (script) => {
  const { status, stdout } = spawnSync("/bin/sh", ["-c", `exec 2>&1\n${script}`], {
    encoding: "utf8",
    cwd: tmpdir(),
    env: { PATH: "/usr/bin:/bin", LC_ALL: "C" },
    timeout: 10_000,
  });
  const ours = await run(script);
  expect({ code: ours.code, output: ours.output }).toEqual({ code: status, output: stdout.trim() });
});

test.each([
  ["[ 1 -eq x ]; echo $?", 0, "sh: Illegal number: x\n2"],
  ['set -eu; echo "$x"; echo never', 2, "sh: x: parameter not set"],
])("a mistake in busybox's words: %s", async (script, code, output) => {
  expect(await run(script)).toMatchObject({ code, output });
});

test.each([
  "if",
  "for in; do",
  "echo 'open",
  "fi",
  "a | | b",
  "&& x",
  "( a",
  "echo (x)",
  "echo ${x",
  "case x in",
])("no script: %s", async (script) => {
  expect(await run(script)).toMatchObject({
    code: 2,
    output: expect.stringContaining("sh: syntax error: ") as string,
  });
});

test("letters beyond ASCII come through", async () => {
  expect((await run("x='grün €'; echo \"$x\" ${x%€}")).output).toBe("grün € grün");
});

/** Whatever the answer of the real thing would be, nothing takes one from here. */
test.each([
  // What only other shells have.
  ...["[[ a = a ]]", "((1))", "a=(1 2)", "cat <<< x", "cat <(ls)", "echo ${x/a/b}", "echo ${x:1:2}"],
  ...["a |& b", "a &> b", "x+=1", "time ls", "echo $'a'", "echo {1..3}", "select x in a; do :; done"],
  // What POSIX sh has, and no script here uses.
  ...["(exit 3)", "sleep 1 &", "x=1 true", "exec true", "eval true", ". /data/x", "trap : EXIT", "read x"],
  ...["export x=1", "readonly x", "local x", "shift", "cd /data", "umask 077", "command -v cat", "wait"],
  ...[
    'echo "$@"',
    "echo $*",
    "echo $$",
    "echo $!",
    "echo ${#x}",
    "echo ${x-a}",
    "echo ${x:=a}",
    "echo ${x:+a}",
  ],
  ...[
    "echo $((2 * 3))",
    "echo $((-7))",
    "echo $((010))",
    "echo $((x = 1))",
    "echo ~",
    "for i; do :; done",
    "break 2",
  ],
  ...["echo x > /data/x", "echo x >> /data/x", "cat < /data/x", "echo x 2>&1", "echo x >&3", "cat <<E\nx\nE"],
  ...[
    "{ echo x; } >&2",
    "set -o pipefail",
    "set -x",
    "echo -n x",
    "printf %d 1",
    "[ a = b -o c = c ]",
    "[ -x /data ]",
  ],
  ...["case x in [a-z]) ;; esac", "case x in [[:alpha:]]) ;; esac", "case x in x) : ;& esac", "echo /*/x"],
  // Commands, and options of those that are here.
  ...["awk 1", "sed s/a/b/", "rm /data", "cp a b", "ls", "/bin/cat /data/x", "sh -c true", "busybox true"],
  ...[
    "chmod u=rw /data",
    "chmod -R 600 /data",
    "chown root /data",
    "chown -R 0:0 /data",
    "mv /data/x /data/y /tmp",
  ],
  ...[
    "stat /data",
    "stat -c %F /data",
    "df /data",
    "df -h /data",
    "tail -c 1",
    "tail -n +2",
    "tr -d a",
    "tr a b",
  ],
  ...["cut -c 1", "cut -d ' ' -f 1,2", "sort -n", "uniq", "grep x", "grep -q x", "grep -Eo '[[:digit:]]'"],
  ...[
    "grep -Eo '\\w'",
    "date",
    "date +%F",
    "sleep 1m",
    "wget http://x/",
    "wget -q --spider http://x/",
    "cat -n x",
  ],
])("what is not known ends the script, whatever it makes of a failure: %s", async (script) => {
  expect(await run(`if ! ${script}\nthen :; fi; echo on`)).toMatchObject({
    code: 127,
    output: expect.stringMatching(/^sh: the rehearsal does not know `.*`$/s) as string,
  });
});
