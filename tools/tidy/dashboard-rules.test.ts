import { test } from 'node:test'
import { checkDashboard } from './dashboard-rules.ts'
import { expectProblems } from './expect-problems.ts'

test('the dashboard imports types of the contract and nothing else of the product', () => {
  const lines = [
    `import type { listClients } from '#management/contract/clients.ts'`,
    `import { Table } from 'antd'`,
    `import { call } from '../api/call.ts'`,
    `import { listUsers } from '#management/contract/users.ts'`,
    `import type { Log } from '#broker/ports.ts'`,
    `import '../../../src/app/main.ts'`,
    `import { toHex } from '../../../src/kernel/payload-format.ts'`,
  ]
  expectProblems(checkDashboard, { 'dashboard/src/pages/a.tsx': lines.join('\n') }, [
    /a\.tsx:4: #management\/contract\/users\.ts: import type/,
    /a\.tsx:5: #broker\/ports\.ts: only #management\/contract\//,
    /a\.tsx:6: .* leads out of the dashboard/,
  ])
})
