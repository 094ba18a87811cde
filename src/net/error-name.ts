import { getSystemErrorName } from 'node:util'

/** Name of a negative error number of libuv: `ECONNRESET`, `EOF`. */
export function errorName(errno: number): string {
  try {
    return getSystemErrorName(errno)
  } catch {
    return `error ${errno}`
  }
}
