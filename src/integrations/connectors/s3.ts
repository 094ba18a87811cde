import { secretOf, tlsOf } from '#access/backends/driver-settings.ts'
import { s3 } from '#config/fields/integrations/s3.ts'
import { openHttp } from '#drivers/http.ts'
import { defineConnector } from '#plugin/define-connector.ts'
import type { ValueMap } from '#plugin/value.ts'
import { bodyTemplate } from '#streams/rules/json-template.ts'
import { compileTemplate } from '#streams/rules/template.ts'
import { driverLimits } from '../drivers/open-driver.ts'
import { S3Client } from '../s3-client.ts'
import { aggregatedSink } from '../s3-aggregation.ts'
import { bodyOf } from '../templates.ts'
import { writeEach } from '../write-each.ts'

const ANSWER_BYTES_MAX = 1024 * 1024

/** `s3`: an object per record, or many records in one. */
export default defineConnector({
  description: s3,
  async open(config, context): Promise<S3Client> {
    const { host, port, transport_options: transport } = config
    const { connect_timeout: connectMs, request_timeout: requestMs } = transport
    const scheme = transport.ssl.enable ? 'https' : 'http'
    const driver = openHttp({
      ...driverLimits(transport.pool_size, connectMs, context, requestMs),
      origin: `${scheme}://${host}${port === undefined ? '' : `:${port}`}`,
      pipelining: 1,
      answerBytesMax: ANSWER_BYTES_MAX,
      tls: tlsOf(transport.ssl, context),
    })
    const client = new S3Client(driver, {
      login: {
        accessKeyId: config.access_key_id,
        secretAccessKey: secretOf(config.secret_access_key, context) ?? '',
        region: config.region === '' ? regionIn(host) : config.region,
        service: 's3',
      },
      host,
      port,
      access: config.access_method,
      headers: transport.headers,
    })
    try {
      await client.check()
      return client
    } catch (error) {
      await client.close()
      throw error
    }
  },
  check: (client) => client.check(),
  close: (client) => client.close(),
  sink: {
    open(parameters, client, context) {
      const headers = uploadHeaders(parameters)
      if (parameters.mode === 'aggregated') {
        return aggregatedSink(parameters, headers, client, context)
      }
      const bucketOf = compileTemplate(parameters.bucket)
      const keyOf = compileTemplate(parameters.key)
      const contentOf = bodyTemplate(parameters.content)
      const put = (record: ValueMap, signal: AbortSignal): Promise<void> => {
        const place = { bucket: bucketOf.text(record), key: keyOf.text(record) }
        return client.put(place, bodyOf(contentOf, record), headers, signal)
      }
      return { write: (records, signal) => writeEach(records, (record) => put(record, signal)) }
    },
  },
})

/** Such as that in `s3.eu-central-1.amazonaws.com`. */
function regionIn(host: string): string {
  return /\b([a-z]{2}(?:-[a-z]+)+-\d)\b/.exec(host)?.[1] ?? 'us-east-1'
}

function uploadHeaders(parameters: {
  readonly acl: string | undefined
  readonly headers: Readonly<Record<string, string>>
}): Readonly<Record<string, string>> {
  const { acl, headers } = parameters
  return { ...headers, ...(acl !== undefined && { 'x-amz-acl': acl.replaceAll('_', '-') }) }
}
