/** The interpreter against this machine's own /bin/sh: what a script does that touches no file is the same in both. */
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { run } from "./sandbox-support.ts";

const SCRIPTS = [
  "echo a   b 'c  d' \"e  f\"",
  'x="a  b"; echo $x "$x"; set -- $x c; echo $# "$1" "$3"',
  'set -- "a b" c; for i in "$@"; do echo "[$i]"; done; for i in $*; do echo "<$i>"; done; echo "$*"; for i; do echo "$i"; done',
  'set --; echo "$#" "$@" "x$@y"; set -- ""; echo $# "[$1]"',
  'IFS=:; x="a:b::c:"; for i in $x; do echo "[$i]"; done; set -- a b; echo "$*"',
  'x=" a  b "; for i in $x; do echo "[$i]"; done; IFS=" :"; y="a : b:c"; for i in $y; do echo "($i)"; done',
  'echo ${x:-none} ${x-none} ${x:+some} ${x+some} "${x:-a  b}" ${x:-c  d}; x=; echo ${x-unset} ${x:-empty} ${x+set}; echo ${y:=z}$y',
  "x=a.b.c/d.e; echo ${x%.*} ${x%%.*} ${x#*.} ${x##*.} ${x%/*} ${x##*/} ${#x}",
  'x="*"; case "a*" in a$x) echo glob;; esac; case ab in a"$x") echo no;; a[!c]) echo set;; esac; echo ${x#"*"}.',
  "case abc in a|b) echo 1;; [[:alpha:]]*) echo class;; esac; case x in y) echo;; esac; echo $?",
  'case "}" in "}") echo brace;; esac; case \'{"data": 1}\' in *\'"data"\'*) echo found;; esac',
  "f() { local x=1; echo $x $1 $#; return 3; }; x=0; f a b; echo $? $x",
  "f() { echo $(g 1); }; g() { echo in $1; }; f; unset -f g; f 2>/dev/null; echo $?",
  "n=0; while [ $n -lt 5 ]; do n=$((n + 1)); [ $n -eq 2 ] && continue; [ $n -eq 4 ] && break; echo $n; done",
  "for i in 1 2; do for j in 1 2; do [ $j = 2 ] && continue 2; echo $i$j; done; done; until [ ${k:-0} -ge 2 ]; do k=$((k + 1)); done; echo $k",
  "echo $((1 + 2 * 3)) $((7 / 2)) $((-7 / 2)) $((7 % 3)) $((1 << 4)) $((5 > 3)) $((0x1f)) $((010)) $((1 ? 2 : 3)) $((!0)) $((~5))",
  "a=5; b=3; echo $((a - b)) $(( $a * ${b} )) $((a += 2)) $a $(( (a + 1) * 2 )) $((a == 7 && b != 3)) $((9223372036854775807 + 1))",
  'printf "%s-%d-%5s|%-5s|%05d|%x\\n" a 7 b c 42 255; printf "%s\\n" 1 2 3; printf "a\\tb\\n%%%c\\n" xyz; printf "[%s]" ""; printf "%b" "a\\nb\\n"',
  "cat <<END\n$((1 + 1)) ${x:-y} \\$z `echo sub` $(echo \"q\")\n'single' \"double\"\nEND\ncat <<'END'\n$x `no`\nEND",
  'cat <<-END\n\ta\n\t\tb\n\tEND\nread a b <<E\nx y z\nE\necho "$a|$b"',
  'printf "a b c\\n d  e \\nlast" | while read -r x y; do echo "[$x][$y]"; done; printf "x\\\\\\ny\\n" | { read l; echo "$l"; }',
  'printf "a:b:c\\n" | { IFS=: read x y; echo "$x|$y"; }; printf "k=v=w\\n" | { IFS== read -r k v; echo "$k|$v"; }',
  "set -e; false || echo or; if false; then :; fi; ! true; false && true; echo still; (exit 3) || echo $?; false; echo never",
  "set -e; f() { false; echo in; }; f || echo caught; f; echo never",
  "set -e; x=$(false); echo never",
  'set -eu; echo "${x:-fine}"; echo $x; echo never',
  "set -u; (echo $nope) 2>/dev/null; echo $?; echo ${#nope} 2>/dev/null; echo never",
  "(exit 3); echo $?; { false; }; echo $?; ! false; echo $?; true | false; echo $?; false | true; echo $?",
  "x=1; (x=2; echo $x); echo $x; { x=3; }; echo $x; echo 4 | read x; echo $x; y=$(x=5; echo $x); echo $x $y",
  'trap "echo bye $?" EXIT; echo hi; exit 4',
  "trap 'echo one' EXIT; (trap 'echo two' EXIT; echo in); trap - EXIT; echo end",
  "trap 'echo status $?; exit 9' EXIT; false",
  "echo out; echo err >&2; { echo both; echo two >&2; } 2>&1 | sort; echo x 2>&1 >/dev/null; echo y >&2 2>/dev/null",
  "exec 3>&1; echo three >&3; exec 3>&-; (echo no >&3) 2>/dev/null || echo closed",
  "eval 'x=\"a b\"; echo $x'; eval echo '$x' '\\$x'; cmd='echo hi'; $cmd; $nothing; echo $?",
  "x=1 eval 'echo $x'; x=2 sh -c 'echo $x $0 $1' name arg; echo ${x:-gone}; export y=3; sh -c 'echo $y'; unset y; sh -c 'echo ${y:-none}'",
  "nonexistent 2>/dev/null; echo $?; command -v nonexistent; echo $?; command -v cd; type cd >/dev/null; echo $?",
  '[ a = a ]; echo $?; [ 1 -gt 2 ]; echo $?; [ -z "" ] && [ -n x ] && [ ! -e /nope ]; echo $?; [ "" ]; echo $?; [ x ]; echo $?; [ a = b -o c = c ]; echo $?; test 3 -le 3; echo $?',
  "[ 1 -eq x ] 2>/dev/null; echo $?; [ a = ] 2>/dev/null; echo $?; [ '(' = '(' ]; echo $?; [ -n ]; echo $?; [ ! ]; echo $?; [ ! '' ]; echo $?",
  "umask 027; umask; (umask 077; umask); umask; umask u=rwx,go=; umask",
  "cd /; pwd; cd /nowhere 2>/dev/null || echo no; pwd; echo ~root >/dev/null; HOME=/x; echo ~ ~/a '~'",
  'printf "%s|" a\\ b \\$x "\\$x \\\\ \\a \\"" \'a\\b\'; echo a\\\nb; echo {a,b} a{1..3}; echo \'x\'"y"z',
  'x=\'a b\'; y=$x; echo "$y"; z="$x"c\'d\'; echo "$z"; echo ${x}c; echo "${x}"\'$x\'',
  "shift 2>/dev/null; set -- a b c d; shift 2; echo $1 $#; set -f; echo *; set +f; echo $-x | tr -d a-z",
  "sleep 0 & wait; echo done $?; (exit 5) & wait $!; echo $?; { echo bg; } & wait",
  "f() { [ $1 -le 0 ] && return; echo $1; f $(($1 - 1)); }; f 3; readonly r=1; (r=2) 2>/dev/null; echo $? $r",
  ": ${x:=default}; echo $x; : > /dev/null; while read l; do :; done < /dev/null; echo $?",
  "if false; then echo 1; elif true; then echo 2; else echo 3; fi; if ! false; then echo neg; fi; if (exit 1); then :; fi; echo $?",
  'echo `echo a \\`echo b\\``; echo $(echo $(echo "$(echo deep)")); x=$(printf \'a\\n\\n\'); echo "[$x]"',
  "a() { return 1; }; a && echo yes || echo no; true && false || echo three; false || false && echo no; echo $?",
  "exit 300",
  "exit",
  "false; exit",
  "return 3",
  "f() { exit 6; }; f; echo never",
  "sh -c 'exit 7'; echo $?",
  // The commands themselves.
  "printf 'b 2\\na 10\\nc 1\\na 10\\n' > /dev/null; printf 'b\\na\\nc\\na\\n' | sort | uniq -c | tr -s ' '; printf '10\\n9\\n' | sort -n; printf 'b\\na\\nb\\n' | sort -ru",
  "printf 'one two\\nthree four\\n' | cut -d ' ' -f 2; printf 'abcdef\\n' | cut -c 2-4; printf 'a:b:c\\n' | cut -d: -f1,3; printf 'nodelim\\n' | cut -d: -f2",
  "printf 'a\\nb\\nc\\n' | head -n 2; printf 'a\\nb\\nc\\n' | tail -n 1; printf 'a\\nb\\nc\\n' | tail -n +2; printf abc | head -c 2; printf abc | tail -c 1; printf 'a\\nb' | head -1",
  "printf ' \\t{ }\\r\\n' | tr -d ' \\t\\r\\n'; echo hello | tr a-y b-z; echo aabbcc | tr -s ab; echo Abc | tr '[:upper:]' '[:lower:]'; echo abc | tr -cd 'ac\\n'",
  "printf 'x=1\\ny=2\\nz\\n' | grep -c =; printf 'aXb\\ncd\\n' | grep -i x; printf 'a\\nb\\n' | grep -v a; echo abc | grep -q z; echo $?; printf 'ab12cd\\n' | grep -Eo '[0-9]+'; echo a.b | grep -F a.b; echo axb | grep -F a.b; echo $?",
  'printf \'{"robustness":"degraded"},{"robustness":"healthy"}\\n\' | grep -Eo \'"robustness":"(degraded|faulted)"\' | sort | uniq -c | tr -s " "',
  "printf 'a[1]\\n' | grep 'a\\[1\\]'; printf 'aab\\n' | grep -o 'a\\{2\\}'; printf 'foo bar\\n' | grep -w bar; printf '*x\\n' | grep '^*x'; printf 'a]b\\n' | grep -E 'a[]]b'",
  "echo hello world | sed 's/o/0/g; s/w\\(.*\\)d/[\\1]/'; printf 'a\\nb\\nc\\n' | sed -n '2p'; printf 'a\\nb\\nc\\n' | sed '1d;$d'; printf 'a\\nb\\n' | sed '/a/!s/b/&&/'; echo /x/y | sed 's|/x|/z|'; printf 'a\\nb\\nc\\nd\\n' | sed '2,3d'; echo aaa | sed -E 's/(a)(a)/\\2-\\1/2; s/a/b/2'",
  "basename /a/b.txt .txt; basename /a/b/; dirname /a/b; dirname b; dirname /; seq 3; seq 2 4; echo 'a b' | xargs -n 1 echo x; printf 'l1\\n' | xargs -I @ echo '[@]'",
  "printf 'a b\\nc\\n' | wc -l | tr -d ' '; printf 'a b\\nc\\n' | wc -w | tr -d ' '; printf abc | wc -c | tr -d ' '; printf 'x' | cat - | cat; echo tee | tee /dev/null; env -i A=1 sh -c 'echo $A'; printf x | sha256sum; printf hi | base64",
];

test.each(SCRIPTS)("%s", async (script) => {
  const { status, stdout } = spawnSync("/bin/sh", ["-c", script], {
    encoding: "utf8",
    cwd: tmpdir(),
    env: { PATH: "/usr/bin:/bin", LC_ALL: "C" },
    timeout: 10_000,
  });
  // Standard error has the words of each shell.
  const ours = await run(`cd /tmp; exec 2> /dev/null; ${script}`);
  expect({ code: ours.code, output: ours.output }).toEqual({ code: status, output: stdout.trimEnd() });
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

test.each([
  "[[ a = a ]]",
  "((1))",
  "a=(1 2)",
  "cat <<< x",
  "cat <(ls)",
  "echo ${x/a/b}",
  "echo ${x:1:2}",
  "a |& b",
  "a &> b",
  "x+=1",
  "time ls",
])("what only other shells have is refused: %s", async (script) => {
  expect(await run(script)).toMatchObject({
    code: 2,
    output: expect.stringContaining("is not part of POSIX sh") as string,
  });
});

test("letters beyond ASCII come through, and are bytes to who counts", async () => {
  expect((await run('x=\'grün €\'; echo "$x" ${#x}; printf %s "$x" | wc -c')).output).toBe("grün € 9\n9");
});
