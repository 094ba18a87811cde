import type { Plain } from '#config/hocon/value.ts'

/** Roots of a configuration, as they are written. */
export type Written = Readonly<Record<string, Plain>>

/** Whether a value has keys. */
export function isGroup(value: Plain | undefined): value is Written {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
