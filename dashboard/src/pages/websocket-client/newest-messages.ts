/** Messages that a connection shows at most. */
export const MESSAGES_MAX = 1_000
/** Bytes of their payloads. */
const PAYLOAD_BYTES_MAX = 16 * 1024 * 1024

/** As many of the last messages as a page may hold; the very last one however large it is. */
export function newestOf<M extends { readonly payload: Uint8Array }>(
  messages: readonly M[],
): readonly M[] {
  let bytes = 0
  const tooMany = messages.findLastIndex(
    ({ payload }) => (bytes += payload.length) > PAYLOAD_BYTES_MAX,
  )
  const first = Math.min(tooMany + 1, messages.length - 1)
  return messages.slice(Math.max(first, 0)).slice(-MESSAGES_MAX)
}
