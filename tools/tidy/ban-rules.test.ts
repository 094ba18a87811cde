import { describe, test } from 'node:test'
import { checkGlobals, checkHotPath, checkSockets } from './ban-rules.ts'
import { expectProblems } from './expect-problems.ts'

describe('globals in pure folders', () => {
  test('clocks, randomness, timers and the process are found', () => {
    const lines = [
      'const a = Date.now()',
      'const b = new Date()',
      'const c = Math.random()',
      'setTimeout(f, 1)',
      'const d = process.env',
      'const e = { performance }',
      'globalThis.setImmediate(f)',
      'const g = (process as unknown)',
    ]
    expectProblems(
      checkGlobals,
      { 'src/broker/b.ts': lines.join('\n') },
      lines.map((_, index) => new RegExp(`^src/broker/b\\.ts:${index + 1}: `)),
    )
  })

  test('names of properties, types, locals and texts are not globals', () => {
    const text = `
      // Date.now() and setTimeout() in a comment
      const text = 'Math.random()'
      const date = new Date(0)
      this.process.fetch()
      const ports = { process: 1, fetch() {} }
      interface Ports { setTimeout(process: number): void; performance: number }
      type T = (crypto: number) => typeof process
      function f(process: Ports, { fetch }: Ports) { return process.setTimeout(fetch) }
    `
    expectProblems(checkGlobals, { 'src/codec/c.ts': text }, [])
  })

  test('other folders, the system part of the kernel and tests are free', () => {
    const text = 'setTimeout(() => {}, Date.now())'
    const paths = ['src/net/n.ts', 'src/kernel/system/clock.ts', 'src/kernel/a.test.ts']
    expectProblems(checkGlobals, Object.fromEntries(paths.map((path) => [path, text])), [])
  })
})

describe('sockets', () => {
  test('destroying one is found wherever it is held', () => {
    const lines = [
      'socket.destroy()',
      'this.#socket.destroy(error)',
      'a.rawSocket.resetAndDestroy()',
    ]
    expectProblems(checkSockets, { 'src/listeners/tcp.ts': lines.join('\n') }, [
      /tcp\.ts:1: \.destroy of a socket/,
      /tcp\.ts:2: /,
      /tcp\.ts:3: \.resetAndDestroy/,
    ])
  })

  test('the owners of sockets, tests and other things may', () => {
    const files = {
      'src/net/tcp.ts': 'socket.destroy()',
      'src/listeners/close.ts': 'socket.destroy()',
      'src/listeners/tcp.test.ts': 'socket.destroy()',
      'src/storage/s.ts': 'stream.destroy()\nsocket.end()',
    }
    expectProblems(checkSockets, files, [])
  })
})

describe('hot path', () => {
  test('slow means are found in listed files only', () => {
    const lines = [
      'const a = async () => 1',
      'function b() { return JSON.parse(c) }',
      'const d = /x/',
      'e(...f)',
    ]
    const text = lines.join('\n')
    const files = { 'src/codec/mqtt/frame.ts': text, 'src/codec/mqtt/connect.ts': text }
    expectProblems(checkHotPath, files, [
      /frame\.ts:1: async/,
      /frame\.ts:2: JSON/,
      /frame\.ts:3: regular expression/,
      /frame\.ts:4: spread/,
    ])
  })

  test('a comment, a text and rest parameters are none of them', () => {
    const text = `// async JSON. /x/\nfunction f(...rest: string[]) { return rest[0] === '/x/' }`
    expectProblems(checkHotPath, { 'src/codec/mqtt/frame.ts': text }, [])
  })
})
