/** Every function of the rule dialect. A new family is a file here and a line below. */
import type { FunctionDefinition } from '#plugin/define-function.ts'
import { bitFunctions } from './bits.ts'
import { codecFunctions } from './codec.ts'
import { conditionFunctions } from './condition.ts'
import { conversionFunctions } from './conversion.ts'
import { digestFunctions } from './digest.ts'
import { jqFunctions } from './jq.ts'
import { listFunctions } from './list.ts'
import { mapFunctions } from './map.ts'
import { mathFunctions } from './math.ts'
import { messageFunctions } from './message.ts'
import { nullFunctions } from './null.ts'
import { pickFunctions } from './pick.ts'
import { schemaFunctions } from './schema.ts'
import { stateFunctions } from './state.ts'
import { textPartFunctions } from './text-part.ts'
import { textPatternFunctions } from './text-pattern.ts'
import { textShapeFunctions } from './text-shape.ts'
import { timeFunctions } from './time.ts'
import { typeTestFunctions } from './type-test.ts'

export const ruleFunctions: readonly FunctionDefinition[] = [
  ...messageFunctions,
  ...nullFunctions,
  ...conditionFunctions,
  ...mathFunctions,
  ...bitFunctions,
  ...conversionFunctions,
  ...typeTestFunctions,
  ...textShapeFunctions,
  ...textPartFunctions,
  ...textPatternFunctions,
  ...mapFunctions,
  ...listFunctions,
  ...digestFunctions,
  ...codecFunctions,
  ...jqFunctions,
  ...schemaFunctions,
  ...timeFunctions,
  ...stateFunctions,
  ...pickFunctions,
]
