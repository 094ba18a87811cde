import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type ProxyResult, ProxyHeaderReader, parseProxyHeader } from './proxy-header.ts'

const SIGNATURE = '0d0a0d0a000d0a515549540a'

function v2(command: string, family: string, body: string): Buffer {
  const bytes = Buffer.from(body, 'hex')
  const length = bytes.length.toString(16).padStart(4, '0')
  return Buffer.concat([Buffer.from(SIGNATURE + command + family + length, 'hex'), bytes])
}

function tlv(type: string, value: Buffer): string {
  return type + value.length.toString(16).padStart(4, '0') + value.toString('hex')
}

function ssl(client: string, verify: string, ...inner: string[]): string {
  return tlv('20', Buffer.from(client + verify + inner.join(''), 'hex'))
}

/** 192.0.2.1:56324 to 198.51.100.1:1883. */
const TCP4 = 'c0000201c6336401dc04075b'
/** 2001:db8::1 to ::1, ports 56324 and 1883. */
const TCP6 = `20010db8${'0'.repeat(23)}1${'0'.repeat(31)}1dc04075b`

function accepted(bytes: Buffer): { host?: string; port?: number; name?: string; rest: string } {
  const result = parseProxyHeader(bytes)
  assert.equal(result.kind, 'done', JSON.stringify(result))
  if (result.kind !== 'done') throw new Error('unreachable')
  const { source, certCommonName } = result.header
  return {
    ...(source !== undefined && { host: source.host, port: source.port }),
    ...(certCommonName !== undefined && { name: certCommonName }),
    rest: result.rest.toString('latin1'),
  }
}

function refusal(bytes: Buffer): string {
  const result = parseProxyHeader(bytes)
  assert.equal(result.kind, 'malformed')
  return result.kind === 'malformed' ? result.reason : ''
}

describe('PROXY protocol version 1', () => {
  it('reads TCP4 and leaves what follows', () => {
    const bytes = Buffer.from('PROXY TCP4 192.0.2.1 198.51.100.1 56324 1883\r\n\x10\x0c')
    assert.deepEqual(accepted(bytes), { host: '192.0.2.1', port: 56324, rest: '\x10\x0c' })
  })

  it('reads TCP6', () => {
    const bytes = Buffer.from('PROXY TCP6 2001:DB8::1 ::ffff:192.0.2.1 1 65535\r\n')
    assert.deepEqual(accepted(bytes), { host: '2001:db8::1', port: 1, rest: '' })
  })

  it('reads UNKNOWN with anything behind it', () => {
    assert.deepEqual(accepted(Buffer.from('PROXY UNKNOWN\r\nx')), { rest: 'x' })
    assert.deepEqual(accepted(Buffer.from('PROXY UNKNOWN a b c d e f\r\n')), { rest: '' })
  })

  for (const line of [
    'PROXY TCP4 192.0.2.1 198.51.100.1 56324',
    'PROXY TCP4 192.0.2.1 198.51.100.1 56324 1883 9',
    'PROXY TCP4 192.0.2.256 198.51.100.1 56324 1883',
    'PROXY TCP4 192.0.2.1 198.51.100.1 65536 1883',
    'PROXY TCP4 192.0.2.1 198.51.100.1 01 1883',
    'PROXY TCP4 2001:db8::1 ::1 1 2',
    'PROXY TCP6 192.0.2.1 198.51.100.1 1 2',
    'PROXY TCP6 1:2:3:4:5:6:7 ::1 1 2',
    'PROXY TCP6 1::2::3 ::1 1 2',
    'PROXY UDP4 192.0.2.1 198.51.100.1 1 2',
    'PROXY ',
  ]) {
    it(`refuses ${JSON.stringify(line)}`, () => {
      assert.notEqual(refusal(Buffer.from(`${line}\r\n`)), '')
    })
  }

  it('refuses a line that is too long, and waits no longer', () => {
    assert.match(refusal(Buffer.from(`PROXY UNKNOWN ${'x'.repeat(100)}`)), /too long/)
    assert.match(refusal(Buffer.from(`PROXY UNKNOWN ${'x'.repeat(100)}\r\n`)), /too long/)
  })
})

describe('PROXY protocol version 2', () => {
  it('reads TCP4 and leaves what follows', () => {
    const bytes = Buffer.concat([v2('21', '11', TCP4), Buffer.from('rest')])
    assert.deepEqual(accepted(bytes), { host: '192.0.2.1', port: 56324, rest: 'rest' })
  })

  it('reads TCP6 in the shortest form', () => {
    assert.deepEqual(accepted(v2('21', '21', TCP6)), {
      host: '2001:db8::1',
      port: 56324,
      rest: '',
    })
  })

  it('writes an IPv4-mapped address as IPv4', () => {
    const mapped = `${'0'.repeat(20)}ffffc0000201`
    assert.equal(accepted(v2('21', '21', `${mapped}${mapped}dc04075b`)).host, '192.0.2.1')
  })

  it('takes nothing from a LOCAL header', () => {
    assert.deepEqual(accepted(v2('20', '00', '')), { rest: '' })
    assert.deepEqual(accepted(v2('20', '11', TCP4)), { rest: '' })
    assert.deepEqual(accepted(v2('20', '11', 'ff')), { rest: '' })
  })

  it('takes no address from Unix sockets and datagrams', () => {
    assert.deepEqual(accepted(v2('21', '31', '00'.repeat(216))), { rest: '' })
    assert.deepEqual(accepted(v2('21', '12', TCP4)), { rest: '' })
  })

  it('reads the common name of a verified client certificate', () => {
    const name = tlv('22', Buffer.from('sensor 7 ü'))
    const other = tlv('21', Buffer.from('TLSv1.3'))
    const body = TCP4 + tlv('04', Buffer.alloc(9)) + ssl('07', '00000000', other, name)
    assert.equal(accepted(v2('21', '11', body)).name, 'sensor 7 ü')
  })

  it('takes no name from a certificate that was not verified or not given', () => {
    const name = tlv('22', Buffer.from('mallory'))
    assert.equal(accepted(v2('21', '11', TCP4 + ssl('07', '00000001', name))).name, undefined)
    assert.equal(accepted(v2('21', '11', TCP4 + ssl('01', '00000000', name))).name, undefined)
    assert.equal(accepted(v2('21', '11', TCP4 + ssl('07', '00000000'))).name, undefined)
  })

  it('refuses other versions, commands, families and cut off contents', () => {
    assert.match(refusal(v2('11', '11', TCP4)), /version/)
    assert.match(refusal(v2('22', '11', TCP4)), /command/)
    assert.match(refusal(v2('21', '41', TCP4)), /family/)
    assert.match(refusal(v2('21', '13', TCP4)), /transport/)
    assert.match(refusal(v2('21', '21', TCP4)), /addresses/)
    assert.match(refusal(v2('21', '11', `${TCP4}0400`)), /TLV/)
    assert.match(refusal(v2('21', '11', `${TCP4}040009aa`)), /TLV/)
    assert.match(refusal(v2('21', '11', TCP4 + tlv('20', Buffer.alloc(4)))), /TLV/)
    assert.match(refusal(v2('21', '11', `${TCP4}20000901000000002200ff`)), /TLV/)
  })

  it('refuses a header longer than any real one before it has come', () => {
    assert.match(refusal(Buffer.from(`${SIGNATURE}2111ffff`, 'hex')), /bytes/)
  })
})

describe('a PROXY header in pieces', () => {
  const headers = [
    Buffer.from('PROXY TCP4 192.0.2.1 198.51.100.1 56324 1883\r\n'),
    v2('21', '11', TCP4 + ssl('07', '00000000', tlv('22', Buffer.from('c')))),
    v2('20', '00', ''),
  ]

  it('reads the same at every split', () => {
    for (const header of headers) {
      const whole = Buffer.concat([header, Buffer.from('MQTT')])
      const expected = parseProxyHeader(whole)
      for (let at = 0; at <= whole.length; at++) {
        const reader = new ProxyHeaderReader()
        const first = reader.push(whole.subarray(0, at))
        const result = first.kind === 'more' ? reader.push(whole.subarray(at)) : first
        assert.equal(first.kind === 'more', at < header.length, `split at ${at}`)
        assert.equal(result.kind, 'done')
        if (result.kind !== 'done' || expected.kind !== 'done') continue
        assert.deepEqual(result.header, expected.header)
        const after = first.kind === 'more' ? '' : whole.subarray(at).toString()
        assert.equal(result.rest.toString() + after, 'MQTT')
      }
    }
  })

  it('answers any bytes without throwing, and refuses at the first wrong byte', () => {
    assert.equal(parseProxyHeader(Buffer.from([0x10])).kind, 'malformed')
    assert.equal(parseProxyHeader(Buffer.from('PROXX')).kind, 'malformed')
    assert.equal(parseProxyHeader(Buffer.alloc(0)).kind, 'more')
    const start = fc.constantFrom(SIGNATURE, '50524f585920', '')
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 300 }), (prefix, tail) => {
        const bytes = Buffer.concat([Buffer.from(prefix, 'hex'), tail])
        const kinds: ProxyResult['kind'][] = ['more', 'done', 'malformed']
        assert.ok(kinds.includes(parseProxyHeader(bytes).kind))
      }),
    )
  })
})
