import { checkGlobals, checkHotPath, checkSockets } from './ban-rules.ts'
import { checkDashboard } from './dashboard-rules.ts'
import { checkTexts } from './dashboard-texts.ts'
import { checkDocs } from './doc-rules.ts'
import { checkCatalogs, checkCycles, checkReach } from './graph-rules.ts'
import { checkImports } from './import-rules.ts'
import type { Rule } from './problem.ts'
import type { Project } from './project.ts'
import { checkFunctions, checkLines } from './size-rules.ts'
import { checkSwitchedTests } from './test-rules.ts'
import { checkBarrels, checkNames, checkSyntax, checkWords } from './text-rules.ts'

/** Every rule of the house with what it asks for. */
export const RULES: ReadonlyMap<string, Rule<Project>> = new Map([
  ['every file parses', checkSyntax],
  ['a file imports its own layer and lower ones, by complete paths', checkImports],
  ['the dashboard imports types of the contract only', checkDashboard],
  ['the texts of the dashboard are shown, and alike in both languages', checkTexts],
  ['files do not import each other in a circle', checkCycles],
  ['every source is reached by the product or a test', checkReach],
  ['every plugin is in its catalogue', checkCatalogs],
  ['pure folders take time, randomness and the process through ports', checkGlobals],
  ['sockets are destroyed in one place', checkSockets],
  ['the hot path stays synchronous and plain', checkHotPath],
  ['files and lines are short', checkLines],
  ['functions are short', checkFunctions],
  ['exported functions and classes have doc comments', checkDocs],
  ['files have kebab-case names', checkNames],
  ['no file only passes on others', checkBarrels],
  ['no test is switched off', checkSwitchedTests],
  ['texts speak of the product only and are finished', checkWords],
])
