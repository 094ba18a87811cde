import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { makeFolder } from '../support/broker-process.ts'
import { fillData, type FillSize } from './fill-data.ts'
import { measureRestart, type RestartFigures } from './measure-restart.ts'

const MEGABYTE = 1_000_000

/** How long the broker may take, in ms. */
export interface RestartLimits {
  /** From the start of the process to the first CONNACK. */
  readonly welcome: number
  /** From CONNACK until a new client has heard a message, and until an old session is back. */
  readonly service: number
}

/** Fills a data directory and starts the broker over it, with one shard and with two. */
export async function checkRestart(
  context: TestContext,
  size: FillSize,
  limitsMs: RestartLimits,
): Promise<RestartFigures[]> {
  const dataDir = join(makeFolder(context), 'data')
  const startedMs = performance.now()
  await fillData(dataDir, size)
  const fillSeconds = ((performance.now() - startedMs) / 1000).toFixed(1)
  context.diagnostic(`${size.sessions} sessions made in ${fillSeconds} s`)
  const all: RestartFigures[] = []
  for (const [round, shards] of [1, 2].entries()) {
    const figures = await measureRestart({ dataDir, shards }, size, round)
    const { openMs, welcomeMs, roundTripMs, slowestMs, resumedMs, residentBytes } = figures
    const ms = (value: number): string => `${value.toFixed(0)} ms`
    context.diagnostic(
      `${shards} shards: connected after ${ms(openMs)}, CONNACK ${ms(welcomeMs)}, first ` +
        `message ${ms(roundTripMs)}, slowest of the next ${ms(slowestMs)}, slowest old session ` +
        `${ms(resumedMs)}, ${(residentBytes / MEGABYTE).toFixed(0)} MB`,
    )
    assert.ok(welcomeMs < limitsMs.welcome, `the broker serves after ${ms(welcomeMs)}`)
    assert.ok(roundTripMs < limitsMs.service, `a new client is served at once: ${ms(roundTripMs)}`)
    assert.ok(slowestMs < limitsMs.service, `it goes on being served: ${ms(slowestMs)}`)
    assert.ok(resumedMs < limitsMs.service, `old sessions come back: ${ms(resumedMs)}`)
    all.push(figures)
  }
  return all
}
