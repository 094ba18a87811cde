import type { SimConnection } from '../network/sim-connection.ts'
import type { ClientSession } from './client-session.ts'
import type { DeviceTraits } from './traits.ts'

/** What others see of a simulated client. */
export interface ClientView {
  readonly name: string
  readonly traits: DeviceTraits
  readonly session: ClientSession
  readonly link: SimConnection | undefined
  readonly online: boolean
}
