/** Takes ASN.1 in DER form (X.690) apart. */

const LONG_LENGTH = 0x80

/** One element of a text in DER form: offsets of all of it and of its contents. */
export interface Element {
  readonly tag: number
  readonly start: number
  readonly contentStart: number
  readonly end: number
}

/**
 * The element that begins at an offset.
 * @throws RangeError when it is cut off
 */
export function elementAt(der: Buffer, start: number): Element {
  const tag = der.readUInt8(start)
  const first = der.readUInt8(start + 1)
  const lengthBytes = first < LONG_LENGTH ? 0 : first - LONG_LENGTH
  const length = lengthBytes === 0 ? first : der.readUIntBE(start + 2, lengthBytes)
  const contentStart = start + 2 + lengthBytes
  const end = contentStart + length
  if (end > der.length) throw new RangeError('it is cut off')
  return { tag, start, contentStart, end }
}

/**
 * The elements that an element is made of.
 * @throws RangeError when one of them is cut off
 */
export function childrenOf(der: Buffer, parent: Element): readonly Element[] {
  const children: Element[] = []
  for (let at = parent.contentStart; at < parent.end;) {
    const child = elementAt(der, at)
    children.push(child)
    at = child.end
  }
  return children
}

/** The contents of an element. */
export function contentOf(der: Buffer, { contentStart, end }: Element): Buffer {
  return der.subarray(contentStart, end)
}

/**
 * An element that has to be there.
 * @throws RangeError when it is not
 */
export function need(element: Element | undefined): Element {
  if (element === undefined) throw new RangeError('it lacks a part')
  return element
}
