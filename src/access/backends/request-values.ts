import type { AuthorizeRequest } from '#plugin/define-authorizer.ts'
import { credentialValue } from '../authentication/credential-values.ts'
import type { ValueOf } from './fill-template.ts'

/** Values of placeholders for a request about a topic. */
export function requestValues(request: AuthorizeRequest): ValueOf {
  return (name) => {
    switch (name) {
      case 'topic':
        return request.topic
      case 'action':
        return request.action
      case 'qos':
        return String(request.qos)
      case 'retain':
        return String(request.retain)
      default:
        return credentialValue(request.client, name)
    }
  }
}
