/**
 * What rules add to a message of 200 bytes inside a shard, without the network, as CPU time.
 *
 *   node bench/micro/rules.bench.ts [messages for each line, default 700000]
 */
import { measureRules, SENSOR_PAYLOAD } from '../../test/bench/rule-rig.ts'

const messages = Number(process.argv[2] ?? 700_000)
const FILTER =
  'SELECT payload.temperature AS t, payload.location.lat AS lat, clientid, topic ' +
  'FROM "sensors/#" WHERE payload.temperature > 80 AND payload.ok = true'

const LOADS: Readonly<Record<string, readonly string[]>> = {
  'no rule': [],
  '1000 rules on other topics': Array.from({ length: 1000 }, (_, n) => {
    return `SELECT * FROM "other/${n}/+"`
  }),
  'filter and projection': [FILTER],
  'the same, not met': [FILTER.replace('> 80', '> 90')],
  'without the payload': [`SELECT clientid, topic FROM "sensors/#" WHERE qos = 0`],
  '10 rules on the topic': Array.from({ length: 10 }, () => FILTER),
}

console.log(`payload of ${SENSOR_PAYLOAD.length} bytes`)
for (const [name, rules] of Object.entries(LOADS)) {
  const { nsPerMessage, passed } = measureRules(rules, messages)
  const perSecond = Math.round(1e9 / nsPerMessage).toLocaleString('en')
  const cost = `${nsPerMessage.toFixed(0).padStart(6)} ns, ${perSecond.padStart(9)} messages/s`
  console.log(`${name.padEnd(28)} ${cost}, ${passed} outputs`)
}
