import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { BrokerProcess, killBrokers, makeFolder, type ProcessOptions } from './broker-process.ts'

/** A place for data that fills up soon, and can be given room again. */
export interface SmallDisk {
  start(options: Omit<ProcessOptions, 'dataDir'>): Promise<BrokerProcess>
  makeRoom(broker: BrokerProcess): void
}

/** Room for data until the disk is full, and the room that is made afterwards, in bytes. */
const ROOM_BYTES = 12 * 1024 * 1024
const MORE_ROOM_BYTES = 64 * 1024 * 1024

/** A disk of its own, or, for users who may not mount one, a limit on the size of files. */
export function makeSmallDisk(context: TestContext): SmallDisk {
  return mountDisk(context) ?? limitFiles(join(makeFolder(context), 'data'))
}

function mountDisk(context: TestContext): SmallDisk | undefined {
  const disk = mkdtempSync(join(tmpdir(), 'tideway-e2e-disk-'))
  const size = `size=${ROOM_BYTES + MORE_ROOM_BYTES}`
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', size, 'tmpfs', disk], { stdio: 'ignore' })
  } catch {
    rmSync(disk, { recursive: true })
    return undefined
  }
  context.after(async () => {
    await killBrokers(context, disk)
    execFileSync('umount', [disk])
    rmSync(disk, { recursive: true })
  })
  const filler = join(disk, 'filler')
  writeFileSync(filler, Buffer.alloc(MORE_ROOM_BYTES))
  return {
    start: (options) => BrokerProcess.start({ ...options, dataDir: join(disk, 'data') }),
    makeRoom: () => rmSync(filler),
  }
}

function limitFiles(dataDir: string): SmallDisk {
  const fileBytesMax = ROOM_BYTES
  return {
    start: (options) => BrokerProcess.start({ ...options, dataDir, fileBytesMax }),
    makeRoom: (broker) => broker.liftFileLimit(),
  }
}
