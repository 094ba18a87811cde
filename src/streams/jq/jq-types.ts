/** The values of jq: those of JSON, with numbers of double precision. */
export type JqValue = null | boolean | number | string | readonly JqValue[] | JqObject

export interface JqObject {
  readonly [key: string]: JqValue
}
