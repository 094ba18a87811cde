/**
 * What a message costs inside a shard, without the network: time, and bytes allocated.
 *
 *   node bench/micro/shard.bench.ts [messages for each line, default 500000]
 */
import { measureRig, referenceNs, RIGS } from '../../test/bench/measure-rig.ts'

const messages = Number(process.argv[2] ?? 500_000)
const unit = referenceNs()
console.log(`${'reference loop'.padEnd(20)} ${unit.toFixed(0).padStart(6)} ns`)
for (const [name, options] of Object.entries(RIGS)) {
  const { nsPerMessage, bytesPerMessage } = measureRig(options, messages)
  const units = (nsPerMessage / unit).toFixed(1)
  const cost = `${nsPerMessage.toFixed(0).padStart(6)} ns, ${units} units`
  console.log(`${name.padEnd(20)} ${cost}, ${bytesPerMessage.toFixed(1)} bytes allocated`)
}
