import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError } from '../http/api-error.ts'
import { undoing } from './restore-backup.ts'
import { RestoreError } from './restore-tables.ts'

const failing = (error: Error) => async (): Promise<never> => {
  throw error
}

test('what fails is taken back, and its reason told', async () => {
  let isUndone = false
  const undo = async (): Promise<void> => {
    isUndone = true
  }
  const full = new RestoreError('banned: the disk is full', undefined)
  await assert.rejects(undoing(failing(full), undo), (error: unknown) => {
    assert.ok(error instanceof ApiError)
    assert.match(error.message, /Nothing was taken over.*the disk is full/)
    return error.status === 503
  })
  assert.ok(isUndone)
})

test('what cannot be taken back is told with what failed before', async () => {
  const work = failing(new Error('the store is closed'))
  const undo = failing(new Error('the file is read-only'))
  await assert.rejects(undoing(work, undo), (error: unknown) => {
    assert.ok(error instanceof ApiError)
    assert.match(error.message, /the store is closed.*Not all.*the file is read-only/)
    return error.status === 503
  })
})
