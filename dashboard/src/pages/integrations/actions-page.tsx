import { IntegrationRoutes } from './integration-routes.tsx'

/** Actions. */
export default function ActionsPage() {
  return <IntegrationRoutes root="actions" />
}
