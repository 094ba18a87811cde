import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { formatTextLine, formatTime, type LogFormat } from './log-format.ts'
import { openLogHandlers, type LogHandlerOptions, type LogSettings } from './log-handlers.ts'
import { LogLevel, type LogRecord, makeLevelCells, makeLog, plainFields } from './log-record.ts'
import { systemClock } from './system-clock.ts'
import { systemRandom } from './system-random.ts'

const TIME_MS = Date.UTC(2026, 10, 23, 9, 5, 7, 45)
const UTC: LogFormat = { formatter: 'text', timestamp: 'auto', timeOffset: 'utc' }

function record(fields: Record<string, unknown>): LogRecord {
  return { timeMs: TIME_MS, level: 'warning', module: 'broker', message: 'client_refused', fields }
}

describe('a text line', () => {
  it('has time, level, the name of the event and its facts, the known ones first', () => {
    const fields = { limit: 3, username: 'u', peername: '192.0.2.1:9', clientid: 'c', tag: 'MQTT' }
    assert.equal(
      formatTextLine(record(fields), UTC),
      '2026-11-23T09:05:07.045Z [warning] module: broker, tag: MQTT, clientid: c, ' +
        'msg: client_refused, peername: 192.0.2.1:9, username: u, limit: 3\n',
    )
  })

  it('shows values that are no text as JSON and leaves out what is not there', () => {
    const line = formatTextLine(record({ list: [1, 'a'], none: undefined, empty: null }), UTC)
    assert.match(line, /msg: client_refused, list: \[1,"a"\], empty: null\n$/)
  })

  it('stays one line whatever a client is called', () => {
    const line = formatTextLine(record({ clientid: 'a\nb\u001b[31m\u2028' }), UTC)
    assert.match(line, /clientid: a\\nb\\u001b\[31m\\u2028, msg/)
    assert.equal(line.split('\n').length, 2)
  })

  it('has the time in the form and zone wanted', () => {
    assert.equal(formatTime(TIME_MS, { ...UTC, timestamp: 'epoch' }), TIME_MS * 1000)
    assert.equal(formatTime(TIME_MS, { ...UTC, formatter: 'json' }), TIME_MS * 1000)
    const east = { ...UTC, timeOffset: '+05:30' }
    assert.equal(formatTime(TIME_MS, east), '2026-11-23T14:35:07.045+05:30')
    const west = { ...UTC, timeOffset: '-10:00', formatter: 'json', timestamp: 'rfc3339' } as const
    assert.equal(formatTime(TIME_MS, west), '2026-11-22T23:05:07.045-10:00')
    const local = String(formatTime(TIME_MS, { ...UTC, timeOffset: 'system' }))
    assert.equal(new Date(local).getTime(), TIME_MS)
  })
})

describe('a log', () => {
  it('makes records of its level and above only', () => {
    const records: LogRecord[] = []
    const log = makeLog(
      (one) => records.push(one),
      makeLevelCells(LogLevel.notice),
      () => TIME_MS,
    )
    log.debug('a')
    log.info('b')
    log.warn('c', { x: 1 })
    log.error('d')
    assert.deepEqual(records, [
      { timeMs: TIME_MS, level: 'warning', module: 'node', message: 'c', fields: { x: 1 } },
      { timeMs: TIME_MS, level: 'error', module: 'node', message: 'd', fields: {} },
    ])
  })

  it('has fields that can be sent to another thread', () => {
    const fields = plainFields({ error: new Error('broken'), call() {}, bytes: new Uint8Array(2) })
    assert.match(String(fields['error']), /Error: broken\n\s+at /)
    assert.doesNotThrow(() => structuredClone(fields))
  })
})

describe('log handlers', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tideway-log-'))
  })

  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  function handler(name: string, change: Partial<LogHandlerOptions> = {}): LogHandlerOptions {
    const file = { path: join(folder, 'new', name), filesMax: 3, bytesMax: Infinity }
    return { level: 'info', format: UTC, file, ...change }
  }

  function to(...handlers: readonly LogHandlerOptions[]): LogSettings {
    return { handlers, primaryLevel: 'debug', moduleLevels: {} }
  }

  function linesOf(name: string): string[] {
    const text = readFileSync(join(folder, 'new', name), 'utf8')
    return text.split('\n').filter((line) => line !== '')
  }

  it('give way to others while they are in use, unless those cannot be opened', () => {
    const records: string[] = []
    const handlers = openLogHandlers(to(handler('a.log', { level: 'error' })))
    const log = makeLog(handlers.write, handlers.levels, () => TIME_MS)
    log.info('before')
    handlers.use(to(handler('b.log')))
    log.info('after')
    const path = join(folder, 'new', 'b.log', 'no-folder')
    assert.throws(() =>
      handlers.use(to(handler('c', { file: { path, filesMax: 1, bytesMax: 1 } }))),
    )
    log.info('still')
    handlers.close()
    for (const name of ['a.log', 'b.log']) records.push(...linesOf(name))
    assert.deepEqual(
      records.map((line) => /msg: (\w+)/.exec(line)?.[1]),
      ['after', 'still'],
    )
  })

  it('write what their level lets through, each in its form', () => {
    const json = { ...UTC, formatter: 'json' } as const
    const handlers = openLogHandlers(
      to(handler('text.log', { level: 'error' }), handler('json.log', { format: json })),
    )
    assert.equal(handlers.levels[0], LogLevel.info)
    handlers.write(record({ clientid: 'c', at: 5n, list: [1] }))
    handlers.write({ ...record({}), level: 'error', message: 'broken' })
    handlers.close()
    assert.deepEqual(linesOf('text.log'), [
      '2026-11-23T09:05:07.045Z [error] module: broker, msg: broken',
    ])
    const [first = '', second = ''] = linesOf('json.log')
    const common = {
      level: 'warning',
      module: 'broker',
      time: TIME_MS * 1000,
      msg: 'client_refused',
    }
    assert.deepEqual(JSON.parse(first), { ...common, clientid: 'c', at: 5, list: [1] })
    assert.equal(JSON.parse(second).level, 'error')
  })

  it('have other levels for modules than their own, and one that holds for all', () => {
    const settings = to(
      handler('more.log', { level: 'warning' }),
      handler('less.log', { level: 'error' }),
    )
    const moduleLevels = { access: 'debug', rules: 'error' } as const
    const handlers = openLogHandlers({ ...settings, moduleLevels })
    const made: string[] = []
    const write = (one: LogRecord): void => {
      made.push(`${one.module} ${one.level}`)
      handlers.write(one)
    }
    const log = makeLog(write, handlers.levels, () => TIME_MS)
    const writeAll = (): void => {
      for (const module of ['node', 'access', 'rules'] as const) {
        log.of(module).debug('a')
        log.of(module).warn('b')
      }
    }
    writeAll()
    assert.deepEqual(made.splice(0), ['node warning', 'access debug', 'access warning'])
    handlers.use({ ...settings, primaryLevel: 'error', moduleLevels })
    writeAll()
    assert.deepEqual(made, ['access debug', 'access warning'])
    handlers.close()
    const modules = (name: string) => linesOf(name).map((line) => /module: (\w+)/.exec(line)?.[1])
    assert.deepEqual(modules('more.log'), ['node', 'access', 'access', 'access', 'access'])
    assert.deepEqual(modules('less.log'), ['access', 'access', 'access', 'access'])
  })

  it('continue a file that is there and put full ones aside, the oldest away', () => {
    const options = handler('a.log', {
      file: { path: join(folder, 'new', 'a.log'), filesMax: 2, bytesMax: 240 },
    })
    for (let index = 0; index < 9; index++) {
      // Opened anew each time, as by a restart.
      const handlers = openLogHandlers(to(options))
      handlers.write(record({ index, filler: 'x'.repeat(20) }))
      handlers.close()
    }
    const indexes = (name: string) => linesOf(name).map((line) => /index: (\d)/.exec(line)?.[1])
    assert.deepEqual(indexes('a.log'), ['8'])
    assert.deepEqual(indexes('a.log.1'), ['6', '7'])
    assert.deepEqual(indexes('a.log.2'), ['4', '5'])
    assert.equal(existsSync(join(folder, 'new', 'a.log.3')), false)
  })

  it('say which file cannot be opened', () => {
    writeFileSync(join(folder, 'file'), '')
    const file = { path: join(folder, 'file', 'a.log'), filesMax: 1, bytesMax: 100 }
    assert.throws(() => openLogHandlers(to(handler('x', { file }))), /(?:ENOTDIR|EEXIST).*file/)
  })
})

describe('the system', () => {
  it('has a wall clock and one that never goes back', () => {
    assert.ok(Math.abs(systemClock.nowMs() - Date.now()) < 1000)
    let before = systemClock.monotonicMs()
    for (let round = 0; round < 1000; round++) {
      const now = systemClock.monotonicMs()
      assert.ok(now >= before)
      before = now
    }
  })

  it('has random ids of the length wanted', () => {
    assert.match(systemRandom.hexId(8), /^[0-9a-f]{16}$/)
    assert.notEqual(systemRandom.hexId(8), systemRandom.hexId(8))
    const next = systemRandom.next()
    assert.ok(next >= 0 && next < 1)
  })
})
