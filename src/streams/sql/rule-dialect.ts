import { ruleFunctions } from '../functions/catalog.ts'
import type { BinaryOp, Dialect, InfixOperator } from './dialect.ts'
import { FunctionCatalog } from './function-catalog.ts'
import { ruleSemantics } from './rule-semantics.ts'

const KEYWORDS =
  'AND AS CASE IF ELSE ELSIF FROM IN NOT OR SELECT WHEN THEN FOREACH INCASE END DO WHERE'

/** Longer ones first. */
const SYMBOLS = '<= >= <> != =~ .. = < > + - * / ( ) [ ] , . ;'

/** From the loosest to the tightest; NOT stands between AND and the comparisons. */
const Power = { OR: 1, AND: 2, NOT: 3, COMPARE: 4, SUM: 5, PRODUCT: 6, SIGN: 7 } as const

function infix(op: BinaryOp, power: number): InfixOperator {
  return { op, power, chains: power !== Power.COMPARE }
}

function compareAs(written: string, op: BinaryOp): readonly [string, InfixOperator] {
  return [written, infix(op, Power.COMPARE)]
}

/** The SQL of rules, as EMQX 5 has it; LIKE and block comments are added. */
export const ruleDialect: Dialect = {
  name: 'rule',
  keywords: new Set(KEYWORDS.split(' ')),
  stringQuotes: "'",
  nameQuote: '"',
  nameExtra: '$@~',
  symbols: SYMBOLS.split(' '),
  infix: new Map([
    ['OR', infix('or', Power.OR)],
    ['AND', infix('and', Power.AND)],
    compareAs('=', '='),
    compareAs('!=', '!='),
    compareAs('<>', '!='),
    compareAs('<', '<'),
    compareAs('>', '>'),
    compareAs('<=', '<='),
    compareAs('>=', '>='),
    compareAs('=~', '=~'),
    compareAs('like', 'like'),
    ['+', infix('+', Power.SUM)],
    ['-', infix('-', Power.SUM)],
    ['*', infix('*', Power.PRODUCT)],
    ['/', infix('/', Power.PRODUCT)],
    ['div', infix('div', Power.PRODUCT)],
    ['mod', infix('mod', Power.PRODUCT)],
  ]),
  prefixPower: { not: Power.NOT, sign: Power.SIGN },
  functions: new FunctionCatalog(ruleFunctions),
  semantics: ruleSemantics,
  sources: 'required',
}

/** Statements that check one message, which is given: they have no FROM. */
export const checkDialect: Dialect = { ...ruleDialect, name: 'check', sources: 'forbidden' }

/**
 * Single expressions, as EMQX writes them where there is no statement: text in either quotes, and
 * a dash may stand in a name, so that minus has spaces around it.
 */
export const expressionDialect: Dialect = {
  ...checkDialect,
  name: 'expression',
  stringQuotes: `'"`,
  nameQuote: '`',
  nameExtra: '$@~-',
}
