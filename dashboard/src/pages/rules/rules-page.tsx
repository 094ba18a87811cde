import { Route, Routes } from 'react-router'
import { RuleDetails } from './rule-details.tsx'
import { RuleList } from './rule-list.tsx'

/** All rules, or one of them. */
export default function RulesPage() {
  return (
    <Routes>
      <Route index element={<RuleList />} />
      <Route path="new" element={<RuleDetails isNew />} />
      <Route path="id/:id" element={<RuleDetails />} />
    </Routes>
  )
}
