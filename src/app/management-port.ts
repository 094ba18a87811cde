import { parseBind } from '#config/fields/listener-checks.ts'
import type { TidewayConfig } from '#config/tideway-config.ts'
import { checkPortIsFree } from '#net/acceptor.ts'

/** Where the REST API listens. */
export interface ManagementPlace {
  readonly host: string
  readonly port: number
}

/** The place that `bind` names. Without an address 0 is no port, as in files of EMQX: undefined. */
export function managementPlace(bind: string): ManagementPlace | undefined {
  return bind.trim() === '0' ? undefined : (parseBind(bind) ?? { host: '', port: 0 })
}

/**
 * Fails when the REST API will not be able to listen.
 * @throws ListenError
 */
export async function checkManagementPort({ dashboard }: TidewayConfig): Promise<void> {
  const { http, https } = dashboard.listeners
  for (const { bind } of [http, https]) {
    const place = managementPlace(bind)
    if (place !== undefined) await checkPortIsFree(place.host, place.port)
  }
}
