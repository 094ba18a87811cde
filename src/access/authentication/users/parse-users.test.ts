import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseUsers, UserFileError } from './parse-users.ts'

const ids = (text: string, form: 'csv' | 'json' = 'csv') =>
  parseUsers({ text, form, type: 'plain' }).map(({ userId, password }) => `${userId}=${password}`)

describe('files of users', () => {
  test('CSV: columns in any order, quotes, empty lines, line ends of all systems', () => {
    const text =
      '\uFEFFpassword, user_id,is_superuser\r\n' +
      '"a ""quoted"", one\nover two lines",ada,true\r\n' +
      '\n' +
      'x,bob,\n' +
      'y,cy,0'
    const users = parseUsers({ text, form: 'csv', type: 'plain' })
    assert.deepEqual(
      users.map(({ userId, password, isSuperuser }) => [userId, password, isSuperuser]),
      [
        ['ada', 'a "quoted", one\nover two lines', true],
        ['bob', 'x', false],
        ['cy', 'y', false],
      ],
    )
  })

  test('hashes with and without salt', () => {
    const text = 'user_id,password_hash,salt,is_superuser\na,b0b,5a17,true\nc,d0d,,false\n'
    assert.deepEqual(parseUsers({ text, form: 'csv', type: 'hash' }), [
      { userId: 'a', password: undefined, hash: 'b0b', salt: '5a17', isSuperuser: true },
      { userId: 'c', password: undefined, hash: 'd0d', salt: '', isSuperuser: false },
    ])
  })

  test('JSON', () => {
    const users = [
      { user_id: 'a', password: 'x', is_superuser: true },
      { user_id: 7, password: 8 },
    ]
    assert.deepEqual(ids(JSON.stringify(users), 'json'), ['a=x', '7=8'])
    assert.deepEqual(ids('[]', 'json'), [])
    assert.deepEqual(ids(''), [])
  })

  const broken: readonly [text: string, form: 'csv' | 'json', message: RegExp][] = [
    ['a,b\n', 'csv', /first line does not name the columns/],
    ['user_id,password\n,x\n', 'csv', /line 2: `user_id` is missing/],
    ['user_id,password\n\nada\n', 'csv', /line 3: `password` is missing/],
    ['user_id,password\nada,x,y,z\n', 'csv', /line 2: too many columns/],
    ['user_id,password\nada,"secret\n', 'csv', /line 2: a quote is out of place/],
    ['user_id,password,is_superuser\nada,x,maybe\n', 'csv', /line 2: `is_superuser`/],
    ['user_id,password_hash\nada,x\n', 'csv', /line 2: `password` is missing.*read as plain/],
    ['{"secret"', 'json', /^the file is not JSON$/],
    ['{}', 'json', /not a list/],
    ['[1]', 'json', /item 1: not an object/],
    ['[{"user_id":"a","password":{}}]', 'json', /item 1: `password` is missing/],
  ]
  for (const [text, form, message] of broken) {
    test(`says where it is broken: ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => parseUsers({ text, form, type: 'plain' }),
        (error: Error) => {
          assert.ok(error instanceof UserFileError)
          assert.match(error.message, message)
          assert.doesNotMatch(error.message, /secret/)
          return true
        },
      )
    })
  }
})
