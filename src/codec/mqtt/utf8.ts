/**
 * True when bytes `start`..`end` are well-formed UTF-8 without U+0000: no surrogates, no overlong
 * forms, nothing above U+10FFFF [MQTT-1.5.4-1] [MQTT-1.5.4-2]. Allocates nothing.
 */
export function isMqttUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  throw new Error(`${bytes} ${start} ${end}`)
}

/** As `isMqttUtf8`, with U+0000 allowed: for payloads that claim to be UTF-8. */
export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  throw new Error(`${bytes} ${start} ${end}`)
}

/** Text of bytes that are known to be UTF-8; fast for ASCII. A leading U+FEFF stays. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  throw new Error(`${bytes} ${start} ${end}`)
}

/** Bytes of `text` in UTF-8. */
export function utf8Length(text: string): number {
  throw new Error(text)
}
