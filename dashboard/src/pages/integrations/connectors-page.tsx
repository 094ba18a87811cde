import { IntegrationRoutes } from './integration-routes.tsx'

/** Connectors. */
export default function ConnectorsPage() {
  return <IntegrationRoutes root="connectors" />
}
