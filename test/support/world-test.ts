import { test } from 'node:test'
import { World } from './world.ts'
import type { SettingsPatch } from './world.ts'

/** Numbers of shards that every behaviour must hold for. */
const SHARD_COUNTS = [1, 3]

/** A test against a broker of one shard and against one of three. */
export function worldTest(
  name: string,
  run: (world: World) => void,
  settings: SettingsPatch = {},
): void {
  for (const shards of SHARD_COUNTS) {
    test(`${name} (${shards} shard${shards === 1 ? '' : 's'})`, () => {
      run(new World({ shards, settings }))
    })
  }
}
