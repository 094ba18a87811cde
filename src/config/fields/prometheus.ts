/** `prometheus.*`: numbers for monitoring systems. */
import { bool, object } from '../field.ts'

export const prometheus = object(
  {
    enable_basic_auth: bool({
      text:
        'Ask for an API key or a login before numbers are given at ' +
        '`/api/v5/prometheus/stats`.',
      default: false,
    }),
  },
  { text: 'Numbers for Prometheus.', hot: 'restart-node' },
)
