import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { cutOff, formatRfc3164, formatRfc5424, type SyslogMessage } from './syslog-message.ts'

const MESSAGE: SyslogMessage = {
  facility: 'local4',
  severity: 'notice',
  timestampMs: Date.UTC(2003, 9, 11, 22, 14, 15, 3),
  hostname: 'mymachine.example.com',
  appName: 'evntslog',
  procId: '',
  msgId: 'ID47',
  elements: [],
  text: 'An application event log entry...',
}

suite('a message by RFC 5424', () => {
  test('looks as in the examples of the RFC', () => {
    const elements = [
      {
        id: 'exampleSDID@32473',
        parameters: [
          ['iut', '3'],
          ['eventID', '1011'],
        ],
      },
      { id: 'examplePriority@32473', parameters: [['class', 'high']] },
    ] as const
    assert.equal(
      formatRfc5424({ ...MESSAGE, elements }),
      '<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 ' +
        '[exampleSDID@32473 iut="3" eventID="1011"][examplePriority@32473 class="high"] ' +
        'An application event log entry...',
    )
    assert.match(formatRfc5424(MESSAGE), /evntslog - ID47 - An application/)
  })

  test('cannot be given further fields or elements by values', () => {
    const elements = [
      { id: 'a b="c"]', parameters: [['n=x', String.raw`"] [evil x="\ `]] },
    ] as const
    const text = formatRfc5424({ ...MESSAGE, hostname: 'two words\n', appName: 'é', elements })
    assert.ok(text.includes(' two_words_ _ - ID47 '), text)
    assert.ok(text.includes(String.raw`[a_b__c__ n_x="\"\] [evil x=\"\\ "] `), text)
  })

  test('has the severity of a name or number, and info for all else', () => {
    const priority = (severity: string) =>
      /^<(\d+)>/.exec(formatRfc5424({ ...MESSAGE, facility: 'kern', severity }))?.[1]
    assert.deepEqual(
      ['emergency', 'ERR', 'warn', '7', ' debug ', '8', 'undefined', ''].map(priority),
      ['0', '3', '4', '7', '7', '6', '6', '6'],
    )
  })
})

suite('a message by RFC 3164', () => {
  test('has the local time, and the process in brackets', () => {
    const at = new Date(2026, 1, 5, 3, 4, 5)
    const one = {
      ...MESSAGE,
      facility: 'auth',
      severity: 'crit',
      timestampMs: at.getTime(),
    } as const
    const named = { ...one, hostname: 'mymachine', appName: 'su', text: 'failed' }
    assert.equal(formatRfc3164(named), '<34>Feb  5 03:04:05 mymachine su: failed')
    assert.equal(
      formatRfc3164({ ...named, procId: 'x]: y' }),
      '<34>Feb  5 03:04:05 mymachine su[x_:_y]: failed',
    )
  })
})

test('a message is cut off between characters', () => {
  assert.equal(cutOff('aéb', 4).toString(), 'aéb')
  assert.equal(cutOff('aéb', 3).toString(), 'aé')
  assert.equal(cutOff('aéb', 2).toString(), 'a')
  assert.equal(cutOff('a😀', 4).toString(), 'a')
})
