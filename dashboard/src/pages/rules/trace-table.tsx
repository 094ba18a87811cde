import { type TableColumnsType, Tag, Typography } from 'antd'
import { WideTable } from '../../components/wide-table.tsx'
import { showTime } from '../../format/numbers.ts'
import { useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'

/** Something that a statement did. */
interface Line {
  readonly at: number
  readonly step: string
  readonly fields: Readonly<Record<string, string>>
}

/** A line with its place in the table. */
export type Row = Line & { readonly key: number }

const LINES_MAX = 200
const COLORS: Readonly<Record<string, string>> = {
  output: 'success',
  action_succeeded: 'success',
  no_result: 'warning',
  sql_failed: 'error',
  action_failed: 'error',
}

/** The latest first; the oldest give way. */
export function addLines(before: readonly Row[], lines: readonly Line[]): readonly Row[] {
  let key = before[0]?.key ?? 0
  const rows = lines.map((line) => ({ ...line, key: ++key }))
  return [...rows.reverse(), ...before].slice(0, LINES_MAX)
}

/** A line never changes: one that is there is not drawn again when others come. */
function isOther(row: Row, before: Row): boolean {
  return row !== before
}

/** What a statement did with real messages: why one does not match, or fails. */
export function TraceTable({ rows, none }: { rows: readonly Row[]; none: string }) {
  const t = useTexts(TEXTS)
  const columns: TableColumnsType<Row> = [
    { title: t('time'), shouldCellUpdate: isOther, render: (_, { at }) => showTime(at) },
    {
      title: t('step'),
      shouldCellUpdate: isOther,
      render: (_, { step }) => <Tag color={COLORS[step] ?? 'default'}>{step}</Tag>,
    },
    {
      title: t('details'),
      shouldCellUpdate: isOther,
      render: (_, { fields }) =>
        Object.entries(fields).map(([name, value]) => (
          <div key={name} style={{ overflowWrap: 'anywhere' }}>
            <Typography.Text type="secondary">{name}</Typography.Text> {value}
          </div>
        )),
    },
  ]
  return <WideTable<Row> rows={rows} columns={columns} pagination={false} empty={none} />
}
