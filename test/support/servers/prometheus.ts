import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isInstalled, type NeedOptions, needsPackage } from '../needs-package.ts'
import { giveToServer, ServerProcess } from './server-process.ts'

const SERVER = '/usr/bin/prometheus'
const SCRAPE_INTERVAL = '1s'

/** One series and its latest value. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** For tests that need Prometheus. */
export function needsPrometheus(): NeedOptions {
  return needsPackage('prometheus', isInstalled(SERVER))
}

/**
 * A Prometheus that scrapes one target every second, as the job `tideway`, for a test.
 * @param port of the target, on this host
 * @param path where the target gives its numbers
 */
export function startPrometheus(port: number, path: string): Promise<ServerProcess> {
  return ServerProcess.launch({
    name: 'prometheus',
    command: SERVER,
    prepare: async ({ folder }) => {
      const file = configFile(folder)
      writeFileSync(file, configOf(port, path))
      giveToServer(file)
    },
    args: ({ folder, port: own }) => [
      `--config.file=${configFile(folder)}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${own}`,
    ],
    ready: /Server is ready to receive web requests/,
    busy: /address already in use/,
  })
}

/** What a query gives now: the series that match, with their latest values. */
export async function queryPrometheus(
  server: ServerProcess,
  query: string,
): Promise<readonly Sample[]> {
  const url = `http://${server.host}:${server.port}/api/v1/query?query=${encodeURIComponent(query)}`
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${query}: ${await response.text()}`)
  // The format is that of its HTTP API, version 1: a vector of [time, "value"].
  const { data } = (await response.json()) as {
    readonly data: {
      readonly result: readonly {
        readonly metric: Readonly<Record<string, string>>
        readonly value: readonly [number, string]
      }[]
    }
  }
  return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }))
}

function configFile(folder: string): string {
  return join(folder, 'prometheus.yml')
}

function configOf(port: number, path: string): string {
  return `
global: { scrape_interval: ${SCRAPE_INTERVAL}, scrape_timeout: ${SCRAPE_INTERVAL} }
scrape_configs:
  - job_name: tideway
    metrics_path: ${path}
    static_configs: [{ targets: ["127.0.0.1:${port}"] }]
`
}
