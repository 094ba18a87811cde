import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { Random } from '../../../../test/support/random.ts'
import { MnesiaError, type MnesiaRecord, readMnesiaTable } from './mnesia-table.ts'

const FOLDER = new URL('../../../../test/management/emqx-export/mnesia/', import.meta.url)
const NAMES = readdirSync(FOLDER)
const fileOf = (name: string): Buffer => readFileSync(new URL(name, FOLDER))
const namesOf = ([record]: readonly MnesiaRecord[]): readonly string[] =>
  [...(record ?? [])].map(([key]) => key)

describe('tables of Mnesia', () => {
  test('records have the fields that the table names', () => {
    const bans = readMnesiaTable('emqx_banned', fileOf('emqx_banned'))
    assert.equal(bans.length, 5)
    assert.deepEqual(namesOf(bans), ['who', 'by', 'reason', 'at', 'until'])
    const [message] = readMnesiaTable('emqx_retainer_message', fileOf('emqx_retainer_message'))
    assert.deepEqual(message?.get('expiry_time'), 0)
  })

  test('one cut anywhere is refused, but between two records', () => {
    const whole = fileOf('emqx_acl')
    const counts = new Set<number>()
    for (let end = 0; end < whole.length; end++) {
      try {
        counts.add(readMnesiaTable('emqx_acl', whole.subarray(0, end)).length)
      } catch (error) {
        assert.ok(error instanceof MnesiaError, String(error))
        assert.match(error.message, /byte|describe|no backup/)
      }
    }
    assert.deepEqual([...counts], [0, 1, 2])
  })

  test('what is no table is refused with the reason', () => {
    const told = (name: string, bytes: Buffer, reason: RegExp): void => {
      assert.throws(() => readMnesiaTable(name, bytes), reason)
    }
    const open = Buffer.from(fileOf('emqx_acl'))
    open.writeUInt32BE(0x06070809, 4)
    told('emqx_acl', open, /not closed at byte 4/)
    told('emqx_acl', Buffer.from('{"a": 1}'), /no log of Erlang at byte 0/)
    told('emqx_acl', fileOf('emqx_acl').subarray(0, 8), /no backup of Mnesia/)
    told('emqx_other', fileOf('emqx_acl'), /no record of emqx_other/)
    const sum = fileOf('emqx_retainer_message')
    sum.writeUInt8(sum.readUInt8(1000) ^ 1, 1000)
    told('emqx_retainer_message', sum, /wrong checksum at byte 992/)
  })

  test('whatever is in them, they are read or refused', () => {
    const random = new Random(7)
    const tally = { read: 0, refused: 0 }
    for (let round = 0; round < 3_000; round++) {
      const name = random.pick(NAMES.filter((one) => one !== 'emqx_retainer_message'))
      const bytes = Buffer.from(fileOf(name))
      for (let change = random.between(1, 4); change > 0; change--) {
        bytes.writeUInt8(random.between(0, 255), random.between(8, bytes.length - 1))
      }
      try {
        readMnesiaTable(name, bytes)
        tally.read++
      } catch (error) {
        assert.ok(error instanceof MnesiaError, `round ${round} of ${name}: ${String(error)}`)
        tally.refused++
      }
    }
    assert.ok(tally.read > 100 && tally.refused > 100, JSON.stringify(tally))
  })
})
