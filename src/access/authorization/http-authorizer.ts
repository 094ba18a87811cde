import { backendStatus } from '../backends/backend-status.ts'
import { httpSource } from '#config/fields/authorization/http.ts'
import type { HttpAnswer } from '#drivers/http.ts'
import { defineAuthorizer, type Verdict } from '#plugin/define-authorizer.ts'
import { openConfiguredHttp, readAnswerFields } from '../backends/http-request.ts'
import { requestValues } from '../backends/request-values.ts'

/** `type = http`: a server that says allow, deny or ignore. */
export const httpAuthorizer = defineAuthorizer({
  type: 'http',
  fields: [httpSource],
  create(config, context) {
    const { driver, ask } = openConfiguredHttp(config, context)
    return {
      authorize: async (request, signal) => readVerdict(await ask(requestValues(request), signal)),
      status: () => backendStatus(driver),
      close: () => driver.close(),
    }
  },
})

/**
 * What an answer says. 204 allows, 4xx leaves the decision to the next source.
 * @throws an Error when it is none that the server should give: what it would have said is not
 *   known, and may have been a refusal
 */
export function readVerdict(answer: HttpAnswer): Verdict {
  const { status } = answer
  if (status === 204) return 'allow'
  if (status >= 400 && status < 500) return 'ignore'
  if (status !== 200) throw new Error(`the authorization server answers with status ${status}`)
  const { result } = readAnswerFields(answer)
  if (result === 'allow' || result === 'deny' || result === 'ignore') return result
  throw new Error('the answer of the authorization server has no `result`')
}
