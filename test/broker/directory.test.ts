import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Directory } from '#broker/shard/directory.ts'

describe('the directory of sessions', () => {
  const make = (): { directory: Directory; said: string[] } => {
    const said: string[] = []
    const directory = new Directory({
      grant: (to, token) => said.push(`grant ${token} to ${to}`),
      release: (owner, _clientId, to, token) => said.push(`release ${owner} ${token} to ${to}`),
    })
    return { directory, said }
  }

  test('lets the owner alone answer a claim of another shard, as links race each other', () => {
    const { directory, said } = make()
    directory.claim(1, 10, 'a', false)
    directory.claimDone('a', false)
    directory.claim(2, 20, 'a', false)
    assert.deepEqual(said, ['grant 10 to 1', 'release 1 20 to 2'])
  })

  test('settles claims of one client id one after the other', () => {
    const { directory, said } = make()
    directory.claim(1, 10, 'a', false)
    directory.claim(2, 20, 'a', false)
    directory.claim(1, 11, 'a', true)
    assert.deepEqual(said, ['grant 10 to 1'])
    directory.claimDone('a', false)
    directory.claimDone('a', false)
    assert.deepEqual(said, ['grant 10 to 1', 'release 1 20 to 2', 'release 2 11 to 1'])
    assert.equal(directory.ownerOf('a'), 1)
  })

  test('ignores the end of a session that another shard has claimed', () => {
    const { directory } = make()
    directory.claim(1, 10, 'a', false)
    directory.claimDone('a', false)
    directory.claim(2, 20, 'a', false)
    directory.sessionEnded(1, 'a')
    assert.equal(directory.size, 1)
    directory.claimDone('a', false)
    directory.sessionEnded(2, 'a')
    assert.equal(directory.size, 0)
  })

  test('keeps the session of the claim that follows one without a session', () => {
    const { directory, said } = make()
    directory.claim(1, 10, 'a', false)
    directory.claim(1, 11, 'a', false)
    directory.claimDone('a', true)
    directory.claimDone('a', false)
    directory.claim(2, 20, 'a', false)
    assert.deepEqual(said, ['grant 10 to 1', 'grant 11 to 1', 'release 1 20 to 2'])
    directory.claimDone('a', true)
    assert.equal(directory.size, 0)
  })
})
