import type { ErrorCode } from '../contract/error-codes.ts'

/** A failure that the caller of the REST API is told. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly code: ErrorCode
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: number,
    code: ErrorCode,
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message)
    this.status = status
    this.code = code
    this.headers = headers
  }
}

/** 400: the request is wrong. */
export function badRequest(message: string, code: ErrorCode = 'BAD_REQUEST'): ApiError {
  return new ApiError(400, code, message)
}

/** 400: a cursor of another list, or of nobody. */
export function badCursor(): ApiError {
  return badRequest('query.cursor is not one that this API has given.')
}

/** 404: what the request is about does not exist. */
export function notFound(message: string, code: ErrorCode = 'NOT_FOUND'): ApiError {
  return new ApiError(404, code, message)
}

/** 409: the request contradicts what there is. */
export function conflict(message: string, code: ErrorCode = 'CONFLICT'): ApiError {
  return new ApiError(409, code, message)
}
