/** What a picture of rules is drawn from. */
export interface FlowRule {
  readonly id: string
  /** What it reads. */
  readonly from: readonly string[]
  /** What is done with its outputs. */
  readonly actions: readonly string[]
  readonly isEnabled: boolean
  readonly matched?: number
  readonly passed?: number
}

/** A box of the picture. */
export interface FlowBox {
  /** `source t/#`, `rule hot`, `action http:orders` */
  readonly key: string
  readonly kind: 'source' | 'rule' | 'action'
  readonly label: string
  /** The page that says more. */
  readonly to: string | undefined
  readonly isEnabled: boolean
  readonly column: number
  readonly row: number
}

/** A line of the picture. */
interface FlowLine {
  readonly from: string
  readonly to: string
  readonly count: number | undefined
}

export interface FlowGraph {
  readonly boxes: readonly FlowBox[]
  readonly lines: readonly FlowLine[]
}

/** Sources at the left, rules in the middle, actions at the right; each once. */
export function flowGraph(rules: readonly FlowRule[]): FlowGraph {
  const boxes = new Map<string, FlowBox>()
  const rows = [0, 0, 0]
  const add = (kind: FlowBox['kind'], label: string, isEnabled = true): string => {
    const key = `${kind} ${label}`
    const column = { source: 0, rule: 1, action: 2 }[kind]
    if (!boxes.has(key)) {
      const row = rows[column] ?? 0
      rows[column] = row + 1
      boxes.set(key, { key, kind, label, to: pageOf(kind, label), isEnabled, column, row })
    }
    return key
  }
  const lines = rules.flatMap(({ id, from, actions, isEnabled, matched, passed }) => {
    const rule = add('rule', id, isEnabled)
    return [
      ...[...new Set(from)].map((name) => {
        return { from: add('source', name), to: rule, count: matched }
      }),
      ...[...new Set(actions)].map((label) => {
        return { from: rule, to: add('action', label), count: passed }
      }),
    ]
  })
  return { boxes: [...boxes.values()], lines }
}

/** The page of what a box stands for. */
function pageOf(kind: FlowBox['kind'], label: string): string | undefined {
  switch (kind) {
    case 'rule':
      return label === '' ? undefined : `/rules/id/${encodeURIComponent(label)}`
    case 'source': {
      const [, source] = /^\$(?:bridges|sources)\/(?:source:)?(.+)$/.exec(label) ?? []
      if (source !== undefined) return `/sources/id/${encodeURIComponent(source)}`
      return label.startsWith('$events/') ? undefined : '/topics'
    }
    case 'action':
      if (label.startsWith('console')) return '/logs'
      return /^\w+:[^ ]+$/.test(label) ? `/actions/id/${encodeURIComponent(label)}` : undefined
  }
}
