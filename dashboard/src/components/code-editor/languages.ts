import { json, jsonParseLinter } from '@codemirror/lang-json'
import { StreamLanguage } from '@codemirror/language'
import { linter } from '@codemirror/lint'
import type { Extension } from '@codemirror/state'

/** JSON, with what is no JSON underlined. */
export const JSON_LANGUAGE: Extension = [json(), linter(jsonParseLinter())]

/** A text with places such as `${clientid}` in it, which may look like JSON or SQL. */
export const TEMPLATE: Extension = StreamLanguage.define<null>({
  name: 'template',
  token(stream) {
    if (stream.match(/^\$\{[^}]*\}?/)) return 'keyword'
    if (stream.match(/^-?\d+(?:\.\d+)?\b/)) return 'number'
    if (stream.match(/^(?:true|false|null)\b/)) return 'bool'
    if (stream.match(/^"(?:[^"\\$]|\\.|\$(?!\{))*"/)) return 'string'
    if (stream.match(/^\w+/)) return null
    stream.next()
    return null
  },
})

/** The language of Protocol Buffers, as far as colours go. */
export const PROTOBUF: Extension = StreamLanguage.define<null>({
  name: 'protobuf',
  token(stream) {
    if (stream.match(/^\/\/.*/)) return 'comment'
    if (stream.match(/^"(?:[^"\\]|\\.)*"?/)) return 'string'
    if (stream.match(/^\d+/)) return 'number'
    if (stream.match(/^(?:syntax|package|import|message|enum|oneof|map|repeated|optional)\b/)) {
      return 'keyword'
    }
    if (stream.match(/^(?:u?int(?:32|64)|s(?:int|fixed)(?:32|64)|fixed(?:32|64))\b/)) return 'type'
    if (stream.match(/^(?:bool|bytes|double|float|string)\b/)) return 'type'
    if (stream.match(/^\w+/)) return null
    stream.next()
    return null
  },
})
