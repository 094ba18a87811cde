import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeAws, signAws } from './aws-signature.ts'

/** The examples of "Authenticating Requests: Using the Authorization Header" of Amazon S3. */
const LOGIN = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  region: 'us-east-1',
  service: 's3',
}
const HOST = 'examplebucket.s3.amazonaws.com'
const NOW = new Date('2013-05-24T00:00:00Z')

function signatureOf(request: Partial<Parameters<typeof signAws>[0]>): string | undefined {
  const whole = {
    method: 'GET',
    host: HOST,
    path: '/',
    query: {},
    headers: {},
    body: '',
    ...request,
  }
  return signAws(whole, LOGIN, NOW)['authorization']?.split('Signature=')[1]
}

test('requests are signed as in the examples of Amazon', () => {
  assert.equal(
    signatureOf({ path: '/test.txt', headers: { Range: 'bytes=0-9' } }),
    'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  )
  assert.equal(
    signatureOf({
      method: 'PUT',
      path: '/test%24file.text',
      headers: {
        'x-amz-storage-class': 'REDUCED_REDUNDANCY',
        Date: 'Fri, 24 May 2013 00:00:00 GMT',
      },
      body: 'Welcome to Amazon S3.',
    }),
    '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  )
  assert.equal(
    signatureOf({ query: { lifecycle: '' } }),
    'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  )
  assert.equal(
    signatureOf({ query: { 'max-keys': '2', prefix: 'J' } }),
    '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  )
})

test('text is encoded as it is signed', () => {
  assert.equal(encodeAws("a/b c!'()*~é"), 'a%2Fb%20c%21%27%28%29%2A~%C3%A9')
})
