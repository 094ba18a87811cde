import type { Project } from '../tidy/project.ts'
import type { Statement } from './statements.ts'
import { type TagUse, findTags } from './tag-use.ts'

/** What the code and its tests say about the statements of the standards. */
export interface ConformanceReport {
  /** Statements that bind a server and repeat no other, and how many of them a test proves. */
  readonly serverStatements: number
  readonly provenStatements: number
  /** They bind a server, no test names them, and no reason is given. */
  readonly untested: readonly Statement[]
  /** They bind a server, and no line of source names them. */
  readonly unsourced: readonly Statement[]
  /** A reason is given for having no test, and there is one all the same. */
  readonly needlessReasons: readonly Statement[]
  /** Tags in the code which no table has. */
  readonly unknown: readonly TagUse[]
  /** Statements that are the same as one which no table has. */
  readonly dangling: readonly Statement[]
}

/** Compares the tags in `src/` and `test/` of a project with the statements. */
export function makeReport(project: Project, statements: readonly Statement[]): ConformanceReport {
  const files = [...project.sources.values()].filter(({ path }) => /^(?:src|test)\//.test(path))
  const uses = files.flatMap(findTags)
  const known = new Set(statements.map(({ tag }) => tag))
  const tested = tagsOf(uses, 'test')
  const sourced = tagsOf(uses, 'source')
  const server = statements.filter(({ binds, sameAs }) => binds !== 'client' && sameAs.length === 0)
  return {
    serverStatements: server.length,
    provenStatements: server.filter(({ tag }) => tested.has(tag)).length,
    untested: server.filter(({ tag, untestedReason }) => {
      return !tested.has(tag) && untestedReason === ''
    }),
    unsourced: server.filter(({ tag }) => !sourced.has(tag)),
    needlessReasons: server.filter(({ tag, untestedReason }) => {
      return tested.has(tag) && untestedReason !== ''
    }),
    unknown: uses.filter(({ tag }) => !known.has(tag)),
    dangling: statements.filter(({ sameAs }) => sameAs.some((other) => !known.has(other))),
  }
}

/** True when every statement that binds a server is proven or excused, and every tag is known. */
export function isConformant(report: ConformanceReport): boolean {
  const { untested, needlessReasons, unknown, dangling } = report
  return untested.length + needlessReasons.length + unknown.length + dangling.length === 0
}

/** The report as text for a terminal. */
export function formatReport(report: ConformanceReport): string {
  const { untested, unsourced, needlessReasons, unknown, dangling } = report
  const places = unknown.map(({ path, line, tag }) => `${path}:${line}: [${tag}]`)
  return [
    section('server statements without a test', untested.map(formatStatement)),
    section('server statements named by no line of source', unsourced.map(formatStatement)),
    section('reasons for having no test, where there is one', needlessReasons.map(formatStatement)),
    section('tags that no table has', places),
    section('statements that repeat an unknown one', dangling.map(formatStatement)),
    `${report.provenStatements} of ${report.serverStatements} server statements proven by a test`,
  ].join('\n\n')
}

function section(title: string, lines: readonly string[]): string {
  return [`${title}: ${lines.length}`, ...lines.map((line) => `  ${line}`)].join('\n')
}

function formatStatement({ tag, section: number, summary }: Statement): string {
  return `[${tag}] §${number} ${summary}`
}

function tagsOf(uses: readonly TagUse[], kind: TagUse['kind']): ReadonlySet<string> {
  return new Set(uses.filter((use) => use.kind === kind).map(({ tag }) => tag))
}
