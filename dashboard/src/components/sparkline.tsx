import { theme } from 'antd'

const WIDTH = 120
const HEIGHT = 34
const EDGE = 2

/** The shape of the last values; decoration of the number beside it. */
export function Sparkline({ values }: { values: readonly number[] }) {
  const { token } = theme.useToken()
  if (values.length < 2) return <svg width="100%" height={HEIGHT} aria-hidden />
  const max = Math.max(...values, 1)
  const step = WIDTH / (values.length - 1)
  const points = values.map((value, index) => {
    const y = HEIGHT - EDGE - (value / max) * (HEIGHT - 2 * EDGE)
    return `${(index * step).toFixed(1)},${y.toFixed(1)}`
  })
  const line = points.join(' ')
  return (
    <svg
      width="100%"
      height={HEIGHT}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden
    >
      <polygon
        points={`0,${HEIGHT} ${line} ${WIDTH},${HEIGHT}`}
        fill={token.colorPrimary}
        opacity={0.14}
      />
      <polyline
        points={line}
        fill="none"
        stroke={token.colorPrimary}
        strokeWidth={1.5}
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  )
}
