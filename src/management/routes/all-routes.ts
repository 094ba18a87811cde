import type { ManagementContext } from '../context.ts'
import type { Route } from '../http/route.ts'
import { apiKeyRoutes } from './api-keys.ts'
import { clientRoutes } from './clients.ts'
import { loginRoutes } from './login.ts'
import { nodeRoutes } from './nodes.ts'
import { publishRoutes } from './publish.ts'
import { userRoutes } from './users.ts'

/** Every operation of the REST API with what does it. */
export function allRoutes(context: ManagementContext): readonly Route[] {
  return [
    ...loginRoutes(context),
    ...userRoutes(context),
    ...apiKeyRoutes(context),
    ...nodeRoutes(context),
    ...clientRoutes(context),
    ...publishRoutes(context),
  ]
}
