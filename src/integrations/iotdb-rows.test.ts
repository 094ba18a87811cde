import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileIotdbRows } from './iotdb-rows.ts'

const rowsOf = compileIotdbRows({
  device_id: 'root.plant.${clientid}',
  data: [
    { timestamp: '${at}', measurement: 't', data_type: 'FLOAT', value: '${t}' },
    { timestamp: '${at}', measurement: 'on', data_type: 'BOOLEAN', value: '${on}' },
    { timestamp: '5', measurement: '${name}', data_type: 'INT32', value: '${n}' },
  ],
})

test('values of one time are one row, what is missing is left out', () => {
  assert.deepEqual(rowsOf({ clientid: 'd1', at: 7, t: '1.5', on: 'true' }), [
    {
      device: 'root.plant.d1',
      timestamp: 7,
      cells: [
        { measurement: 't', type: 'FLOAT', value: 1.5 },
        { measurement: 'on', type: 'BOOLEAN', value: true },
      ],
    },
  ])
  assert.deepEqual(
    rowsOf({ clientid: 'd1', at: 7, on: 0, name: 'n', n: 3 }).map(({ timestamp }) => timestamp),
    [7, 5],
  )
})

test('a value is one part of a path', () => {
  const [row] = rowsOf({ clientid: 'a.b`c', n: 1, name: '12' })
  assert.equal(row?.device, 'root.plant.`a.b``c`')
  assert.equal(row?.cells[0]?.measurement, '`12`')
})

test('a value that its type cannot hold is refused', () => {
  const at = { clientid: 'd', at: 1, name: 'n' }
  assert.throws(() => rowsOf({ ...at, n: 2_147_483_648 }), /is no INT32/)
  assert.throws(() => rowsOf({ ...at, t: 'warm' }), /warm is no FLOAT/)
  assert.throws(() => rowsOf({ ...at, on: 'yes' }), /yes is no BOOLEAN/)
  assert.throws(() => rowsOf({ ...at, at: 'later', t: 1 }), /later is no time/)
})
