import type { Socket } from 'node:net'

/**
 * Bytes that the system layer under a socket has not sent yet; 0 where it does not tell.
 *
 * The public counters of a socket change only when a whole write is done. This one, which
 * Node.js uses for its own timeouts, shows the progress inside a large write.
 */
export function queuedBytes(socket: Socket): number {
  const { _handle: handle } = socket as { _handle?: { writeQueueSize?: unknown } | null }
  const size = handle?.writeQueueSize
  return typeof size === 'number' ? size : 0
}
