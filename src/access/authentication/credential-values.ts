/** Values of placeholders: what a client presents. */
import { DEFAULT_ZONE } from '#broker/limits.ts'
import type { ConnectRequest } from '#broker/ports.ts'
import type { CREDENTIAL_NAMES } from '#config/fields/authentication/template-check.ts'
import type { ValueOf } from '../backends/fill-template.ts'

/** What is known of a client, while it connects and later. */
export type Presented = Pick<ConnectRequest, 'clientId' | 'username' | 'wire'> &
  Partial<Pick<ConnectRequest, 'password' | 'clientAttributes'>>

/** Values of placeholders for a client that connects. */
export function valuesOf(request: Presented): ValueOf {
  return (name) => credentialValue(request, name)
}

/** What the client presents under a name of a placeholder. */
export function credentialValue(request: Presented, name: string): string | undefined {
  const { wire } = request
  switch (name as (typeof CREDENTIAL_NAMES)[number]) {
    case 'clientid':
      return request.clientId
    case 'username':
      return request.username
    case 'password':
      return request.password && Buffer.from(request.password).toString('utf8')
    case 'peerhost':
      return wire.peerHost
    case 'peerport':
      return String(wire.peerPort)
    case 'peername':
      return `${wire.peerHost}:${wire.peerPort}`
    case 'listener':
      return wire.listener
    case 'zone':
      return wire.zone ?? DEFAULT_ZONE
    case 'cert_common_name':
      return wire.certCommonName
    case 'cert_subject':
      return wire.certSubject
    case 'cert_pem':
      return wire.certificate && pemOf(wire.certificate)
  }
  const attribute = name.startsWith('client_attrs.') ? name.slice('client_attrs.'.length) : ''
  const attributes = request.clientAttributes ?? {}
  return Object.hasOwn(attributes, attribute) ? attributes[attribute] : undefined
}

const PEM_LINE = /.{1,64}/g

/** The text form of a certificate. */
export function pemOf(certificate: Uint8Array): string {
  const lines = Buffer.from(certificate).toString('base64').match(PEM_LINE) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}
