import { INFLUXDB } from './support/sink-cases.ts'
import { testSink } from './support/sink-kit.ts'

testSink(INFLUXDB)
