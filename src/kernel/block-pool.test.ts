import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BlockPool } from './block-pool.ts'

const LIMITS = { blockBytes: 64, usedMax: 2, spareMax: 1 }

describe('a pool of blocks', () => {
  it('hands out a block again once it was given back', () => {
    const pool = new BlockPool(LIMITS)
    const block = pool.take()
    assert.ok(block !== undefined)
    assert.equal(block.bytes.length, 64)
    pool.giveBack(block)
    assert.equal(pool.take(), block)
  })

  it('does not hand out a block that is held before it is released', () => {
    const pool = new BlockPool(LIMITS)
    const block = pool.take()
    assert.ok(block?.holdReceived(64) !== undefined)
    pool.giveBack(block)
    const other = pool.take()
    assert.notEqual(other, block)
    block.release()
    block.release()
    assert.equal(pool.take(), block)
  })

  it('does not hand out a block that is released while in use', () => {
    const pool = new BlockPool(LIMITS)
    const block = pool.take()
    block?.holdReceived(64)
    block?.release()
    assert.notEqual(pool.take(), block)
  })

  it('is not held for a few bytes', () => {
    const block = new BlockPool(LIMITS).take()
    assert.equal(block?.holdReceived(7), undefined)
    assert.equal(block?.isHeld, false)
    assert.equal(block?.holdReceived(8), block)
  })

  it('has no more blocks than its limit, and keeps no more than its other limit', () => {
    const pool = new BlockPool(LIMITS)
    const [first, second] = [pool.take(), pool.take()]
    assert.equal(pool.take(), undefined)
    if (first !== undefined) pool.giveBack(first)
    if (second !== undefined) pool.giveBack(second)
    assert.equal(pool.take(), first)
    assert.notEqual(pool.take(), second)
  })
})
