import type { FastifyError } from 'fastify'
import type { Log } from '#broker/ports.ts'
import { ApiError } from './api-error.ts'

/** How many wrong places of a request are told. */
const PROBLEMS_MAX = 20

/** The failure that the caller is told for whatever was thrown. */
export function failureOf(error: unknown, log: Log): ApiError {
  if (error instanceof ApiError) return error
  const { validation, validationContext, statusCode, code } = error as Partial<FastifyError>
  if (validation !== undefined) {
    const where = validationContext === 'querystring' ? 'query' : (validationContext ?? 'request')
    const problems = validation.slice(0, PROBLEMS_MAX).map((problem) => {
      return sayProblem(where, problem)
    })
    return new ApiError(400, 'BAD_REQUEST', `${[...new Set(problems)].join('; ')}.`)
  }
  const message = error instanceof Error ? error.message : String(error)
  switch (statusCode) {
    case 413:
      return new ApiError(413, 'PAYLOAD_TOO_LARGE', message)
    case 415:
      return new ApiError(415, 'UNSUPPORTED_MEDIA_TYPE', `${message}. Send application/json.`)
    case undefined:
      break
    default:
      if (statusCode < 500) return new ApiError(statusCode, 'BAD_REQUEST', message)
  }
  const stack = error instanceof Error ? error.stack : undefined
  log.error('rest_api_failed', { reason: message, code, stack })
  return new ApiError(500, 'INTERNAL_ERROR', 'The server failed; its log says why.')
}

interface Problem {
  readonly instancePath: string
  readonly keyword: string
  readonly message?: string
  readonly params: Readonly<Record<string, unknown>>
}

/** `body.qos must be one of 0, 1, 2`. */
function sayProblem(where: string, { instancePath, keyword, message, params }: Problem): string {
  const path = [where, ...instancePath.split('/').slice(1).map(unescape)].join('.')
  switch (keyword) {
    case 'enum': {
      const allowed = params['allowedValues'] as readonly unknown[]
      return `${path} must be one of ${allowed.join(', ')}`
    }
    case 'required':
      return `${path}.${String(params['missingProperty'])} is missing`
    case 'additionalProperties':
      return `${path}.${String(params['additionalProperty'])} is not known`
    default:
      return `${path} ${message ?? 'is not valid'}`
  }
}

/** Names in a JSON pointer. */
function unescape(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~')
}
