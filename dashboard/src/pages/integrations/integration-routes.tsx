import { Route, Routes } from 'react-router'
import type { Root } from './api.ts'
import { IntegrationDetails } from './integration-details.tsx'
import { IntegrationList } from './integration-list.tsx'

/** All of a root, or one of them. */
export function IntegrationRoutes({ root }: { root: Root }) {
  return (
    <Routes>
      <Route index element={<IntegrationList root={root} />} />
      <Route path="id/:id" element={<IntegrationDetails root={root} />} />
    </Routes>
  )
}
