/** Loaded with `--import`: a shard that receives the word CRASH throws, as a bug of it would. */
import { Connection } from '#broker/session/connection.ts'

const receive = Connection.prototype.receive

Connection.prototype.receive = function (bytes: Buffer): void {
  if (bytes.includes('CRASH')) throw new Error('the test broke this shard')
  receive.call(this, bytes)
}
