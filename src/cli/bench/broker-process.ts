import { readdirSync, readFileSync } from 'node:fs'

/** Clock ticks of /proc in each second: 100 on every Linux that Node.js runs on. */
const TICKS_PER_SECOND = 100
const DEPTH_MAX = 8

/** What a process and its children have used. */
export interface ProcessSample {
  /** User and system time of all threads. */
  readonly cpuMs: number
  readonly residentBytes: number
  /** The part of it that is not a view of files, such as those of a store. */
  readonly anonymousBytes: number
}

/**
 * CPU time and memory of a process on this host with its threads and children, from /proc.
 * Undefined when there is no such process, or no /proc.
 */
export function sampleProcess(pid: number): ProcessSample | undefined {
  const own = sampleOne(pid)
  if (own === undefined) return undefined
  let { cpuMs, residentBytes, anonymousBytes } = own
  for (const child of descendants(pid, 0)) {
    const sample = sampleOne(child)
    cpuMs += sample?.cpuMs ?? 0
    residentBytes += sample?.residentBytes ?? 0
    anonymousBytes += sample?.anonymousBytes ?? 0
  }
  return { cpuMs, residentBytes, anonymousBytes }
}

function sampleOne(pid: number): ProcessSample | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The second field is the name in parentheses and may hold spaces: user and system time are
    // the 14th and 15th field.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const ticks = Number(fields[11]) + Number(fields[12])
    const status = readFileSync(`/proc/${pid}/status`, 'latin1')
    const bytes = (name: string): number =>
      Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) * 1024
    return {
      cpuMs: (ticks * 1000) / TICKS_PER_SECOND,
      residentBytes: bytes('VmRSS'),
      anonymousBytes: bytes('RssAnon'),
    }
  } catch {
    return undefined
  }
}

function descendants(pid: number, depth: number): readonly number[] {
  if (depth === DEPTH_MAX) return []
  return childrenOf(pid).flatMap((child) => [child, ...descendants(child, depth + 1)])
}

function childrenOf(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1')
        .split(' ')
        .filter((text) => text !== '')
        .map(Number),
    )
  } catch {
    return [] // It has just ended.
  }
}
