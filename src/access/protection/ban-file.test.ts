import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BanFileError, parseBans } from './ban-file.ts'

test('a file of bans is a table with names in its first line', () => {
  const text = `as,who,reason,at,until,by
clientid,"a ""b""",because,2025-01-02T03:04:05Z,infinity,me
peerhost_net,10.0.0.0/8,,1735787045,1735787046,
username_re,^x,"with, comma",,,`
  assert.deepEqual(parseBans(text, 7), [
    ban('clientid', 'a "b"', 'because', 1735787045000, undefined, 'me'),
    ban('peerhost_net', '10.0.0.0/8', '', 1735787045000, 1735787046000, ''),
    ban('username_re', '^x', 'with, comma', 7, undefined, ''),
  ])
  assert.deepEqual(parseBans('who,as\nc,clientid\n', 7)[0]?.by, 'bootstrap file')
  assert.deepEqual(parseBans('', 7), [])
})

function ban(
  as: string,
  who: string,
  reason: string,
  atMs: number,
  untilMs: number | undefined,
  by: string,
) {
  return { as, who, reason, atMs, untilMs, by }
}

test('what is wrong is said with its line', () => {
  const cases: [text: string, message: RegExp][] = [
    ['a,b\n', /first line does not name `as`/],
    ['as,who\nnobody,x\n', /^line 2: `as` must be one of clientid, username/],
    ['as,who\nclientid,c\npeerhost,host\n', /^line 3: "host" is no IP address/],
    ['as,who\npeerhost_net,10.0.0.0/33\n', /^line 2: "10.0.0.0\/33" is no CIDR/],
    ['as,who\nclientid_re,(\n', /^line 2: "\(" is no regular expression/],
    ['as,who\nclientid_re,(?!a)\n', /^line 2: "\(\?!a\)" is no regular expression/],
    ['as,who,until\nclientid,c,soon\n', /^line 2: `until` is no time/],
    ['as,who\nclientid,\n', /^line 2: `who` is missing/],
    ['as,who\nclientid,"c\n', /^line 2: a quote is out of place/],
  ]
  for (const [text, message] of cases) {
    assert.throws(() => parseBans(text, 0), { name: BanFileError.name, message }, text)
  }
})
