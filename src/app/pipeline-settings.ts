/** From the configuration of validations and transformations to what the pipeline takes. */
import type { Problem } from '#config/decode.ts'
import type { TidewayConfig } from '#config/tideway-config.ts'
import { validateTopicFilterText } from '#codec/mqtt/topic.ts'
import { makeValidation } from '#streams/pipeline/make-check.ts'
import { makeTransformation } from '#streams/pipeline/make-transformation.ts'
import type { PipelineSpecs } from '#streams/pipeline/message-pipeline.ts'
import type {
  CheckSpec,
  FailureLevel,
  SerdeSpec,
  StepSpec,
  TransformationSpec,
  ValidationSpec,
} from '#streams/pipeline/pipeline-spec.ts'

type ValidationConfig = TidewayConfig['schema_validation']['validations'][number]
type TransformationConfig = TidewayConfig['message_transformation']['transformations'][number]

const FILTER_LEVELS_MAX = 65_535

const LEVELS: Readonly<Record<ValidationConfig['log_failure']['level'], FailureLevel>> = {
  debug: 'debug',
  info: 'info',
  notice: 'info',
  warning: 'warn',
  error: 'error',
  critical: 'error',
  alert: 'error',
  emergency: 'error',
  none: 'none',
}

/** The steps of the configuration. */
export function toPipelineSpecs(config: TidewayConfig): PipelineSpecs {
  return {
    validations: config.schema_validation.validations.map(toValidationSpec),
    transformations: config.message_transformation.transformations.map(toTransformationSpec),
  }
}

function toStep(step: ValidationConfig | TransformationConfig): StepSpec {
  const { name, enable, tags, description, topics } = step
  const { failure_action: failureAction, log_failure: log } = step
  const logLevel = LEVELS[log.level]
  return { name, enable, tags, description, topics, failureAction, logLevel }
}

/** A validation of the configuration. */
export function toValidationSpec(validation: ValidationConfig): ValidationSpec {
  const { strategy, checks } = validation
  return { ...toStep(validation), strategy, checks: checks.map(toCheck) }
}

function toCheck(check: ValidationConfig['checks'][number]): CheckSpec {
  if (check.type !== 'protobuf') return check
  return { type: 'protobuf', schema: check.schema, messageType: check.message_type }
}

/** A transformation of the configuration. */
export function toTransformationSpec(transformation: TransformationConfig): TransformationSpec {
  const { payload_decoder: decoder, payload_encoder: encoder, operations } = transformation
  return {
    ...toStep(transformation),
    decoder: toSerde(decoder),
    encoder: toSerde(encoder),
    operations,
  }
}

function toSerde(serde: TransformationConfig['payload_decoder']): SerdeSpec {
  return { type: serde.type, schema: serde.schema, messageType: serde.message_type }
}

/** Steps that cannot be made as they are written. */
export function pipelineProblems(config: TidewayConfig): readonly Problem[] {
  const { validations, transformations } = toPipelineSpecs(config)
  return [
    ...validations.flatMap((spec, index) => {
      const path = ['schema_validation', 'validations', String(index)]
      return stepProblems(path, spec, validations, () => makeValidation(spec))
    }),
    ...transformations.flatMap((spec, index) => {
      const path = ['message_transformation', 'transformations', String(index)]
      return stepProblems(path, spec, transformations, () => makeTransformation(spec))
    }),
  ]
}

function stepProblems(
  path: readonly string[],
  spec: StepSpec,
  all: readonly StepSpec[],
  make: () => unknown,
): readonly Problem[] {
  if (all.find(({ name }) => name === spec.name) !== spec) {
    return [{ path: [...path, 'name'], message: `is taken already: ${spec.name}` }]
  }
  for (const filter of spec.topics) {
    const wrong = validateTopicFilterText(filter, FILTER_LEVELS_MAX)
    if (wrong === undefined) continue
    return [{ path: [...path, 'topics'], message: `"${filter}" is no filter: ${wrong.detail}` }]
  }
  try {
    make()
    return []
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return [{ path, message: `cannot run: ${message}` }]
  }
}
