import { connect } from 'node:net'
import { type Acceptor, openAcceptor } from './acceptor.ts'
import { type HandleTools, makeHandleTools } from './handle-wire.ts'
import { type NetWire, NO_RECEIVER } from './net-wire.ts'
import { ReadBuffer } from './read-buffer.ts'
import { loadTcpInternals } from './tcp-internals.ts'

const PROBE_LIMIT_MS = 2000

/**
 * Tries the fast path on one connection of this host to itself: two buffers in, the same out, end.
 *
 * False when the internals are missing, behave otherwise than expected, or nothing comes within
 * two seconds; the plain path is then to be used.
 */
export async function probeTcpInternals(): Promise<boolean> {
  const internals = loadTcpInternals()
  if (internals === undefined) return false
  try {
    const echoed = await echoOnce(makeHandleTools(internals, new ReadBuffer()))
    return echoed === 'tide+way'
  } catch {
    return false
  }
}

async function echoOnce(tools: HandleTools): Promise<string> {
  const options = {
    host: '127.0.0.1',
    port: 0,
    backlog: 1,
    reusePort: false,
    noDelay: true,
    keepAlive: undefined,
  }
  const wires: NetWire<undefined>[] = []
  const acceptor: Acceptor = await openAcceptor(
    options,
    {
      accepted(incoming) {
        const wire = incoming.wire(undefined, NO_RECEIVER)
        wires.push(wire)
        wire.receiver = { ...NO_RECEIVER, receive: (bytes) => answer(wire, bytes) }
        wire.start()
      },
      failed() {},
      vanished() {},
    },
    tools,
  )
  try {
    return await exchange(acceptor.port)
  } finally {
    for (const wire of wires) wire.destroy()
    await acceptor.close()
  }
}

function answer(wire: NetWire<undefined>, bytes: Buffer): void {
  const text = bytes.toString('latin1')
  const rest = Buffer.from(text.slice(4))
  wire.write([Buffer.from(text.slice(0, 4)), Buffer.from('+'), rest], text.length + 1)
  wire.end()
}

function exchange(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port })
    const received: Buffer[] = []
    socket.setTimeout(PROBE_LIMIT_MS, () => socket.destroy(new Error('no answer')))
    socket.on('error', reject)
    socket.on('data', (bytes: Buffer) => received.push(bytes))
    socket.on('end', () => resolve(Buffer.concat(received).toString('latin1')))
    socket.write('tideway')
  })
}
