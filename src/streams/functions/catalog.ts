/** Every function of the rule dialect. A new family is a file here and a line below. */
import type { FunctionDefinition } from '#plugin/define-function.ts'
import { caseFunctions } from './letter-case.ts'
import { clockFunctions } from './clock.ts'
import { conversionFunctions } from './conversion.ts'
import { digestFunctions } from './digest.ts'
import { listFunctions } from './list.ts'
import { mapFunctions } from './map.ts'
import { mathFunctions } from './math.ts'
import { messageFunctions } from './message.ts'
import { nullFunctions } from './null.ts'

export const ruleFunctions: readonly FunctionDefinition[] = [
  ...messageFunctions,
  ...nullFunctions,
  ...mathFunctions,
  ...conversionFunctions,
  ...caseFunctions,
  ...mapFunctions,
  ...listFunctions,
  ...digestFunctions,
  ...clockFunctions,
]
