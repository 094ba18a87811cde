import type { ManagementContext } from '../context.ts'
import type { Route } from '../http/route.ts'
import { apiKeyRoutes } from './api-keys.ts'
import { auditRoutes } from './audit.ts'
import { authenticationRoutes } from './authentication.ts'
import { authorizationRuleRoutes } from './authorization-rules.ts'
import { authorizationRoutes } from './authorization.ts'
import { bannedRoutes } from './banned.ts'
import { clientMessageRoutes } from './client-messages.ts'
import { clientRoutes } from './clients.ts'
import { configRoutes } from './configs.ts'
import { dataRoutes } from './data.ts'
import { delayedRoutes } from './delayed.ts'
import { integrationRoutes } from './integrations.ts'
import { listenerRoutes } from './listeners.ts'
import { loginRoutes } from './login.ts'
import { logRoutes } from './logs.ts'
import { nodeRoutes } from './nodes.ts'
import { observeRoutes } from './observe.ts'
import { openTelemetryRoutes } from './opentelemetry.ts'
import { pipelineRoutes } from './pipeline.ts'
import { prometheusRoutes } from './prometheus.ts'
import { publishRoutes } from './publish.ts'
import { retainerRoutes } from './retainer.ts'
import { ruleTestRoutes } from './rule-tests.ts'
import { ruleRoutes } from './rules.ts'
import { schemaRoutes } from './schemas.ts'
import { settingsRoutes } from './settings.ts'
import { ssoRoutes } from './sso.ts'
import { subscriptionRoutes } from './subscriptions.ts'
import { traceRoutes } from './trace.ts'
import { userRoutes } from './users.ts'
import { watchRoutes } from './watch.ts'

/** Every operation of the REST API with what does it. */
export function allRoutes(context: ManagementContext): readonly Route[] {
  const routes = [
    ...loginRoutes(context),
    ...userRoutes(context),
    ...ssoRoutes(context),
    ...nodeRoutes(context),
    ...clientRoutes(context),
    ...clientMessageRoutes(context),
    ...subscriptionRoutes(context),
    ...publishRoutes(context),
    ...retainerRoutes(context),
    ...delayedRoutes(context),
    ...listenerRoutes(context),
    ...settingsRoutes(context),
    ...configRoutes(context),
    ...dataRoutes(context),
    ...ruleRoutes(context),
    ...integrationRoutes(context),
    ...ruleTestRoutes(context),
    ...schemaRoutes(context),
    ...pipelineRoutes(context),
    ...watchRoutes(context),
    ...traceRoutes(context),
    ...authenticationRoutes(context),
    ...authorizationRoutes(context),
    ...authorizationRuleRoutes(context),
    ...bannedRoutes(context),
    ...auditRoutes(context),
    ...observeRoutes(context),
    ...prometheusRoutes(context),
    ...logRoutes(context),
    ...openTelemetryRoutes(context),
  ]
  // Keys can be limited to what is above.
  return [...routes, ...apiKeyRoutes(context, routes)]
}
