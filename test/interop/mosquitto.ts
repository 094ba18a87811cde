import type { BrokerProcess } from './broker-process.ts'
import { Program, runProgram } from './program.ts'

/**
 * The clients of Mosquitto against one listener of a broker. Options are written as in a shell:
 * words between spaces, single quotes around what holds some.
 */
export class Mosquitto {
  readonly #common: readonly string[]

  /**
   * @param target a listener of a broker, or the path of a socket in the file system
   * @param more options for every command, such as the version of the protocol
   */
  constructor(target: BrokerProcess | string, listener = 'tcp:default', more = '') {
    this.#common = [...addressOf(target, listener), ...words(more)]
  }

  /** `mosquitto_pub`, which ends when everything it sent is acknowledged. */
  async publish(options: string, input?: string): Promise<void> {
    await runProgram('mosquitto_pub', [...this.#common, ...words(options)], input)
  }

  /**
   * `mosquitto_sub` that has subscribed. Messages are shown as `=> topic payload` unless the
   * options have a format of their own (`-F '=> …'`).
   */
  async subscribe(options: string): Promise<Program> {
    const program = this.subscriber(options)
    await program.line(/^Subscribed \(mid: \d+\)/)
    return program
  }

  /** `mosquitto_sub` as it was started. */
  subscriber(options: string): Program {
    const given = words(options)
    const format = given.includes('-F') ? [] : ['-F', '=> %t %p']
    // Line by line: into a pipe it would write what it gets when it ends.
    const command = ['-oL', 'mosquitto_sub', ...this.#common, '-d', ...format, ...given]
    return new Program('stdbuf', command)
  }

  /** Subscribes and leaves, so that the session of `clientId` waits for messages. */
  async leaveSession(clientId: string, filter: string, options = ''): Promise<void> {
    const session = ['-i', clientId, '-c', '-q', '1', '-t', filter, '-E', ...words(options)]
    await runProgram('mosquitto_sub', [...this.#common, ...session])
  }

  /** `mosquitto_rr`: sends a request and waits for the answer. */
  request(options: string): Program {
    return new Program('mosquitto_rr', [...this.#common, ...words(options)])
  }
}

function addressOf(target: BrokerProcess | string, listener: string): readonly string[] {
  if (typeof target === 'string') return ['--unix', target]
  const tls = listener.startsWith('ssl:') ? ['--cafile', target.caFile] : []
  return ['-h', 'localhost', '-p', String(target.port(listener)), ...tls]
}

/** Words between spaces; what stands in single quotes is one word. */
function words(text: string): readonly string[] {
  return [...text.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain = '']) => quoted ?? plain)
}

/** The messages that a `mosquitto_sub` has shown, without their mark. */
export async function messages(program: Program, count: number): Promise<readonly string[]> {
  const lines = await program.matches(/^=> /, count)
  return lines.map((line) => line.slice('=> '.length))
}
