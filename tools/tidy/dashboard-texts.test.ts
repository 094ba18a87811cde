import { test } from 'node:test'
import { checkTexts } from './dashboard-texts.ts'
import { expectProblems } from './expect-problems.ts'

const PAGE = 'dashboard/src/pages/a'

function texts(en: Readonly<Record<string, string>>, zh = en): string {
  return [
    `import { defineTexts } from '../../i18n/i18n.ts'`,
    `export const TEXTS = defineTexts('a', ${JSON.stringify(en)}, ${JSON.stringify(zh)})`,
  ].join('\n')
}

test('a text of the dashboard that no page shows is told', () => {
  const page = [
    `import { TEXTS } from './texts.ts'`,
    `import type { Row } from '#management/contract/rows.ts'`,
    `import { KINDS } from './kinds.ts'`,
    `const RANGES = { hour: 3_600 }`,
    `export function Page({ row }) {`,
    `  const t = useTexts(TEXTS)`,
    `  const options = { title: 1 }`,
    `  const texts = [t('about'), t(row.state), t(KINDS[0]), t(rangeOf(RANGES))]`,
    `  return [...texts, t(\`kind-\${row.kind}\`)]`,
    `}`,
  ]
  const all = ['about', 'running', 'kind-a', 'listed', 'hour', 'title', 'kind', 'elsewhere']
  const files = {
    [`${PAGE}/texts.ts`]: texts(Object.fromEntries(all.map((key) => [key, 'x']))),
    [`${PAGE}/page.tsx`]: page.join('\n'),
    [`${PAGE}/kinds.ts`]: `export const KINDS = ['listed']`,
    'src/management/contract/rows.ts': `export interface Row { state: 'running'; kind: string }`,
    'dashboard/src/pages/b/page.tsx': `export const other = 'elsewhere'`,
  }
  expectProblems(checkTexts, files, [
    /a\/texts\.ts:2: nobody uses the text title/,
    /nobody uses the text kind:/,
    /nobody uses the text elsewhere/,
  ])
})

test('both languages have the same places to fill in', () => {
  const en = { a: '{{count}} of {{all}}', b: 'now {{time}}' }
  const zh = { a: '{{all}} 中的 {{count}}', b: '现在 {{tme}}' }
  const files = {
    [`${PAGE}/texts.ts`]: texts(en, zh),
    [`${PAGE}/page.tsx`]: `import { TEXTS } from './texts.ts'\nt('a', 'b')`,
  }
  expectProblems(checkTexts, files, [/b: other \{\{places\}\} in Chinese/])
})

test('a text of an alarm that the broker does not raise is told', () => {
  const files = {
    'dashboard/src/components/use-alarm-text.ts': texts({ storage_failed: 'x', flood: 'y' }),
    'src/management/observe/watchdog.ts': `alarms.set('storage_failed')`,
  }
  expectProblems(checkTexts, files, [/nobody uses the text flood/])
})
