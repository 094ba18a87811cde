import { existsSync, readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { DiskLog } from './disk-log.ts'

/** Where the buffers of an action are, and how its lanes are numbered. */
export interface BufferPlace {
  /** Of the action. */
  readonly folder: string
  readonly shard: number
  readonly shardCount: number
  /** Lanes of each shard. */
  readonly lanes: number
}

const LANE_NAME = /^(\d{1,5})-(\d{1,5})$/

/** The folder of a lane of this shard. */
export function laneFolder({ folder, shard }: BufferPlace, lane: number): string {
  return join(folder, `${shard}-${lane}`)
}

/** Takes over what lanes left that there are no more: with fewer shards or queues than before. */
export function adoptLeftovers(place: BufferPlace, lane: number, log: DiskLog): void {
  const { folder, shard, shardCount, lanes } = place
  if (!existsSync(folder)) return
  for (const name of readdirSync(folder).toSorted()) {
    const [, shardText, laneText] = LANE_NAME.exec(name) ?? []
    if (shardText === undefined || laneText === undefined) continue
    const [oldShard, oldLane] = [Number(shardText), Number(laneText)]
    if (oldShard < shardCount && oldLane < lanes) continue
    if (oldShard % shardCount !== shard || oldLane % lanes !== lane) continue
    log.adopt(join(folder, name))
  }
}

/** Deletes what an action left that is not wanted any more. */
export async function removeBuffers(
  bufferFolder: string,
  type: string,
  name: string,
): Promise<void> {
  await rm(join(bufferFolder, type, name), { recursive: true, force: true })
}
