import { parseJqDefinitions } from './jq-parser.ts'
import { define } from './jq-scope.ts'
import type { Scope } from './jq-scope.ts'

/** What jq has that can be said in jq. Later definitions see earlier ones. */
const DEFINITIONS = `
def values: select(. != null);
def nulls: select(. == null);
def booleans: select(type == "boolean");
def numbers: select(type == "number");
def strings: select(type == "string");
def arrays: select(type == "array");
def objects: select(type == "object");
def iterables: select(type | . == "array" or . == "object");
def scalars: select(type | . != "array" and . != "object");
def map(f): [.[] | f];
def map_values(f): .[] |= f;
def recurse(f): def r: ., (f | r); r;
def recurse(f; cond): def r: ., (f | select(cond) | r); r;
def recurse_down: recurse;
def to_entries: [keys_unsorted[] as $k | {key: $k, value: .[$k]}];
def from_entries: reduce .[] as $x ({};
  . + {($x | if .key == null then (.k // .name // .Name // .K // .Key // null) else .key end
    | if type == "string" then . else tojson end):
    ($x | if has("value") then .value elif has("v") then .v else .Value end)});
def with_entries(f): to_entries | map(f) | from_entries;
def del(f): delpaths([path(f)]);
def paths: path(..) | select(length > 0);
def paths(node_filter): . as $dot | paths | select(. as $p | $dot | getpath($p) | node_filter);
def leaf_paths: paths(scalars);
def pick(f): . as $top | reduce path(f) as $p (null; setpath($p; $top | getpath($p)));
def toarray: if type == "array" then . else [.] end;
def any: reduce .[] as $x (false; . or $x);
def all: reduce .[] as $x (true; . and $x);
def any(g; cond): isempty(first(g | cond | select(.))) | not;
def any(cond): any(.[]; cond);
def all(g; cond): isempty(first(g | cond | select(. | not)));
def all(cond): all(.[]; cond);
def in(xs): . as $x | xs | has($x);
def inside(xs): . as $x | xs | contains($x);
def combinations: if length == 0 then [] else .[0][] as $x | (.[1:] | combinations) as $w
  | [$x] + $w end;
def combinations(n): . as $dot | [range(n)] | map($dot) | combinations;
def walk(f): def w: if type == "object" then map_values(w) elif type == "array" then map(w)
  else . end | f; w;
def first: .[0];
def last: .[-1];
def nth($n): .[$n];
def nth($n; f): if $n < 0 then error("Out of bounds negative array index")
  else last(limit($n + 1; f)) end;
def sort_by(f): _sort_by(map([f]));
def group_by(f): _group_by(map([f]));
def unique_by(f): [group_by(f)[] | .[0]];
def unique: unique_by(.);
def min_by(f): _min_by(map([f]));
def max_by(f): _max_by(map([f]));
def min: min_by(.);
def max: max_by(.);
def todate: strftime("%Y-%m-%dT%H:%M:%SZ");
def fromdateiso8601: strptime("%Y-%m-%dT%H:%M:%SZ") | mktime;
def todateiso8601: strftime("%Y-%m-%dT%H:%M:%SZ");
def fromdate: fromdateiso8601;
def date: todate;
def dateadd(u; n): . + n;
def datesub(u; n): . - n;
def match(re; mods): _match(re; mods) | .[];
def match(re): match(re; null);
def test(re): test(re; null);
def capture(re): capture(re; null);
def capture(re; mods): match(re; mods) | [.captures | .[] | select(.name != null)
  | {key: .name, value: .string}] | from_entries;
def scan(re): scan(re; null);
def scan(re; mods): match(re; "g" + mods)
  | if (.captures | length) > 0 then [.captures[].string] else .string end;
def split($re; mods): . as $s | [foreach ((match($re; "g" + mods) | [.offset, .length]), null) as $m
  ([0, null]; if $m == null then [.[0], $s[.[0]:]]
    else [$m[0] + $m[1], $s[.[0]:$m[0]]] end; .[1])];
def sub(re; str): sub(re; str; "");
def sub(re; str; mods): . as $in | (reduce (match(re; mods) | . as $m
  | ($m.captures | map(select(.name != null) | {key: .name, value: .string}) | from_entries) as $c
  | [$m, ($c | str)]) as [$m, $s] ([0, ""];
    [$m.offset + $m.length, .[1] + $in[.[0]:$m.offset] + $s])) | .[1] + $in[.[0]:];
def gsub(re; str): sub(re; str; "g");
def gsub(re; str; mods): sub(re; str; mods + "g");
def splits($re): splits($re; null);
def splits($re; mods): split($re; mods) | .[];
def ascii: [.] | implode;
def tostream: path(def r: (.[]? | r), .; r) as $p | getpath($p)
  | reduce path(.[]?) as $q ([$p, .]; [$p + $q]);
def fromstream(f): {x: null, e: false} as $init | foreach f as $i ($init;
  if .e then $init else . end
  | if $i | length == 2 then setpath(["e"]; $i[0] | length == 0)
    | setpath(["x"] + $i[0]; $i[1]) else setpath(["e"]; $i[0] | length == 1) end;
  if .e then .x else empty end);
def truncate_stream(stream): . as $n | null | stream
  | . as $input | if (.[0] | length) > $n then setpath([0]; .[0][$n:]) else empty end;
def finites: select(isinfinite or isnan | not);
def normals: select(isnormal);
def INDEX(stream; idx): reduce stream as $row ({}; .[$row | idx | tostring] |= $row);
def INDEX(idx): INDEX(.[]; idx);
def IN(s): any(s == .; .);
def IN(src; s): any(src == s; .);
def error(msg): msg | error;
def add(f): reduce f as $x (null; . + $x);
def debug: .;
def debug(msg): .;
def stderr: .;
def input_line_number: 0;
def env: {};
def halt: empty;
def have_literal_numbers: true;
def have_decnum: false;
def abs: if type == "number" and . < 0 then -. else . end;
def bsearch($target): if length == 0 then -1 else . as $list
  | {low: 0, high: (length - 1), found: null}
  | until(.found != null or .low > .high; ((.low + .high) / 2 | floor) as $mid
    | if $list[$mid] == $target then .found = $mid
      elif $list[$mid] < $target then .low = $mid + 1 else .high = $mid - 1 end)
  | if .found != null then .found else -1 - .low end end;
`

let scope: Scope | undefined

/** The standard definitions; read when they are first needed, compiled one by one. */
export function preludeScope(): Scope {
  if (scope !== undefined) return scope
  let made: Scope | undefined
  for (const definition of parseJqDefinitions(DEFINITIONS)) made = define(made, definition)
  if (made === undefined) throw new TypeError('there are standard definitions')
  scope = made
  return made
}
