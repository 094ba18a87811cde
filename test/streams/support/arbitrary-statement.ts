/** Random syntax trees of the rule dialect. */
import fc from 'fast-check'
import type { BinaryOp } from '#streams/sql/dialect.ts'
import type { Expression, Path, SelectItem, Statement, Step } from '#streams/sql/tree.ts'

const PLACE = { start: 0, end: 0 } as const
const OPS: readonly BinaryOp[] = [
  ...(['or', 'and', '=', '!=', '<', '>', '<=', '>=', 'like'] as const),
  ...(['+', '-', '*', '/', 'div', 'mod'] as const),
]
const CALLS: readonly (readonly [name: string, count: number])[] = [
  ['is_null', 1],
  ['str', 1],
  ['lower', 1],
  ['abs', 1],
  ['map_new', 0],
]

/** Names of columns that the sample record has, and some that it has not. */
const name = fc.constantFrom(
  'payload',
  'payload',
  'payload',
  'topic',
  'qos',
  'clientid',
  'a',
  'none',
  'item',
  '__proto__',
)
const key = fc.constantFrom('a', 'b', 'list', 'none', 'constructor', 'in', "it's", 'x y')
const text = fc.constantFrom('', 'a', 't/a', '12', "it's", 'ÄÖ', '%a_')

const literal = fc
  .oneof(fc.nat(100), fc.constantFrom(0.5, 12.25), text, fc.boolean())
  .map((value): Expression => ({ kind: 'literal', value, ...PLACE }))

/** Elements of lists that the sample record has. */
const element = fc
  .tuple(fc.constantFrom('list', 'b'), fc.constantFrom(0, 1, 2, 3, 0.5, 1.5), fc.boolean())
  .map(([list, value, isNegative]): Expression => {
    const size: Expression = { kind: 'literal', value, ...PLACE }
    const index: Expression = { kind: 'unary', op: '-', operand: size, ...PLACE }
    const steps: Step[] = [
      { kind: 'key', key: list },
      { kind: 'index', index: isNegative && value > 0 ? index : size, fromEnd: false },
    ]
    return { kind: 'path', root: 'payload', steps, ...PLACE }
  })

const { expression, path } = fc.letrec<{ expression: Expression; path: Path; step: Step }>(
  (tie) => ({
    step: fc.oneof(
      { weight: 4, arbitrary: key.map((one): Step => ({ kind: 'key', key: one })) },
      tie('expression').map((index): Step => {
        const isMinus = index.kind === 'unary' && index.op === '-'
        return { kind: 'index', index: isMinus ? index.operand : index, fromEnd: false }
      }),
    ),
    path: fc
      .tuple(name, fc.array(tie('step'), { maxLength: 2 }))
      .map(([root, steps]): Path => ({ kind: 'path', root, steps, ...PLACE })),
    expression: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      literal,
      element,
      tie('path'),
      fc
        .array(tie('expression'), { maxLength: 3 })
        .map((items): Expression => ({ kind: 'list', items, ...PLACE })),
      fc
        .tuple(fc.constantFrom(...OPS), tie('expression'), tie('expression'))
        .map(([op, left, right]): Expression => ({ kind: 'binary', op, left, right, ...PLACE })),
      fc
        .tuple(fc.constantFrom('not' as const, '-' as const), tie('expression'))
        .map(([op, operand]): Expression => ({ kind: 'unary', op, operand, ...PLACE })),
      fc
        .tuple(
          fc.boolean(),
          tie('expression'),
          fc.array(tie('expression'), { minLength: 1, maxLength: 3 }),
        )
        .map(([negated, operand, items]): Expression => {
          return { kind: 'in', negated, operand, items, ...PLACE }
        }),
      fc
        .tuple(fc.constantFrom(...CALLS), tie('expression'))
        .map(([[called, count], arg]): Expression => {
          const args = count === 0 ? [] : [arg]
          return { kind: 'call', name: called, nameSpan: PLACE, args, ...PLACE }
        }),
      fc
        .tuple(
          fc.option(tie('expression'), { nil: undefined }),
          fc.array(fc.record({ when: tie('expression'), then: tie('expression') }), {
            minLength: 1,
            maxLength: 2,
          }),
          fc.option(tie('expression'), { nil: undefined }),
        )
        .map(([operand, branches, otherwise]): Expression => {
          return { kind: 'case', operand, branches, otherwise, ...PLACE }
        }),
    ),
  }),
)

const item = fc.oneof(
  fc.constant<SelectItem>({ kind: 'all', ...PLACE }),
  fc
    .tuple(expression, fc.option(path, { nil: undefined }))
    .map(([one, alias]): SelectItem => ({ kind: 'selected', expression: one, alias, ...PLACE })),
)
const items = fc.array(item, { minLength: 1, maxLength: 3 })
const sources = fc
  .array(fc.constantFrom('t/#', 'a', '$events/client/connected'), { minLength: 1, maxLength: 2 })
  .map((names) => names.map((one) => ({ name: one, ...PLACE })))
const condition = fc.option(expression, { nil: undefined })

/** An expression of the rule dialect, which need not make sense. */
export const arbitraryExpression: fc.Arbitrary<Expression> = expression

/** A statement that can be read; it need not make sense. */
export const arbitraryStatement: fc.Arbitrary<Statement> = fc.oneof(
  fc.record({ kind: fc.constant('select' as const), items, sources, where: condition }),
  fc.record({
    kind: fc.constant('foreach' as const),
    items,
    each: fc.option(items, { nil: undefined }),
    inCase: condition,
    sources,
    where: condition,
  }),
)
