import { theme } from 'antd'
import { useEffect, useRef } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'

/** One line of a chart. */
export interface Line {
  readonly label: string
  readonly values: readonly (number | null)[]
}

interface Props {
  /** Seconds since 1970, ascending. */
  readonly times: readonly number[]
  readonly lines: readonly Line[]
  readonly heightPx?: number
  readonly format?: (value: number) => string
  /** What the chart shows, for those who cannot see it. */
  readonly label: string
}

const COLOURS = ['#0b6e8f', '#d97706', '#15803d', '#b91c1c', '#7c3aed', '#0891b2']

/** Values over time. Dragging over a part zooms into it, a double click shows all again. */
export function TimeChart({ times, lines, heightPx = 200, format = showNumber, label }: Props) {
  const { token } = theme.useToken()
  const place = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot>(undefined)
  const shape = lines.map((line) => line.label).join('\0')
  const data = [times, ...lines.map(({ values }) => values)] as unknown as uPlot.AlignedData
  const latest = useRef(data)
  latest.current = data
  const show = useRef(format)
  show.current = format

  useEffect(() => {
    const element = place.current
    if (element === null) return undefined
    const axis = { stroke: token.colorTextSecondary, grid: { stroke: token.colorSplit, width: 1 } }
    const plot = new uPlot(
      {
        width: Math.max(element.clientWidth, 100),
        height: heightPx,
        series: [
          {},
          ...shape.split('\0').map((name, index) => ({
            label: name,
            stroke: COLOURS[index % COLOURS.length] ?? token.colorPrimary,
            width: 1.5,
            value: (_: uPlot, value: number | null) => (value === null ? '–' : show.current(value)),
          })),
        ],
        axes: [
          axis,
          { ...axis, size: 64, values: (_, values) => values.map((value) => show.current(value)) },
        ],
        cursor: { drag: { x: true, y: false } },
      },
      latest.current,
      element,
    )
    chart.current = plot
    const observer = new ResizeObserver(() => {
      plot.setSize({ width: Math.max(element.clientWidth, 100), height: heightPx })
    })
    observer.observe(element)
    return () => {
      observer.disconnect()
      plot.destroy()
      chart.current = undefined
    }
  }, [shape, heightPx, token])

  useEffect(() => {
    const plot = chart.current
    if (plot === undefined) return
    // Who has zoomed in wants to go on looking at that part.
    const { min, max } = plot.scales['x'] ?? {}
    const old = plot.data[0]
    const isZoomed = min !== old[0] || max !== old.at(-1)
    plot.setData(data, !isZoomed || old.length === 0)
    if (isZoomed) plot.redraw()
  })

  return <div ref={place} role="img" aria-label={label} style={{ minHeight: heightPx + 30 }} />
}

const compact = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 })

function showNumber(value: number): string {
  return compact.format(value)
}
