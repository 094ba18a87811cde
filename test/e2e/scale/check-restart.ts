import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { makeFolder } from '../support/broker-process.ts'
import { fillData, type FillSize } from './fill-data.ts'
import { measureRestart } from './measure-restart.ts'

/** From open ports until a new client has its CONNACK, and until it has heard a message. */
const FIRST_SERVICE_MS = 1_000
const MEGABYTE = 1_000_000

/** Fills a data directory and starts the broker over it, with one shard and with two. */
export async function checkRestart(
  context: TestContext,
  size: FillSize,
  openMsMax: number,
): Promise<void> {
  const dataDir = join(makeFolder(context), 'data')
  const startedMs = performance.now()
  await fillData(dataDir, size)
  const fillSeconds = ((performance.now() - startedMs) / 1000).toFixed(1)
  context.diagnostic(`${size.sessions} sessions made in ${fillSeconds} s`)
  for (const [round, shards] of [1, 2].entries()) {
    const figures = await measureRestart({ dataDir, shards }, size, round)
    const { openMs, welcomeMs, roundTripMs, slowestMs, resumedMs, residentBytes } = figures
    const ms = (value: number): string => `${value.toFixed(0)} ms`
    context.diagnostic(
      `${shards} shards: open after ${ms(openMs)}, CONNACK ${ms(welcomeMs)} later, first round ` +
        `trip ${ms(roundTripMs)}, slowest of the next ${ms(slowestMs)}, slowest old session ` +
        `${ms(resumedMs)}, ${(residentBytes / MEGABYTE).toFixed(0)} MB`,
    )
    assert.ok(openMs < openMsMax, `the ports are open after ${ms(openMs)}`)
    assert.ok(welcomeMs + roundTripMs < FIRST_SERVICE_MS, 'a new client is served at once')
    assert.ok(slowestMs < FIRST_SERVICE_MS, `it goes on being served: ${ms(slowestMs)}`)
    assert.ok(resumedMs < FIRST_SERVICE_MS, `old sessions come back: ${ms(resumedMs)}`)
  }
}
