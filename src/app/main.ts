/** Entry of the process. */
import { availableParallelism } from 'node:os'

/** Threads for whatever else than commits needs the pool: files, names, passwords. */
const POOL_THREADS_BESIDE_SHARDS = 4

// Every shard keeps one thread of libuv's pool busy while it commits. The pool is made when it is
// first used, which loading the rest of the program does.
process.env['UV_THREADPOOL_SIZE'] ??= String(availableParallelism() + POOL_THREADS_BESIDE_SHARDS)

const { runProgram } = await import('./program.ts')
await runProgram(process.argv.slice(2))
