/** The stand-in is asked by a client that signs by its own code: curl. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { canRun, needsPackage } from '../needs-package.ts'
import { S3_LOGIN, startS3Fake } from './s3-fake.ts'

const needs = needsPackage('curl', canRun('curl', ['--version']))

test('the stand-in for S3 takes what curl has signed, and only that', needs, async (context) => {
  const server = await startS3Fake('b')
  context.after(() => server.remove())
  const put = async (secret: string): Promise<string> => {
    const user = `${S3_LOGIN.access_key_id}:${secret}`
    const target = `http://127.0.0.1:${server.port}/b/of%20curl.txt`
    const signed = ['--aws-sigv4', 'aws:amz:eu-central-1:s3', '--user', user]
    const hash = createHash('sha256').update('hello').digest('hex')
    const header = ['-H', `x-amz-content-sha256: ${hash}`]
    const words = ['-sS', '-X', 'PUT', ...signed, ...header, '--data-binary', 'hello', target]
    return (await promisify(execFile)('curl', words)).stdout
  }
  assert.equal(await put(S3_LOGIN.secret_access_key), '')
  assert.equal(server.objects.get('b/of curl.txt')?.body, 'hello')
  assert.match(await put('wrong'), /SignatureDoesNotMatch/)
})
