/** One suite for both fabrics: between threads, and inside one. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Worker } from 'node:worker_threads'
import type { ControlMessage, Fabric } from '#broker/ports.ts'
import { ShardBus } from './bus.ts'
import { makeBusEnds, portsOf } from './bus-ends.ts'
import { InProcessFabric } from './in-process.ts'

type Item = string | ControlMessage

/** Three shards whose ends are all in this thread, whatever carries the batches. */
interface Rig {
  readonly ends: readonly Fabric[]
  /** What a shard has received, `from` and contents; binary items as text. */
  readonly received: readonly (readonly [number, Item])[][]
  /** Waits until a shard has received so many items. */
  until(shard: number, count: number): Promise<void>
  close(): void
}

function record(
  received: [number, Item][],
  from: number,
  items: readonly (Buffer | ControlMessage)[],
): void {
  for (const item of items) {
    received.push([from, Buffer.isBuffer(item) ? item.toString('latin1') : item])
  }
}

function threadRig(): Rig {
  const buses = makeBusEnds(3).map((ends) => new ShardBus(ends))
  const received: [number, Item][][] = [[], [], []]
  let wake = (): void => {}
  for (const [shard, bus] of buses.entries()) {
    bus.open((from, items) => {
      record(received[shard] ?? [], from, items)
      wake()
    })
  }
  return {
    ends: buses,
    received,
    async until(shard, count) {
      while ((received[shard]?.length ?? 0) < count) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
    close: () => buses.forEach((bus) => bus.close()),
  }
}

function inProcessRig(): Rig {
  const fabric = new InProcessFabric(3)
  const received: [number, Item][][] = [[], [], []]
  for (const shard of [0, 1, 2]) {
    fabric.open(shard, (from, items) => record(received[shard] ?? [], from, items))
  }
  return {
    ends: fabric.shards,
    received,
    async until() {
      while (fabric.deliver() > 0);
    },
    close() {},
  }
}

function write(fabric: Fabric, shard: number, text: string): void {
  const writer = fabric.writer(shard)
  writer.ensure(text.length)
  writer.offset += writer.bytes.write(text, writer.offset, 'latin1')
}

for (const [name, makeRig] of [
  ['between threads', threadRig],
  ['inside one thread', inProcessRig],
] as const) {
  describe(`fabric ${name}`, () => {
    it('keeps the order of binary items and control messages', async () => {
      const rig = makeRig()
      const [zero] = rig.ends as [Fabric]
      write(zero, 1, 'ab')
      write(zero, 1, 'c')
      zero.send(1, { kind: 'first' })
      zero.send(1, { kind: 'second' })
      write(zero, 1, 'd')
      zero.flush()
      await rig.until(1, 4)
      assert.deepEqual(rig.received[1], [
        [0, 'abc'],
        [0, { kind: 'first' }],
        [0, { kind: 'second' }],
        [0, 'd'],
      ])
      rig.close()
    })

    it('sends nothing before flush, and nothing to others', async () => {
      const rig = makeRig()
      const [zero, one] = rig.ends as [Fabric, Fabric]
      write(zero, 1, 'late')
      assert.equal(zero.inFlightBytes(1), 0)
      one.send(2, { kind: 'mark' })
      one.flush()
      await rig.until(2, 1)
      assert.deepEqual(rig.received, [[], [], [[1, { kind: 'mark' }]]])
      zero.flush()
      assert.equal(zero.inFlightBytes(1), 4)
      await rig.until(1, 1)
      assert.deepEqual(rig.received[1], [[0, 'late']])
      assert.equal(zero.inFlightBytes(1), 0)
      rig.close()
    })

    it('keeps the order over many flushes of any size, from several shards', async () => {
      const rig = makeRig()
      const sizes = [1, 100, 8192, 8193, 40_000, 3, 300_000]
      for (let round = 0; round < 50; round++) {
        for (const from of [0, 1]) {
          const fabric = rig.ends[from]
          if (fabric === undefined) continue
          write(fabric, 2, String.fromCharCode(65 + round).repeat(sizes[round % 7] ?? 1))
          fabric.send(2, { kind: `${from}:${round}` })
          fabric.flush()
        }
      }
      await rig.until(2, 200)
      for (const from of [0, 1]) {
        const own = rig.received[2]?.filter(([sender]) => sender === from).map(([, item]) => item)
        const expected = Array.from({ length: 50 }, (_, round) => [
          String.fromCharCode(65 + round).repeat(sizes[round % 7] ?? 1),
          { kind: `${from}:${round}` },
        ]).flat()
        assert.deepEqual(own, expected)
      }
      rig.close()
    })

    it('does not change what was sent when the writer is used again', async () => {
      const rig = makeRig()
      const [zero] = rig.ends as [Fabric]
      const message = { kind: 'changing', value: 1 }
      write(zero, 1, 'before')
      zero.send(1, message)
      zero.flush()
      message.value = 2
      write(zero, 1, 'AFTER!')
      zero.flush()
      await rig.until(1, 3)
      assert.deepEqual(
        rig.received[1]?.map(([, item]) => item),
        ['before', { kind: 'changing', value: 1 }, 'AFTER!'],
      )
      rig.close()
    })

    it('knows no way to itself or to a shard that does not exist', () => {
      const rig = makeRig()
      const [zero] = rig.ends as [Fabric]
      assert.throws(() => zero.writer(0), RangeError)
      assert.throws(() => zero.send(3, { kind: 'x' }), RangeError)
      zero.flush()
      rig.close()
    })
  })
}

describe('fabric between threads', () => {
  it('carries batches to a real thread and back, and counts what is on the way', async () => {
    const [mine, theirs] = makeBusEnds(2)
    assert.ok(mine !== undefined && theirs !== undefined)
    const bus = new ShardBus(mine)
    const path = new URL('../../../test/fabric/echo-thread.ts', import.meta.url)
    const worker = new Worker(path, { workerData: theirs, transferList: [...portsOf(theirs)] })
    let text = ''
    const kinds: string[] = []
    const finished = new Promise<void>((resolve) => {
      bus.open((_from, items) => {
        for (const item of items) {
          if (Buffer.isBuffer(item)) text += item.toString('latin1')
          else kinds.push(item.kind)
        }
        if (kinds.includes('end')) resolve()
      })
    })
    const sent = Array.from({ length: 200 }, (_, index) => `${index},`.repeat(index % 50))
    for (const part of sent) {
      write(bus, 1, part)
      bus.flush()
    }
    assert.equal(bus.inFlightBytes(1), sent.join('').length)
    bus.send(1, { kind: 'end' })
    bus.flush()
    await finished
    assert.equal(text, sent.join(''))
    assert.deepEqual(kinds, ['end'])
    // The other thread counts a batch as taken in after it has answered.
    while (bus.inFlightBytes(1) !== 0) await new Promise((resolve) => setImmediate(resolve))
    bus.close()
    await worker.terminate()
  })
})
