import assert from 'node:assert/strict'
import { openHttp } from '#drivers/http.ts'
import { launchHttp, type ReceivedRequest } from '../support/servers/local-server.ts'
import type { ServerResponse } from 'node:http'
import { type DriverRig, describeDriver } from './driver-kit.ts'
import { makePem, tlsOf } from './tls-of.ts'

async function start(): Promise<DriverRig> {
  const pem = makePem()
  const answer = ({ body }: ReceivedRequest, response: ServerResponse) => response.end(body)
  const server = await launchHttp(answer)
  const secure = await launchHttp(answer, pem)
  return {
    server,
    async remove() {
      await Promise.all([server.remove(), secure.remove()])
    },
    open(options) {
      const origin =
        options.tls === undefined
          ? `http://127.0.0.1:${server.port}`
          : `https://127.0.0.1:${secure.port}`
      const tls = tlsOf(options.tls, pem.ca)
      const driver = openHttp({ ...options, origin, pipelining: 1, answerBytesMax: 1000, tls })
      const ask = async () => {
        const request = { method: 'POST', path: '/', headers: {}, body: 'hello' } as const
        const { status, body } = await driver.request(request)
        assert.deepEqual([status, body.toString()], [200, 'hello'])
      }
      return { driver, ask }
    },
  }
}

describeDriver('HTTP', start, { hasPassword: false })
