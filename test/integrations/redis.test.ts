import { REDIS } from './support/sink-cases.ts'
import { testSink } from './support/sink-kit.ts'

testSink(REDIS)
