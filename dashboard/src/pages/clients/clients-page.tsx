import { Route, Routes } from 'react-router'
import { ClientDetails } from './client-details.tsx'
import { ClientList } from './client-list.tsx'

/** All clients, or one of them. */
export default function ClientsPage() {
  return (
    <Routes>
      <Route index element={<ClientList />} />
      <Route path=":clientId" element={<ClientDetails />} />
    </Routes>
  )
}
