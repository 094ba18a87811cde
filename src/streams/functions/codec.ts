import {
  deflateRawSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateRawSync,
  inflateSync,
} from 'node:zlib'
import { arg, defineFunction, variadic } from '#plugin/define-function.ts'
import { decodeJson, encodeJson } from '../values/json.ts'

/** More is not unpacked: a few bytes can stand for very many. */
const UNPACKED_BYTES_MAX = 16 * 1024 * 1024
const LIMITS = { maxOutputLength: UNPACKED_BYTES_MAX }

function pair(
  [packName, unpackName]: readonly [string, string],
  format: string,
  pack: (data: Buffer) => Buffer,
  unpack: (data: Buffer, options: typeof LIMITS) => Buffer,
) {
  return [
    defineFunction({
      name: packName,
      category: 'codec',
      arguments: [arg('data', 'bytes')],
      result: 'bytes',
      text: `The data compressed, ${format}.`,
      examples: [{ sql: `str(${unpackName}(${packName}('hello')))`, gives: 'hello' }],
      call: pack,
    }),
    defineFunction({
      name: unpackName,
      category: 'codec',
      arguments: [arg('data', 'bytes')],
      result: 'bytes',
      text: `The data without its compression, ${format}; at most 16 MB.`,
      examples: [{ sql: `str(${unpackName}(${packName}('hello')))`, gives: 'hello' }],
      call: (data) => unpack(data, LIMITS),
    }),
  ]
}

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/

function toBase64(data: Buffer, options: readonly string[]): string {
  checkOptions(options)
  const text = data.toString('base64')
  const safe = options.includes('urlsafe') ? text.replaceAll('+', '-').replaceAll('/', '_') : text
  return options.includes('no_padding') ? safe.replace(/=+$/, '') : safe
}

function fromBase64(text: string, options: readonly string[]): Buffer {
  checkOptions(options)
  const isPadded = text.length % 4 === 0
  if (!BASE64.test(text) || (!isPadded && !options.includes('no_padding'))) {
    throw new TypeError('the text is not base64')
  }
  return Buffer.from(text, 'base64')
}

function checkOptions(options: readonly string[]): void {
  for (const option of options) {
    if (option === 'no_padding' || option === 'urlsafe') continue
    throw new RangeError(`options of base64 are 'no_padding' and 'urlsafe', not '${option}'`)
  }
}

export const codecFunctions = [
  ...pair(['gzip', 'gunzip'], 'in the format of gzip', gzipSync, gunzipSync),
  ...pair(['zip', 'unzip'], 'as a bare DEFLATE stream', deflateRawSync, inflateRawSync),
  ...pair(['zip_compress', 'zip_uncompress'], 'in the format of zlib', deflateSync, inflateSync),
  defineFunction({
    name: 'base64_encode',
    category: 'codec',
    arguments: [arg('data', 'bytes'), variadic('options', 'string', "'no_padding', 'urlsafe'.")],
    result: 'string',
    text: 'The data in base64.',
    examples: [
      { sql: "base64_encode('a?>')", gives: 'YT8+' },
      { sql: "base64_encode('a?>b', 'no_padding', 'urlsafe')", gives: 'YT8-Yg' },
    ],
    call: (data, ...options) => toBase64(data, options),
  }),
  defineFunction({
    name: 'base64_decode',
    category: 'codec',
    arguments: [arg('text', 'string'), variadic('options', 'string', "'no_padding', 'urlsafe'.")],
    result: 'bytes',
    text: 'The data of a text in base64.',
    examples: [
      { sql: "str(base64_decode('YQ=='))", gives: 'a' },
      { sql: "str(base64_decode('YQ', 'no_padding'))", gives: 'a' },
      { sql: "base64_decode('Y')", fails: 'not base64' },
    ],
    call: (text, ...options) => fromBase64(text, options),
  }),
  defineFunction({
    name: 'json_encode',
    category: 'codec',
    arguments: [arg('value', 'any')],
    result: 'string',
    text: 'The value as JSON. What is missing becomes null.',
    examples: [{ sql: 'json_encode([1, true])', gives: '[1,true]' }],
    call: encodeJson,
  }),
  defineFunction({
    name: 'json_decode',
    category: 'codec',
    arguments: [arg('text', 'string')],
    result: 'any',
    text: 'The value of a JSON text. Fails when the text is none.',
    examples: [
      { sql: `json_decode('{"a":[1]}')`, gives: { a: [1] } },
      { sql: "json_decode('{')", fails: 'JSON' },
    ],
    call: decodeJson,
  }),
]
