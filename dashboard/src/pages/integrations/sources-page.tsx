import { IntegrationRoutes } from './integration-routes.tsx'

/** Sources. */
export default function SourcesPage() {
  return <IntegrationRoutes root="sources" />
}
