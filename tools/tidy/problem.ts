import type { Waiver } from '../layers.ts'

/** One broken rule at one place. */
export interface Problem {
  readonly rule: string
  /** Path from the root of the repository. */
  readonly path: string
  /** Counted from 1. */
  readonly line: number
  /** What is wrong and what to do about it. */
  readonly message: string
}

/** A rule looks at the whole repository and returns what breaks it. */
export type Rule<Input> = (input: Input) => readonly Problem[]

/** Text of a problem as editors and terminals can open it. */
export function formatProblem(problem: Problem): string {
  return `${problem.path}:${problem.line}: ${problem.message} [${problem.rule}]`
}

/** The problems no waiver covers, and the waivers that cover no problem. */
export function applyWaivers(
  problems: readonly Problem[],
  waivers: readonly Waiver[],
): { readonly open: readonly Problem[]; readonly unused: readonly Waiver[] } {
  const covers = (waiver: Waiver, problem: Problem): boolean =>
    waiver.rule === problem.rule && waiver.path === problem.path
  return {
    open: problems.filter((problem) => !waivers.some((waiver) => covers(waiver, problem))),
    unused: waivers.filter((waiver) => !problems.some((problem) => covers(waiver, problem))),
  }
}
