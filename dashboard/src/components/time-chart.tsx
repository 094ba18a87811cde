import { theme } from 'antd'
import { memo, useEffect, useRef } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { showCount, showTime } from '../format/numbers.ts'
import { usePreferences } from '../shell/preferences.ts'

/** One line of a chart. */
export interface Line {
  readonly label: string
  readonly values: readonly (number | null)[]
}

/** First and last time that shows, in seconds since 1970. */
export type TimeSpan = readonly [from: number, to: number]

interface Props {
  /** Seconds since 1970, ascending. */
  readonly times: readonly number[]
  readonly lines: readonly Line[]
  /** What shows of it; all of it when left out. */
  readonly span?: TimeSpan | undefined
  /** Somebody dragged over a part, and wants to see only that. */
  readonly zoom?: (span: TimeSpan) => void
  readonly heightPx?: number
  readonly format?: (value: number) => string
  /** Steps of the scale are powers of 2, as suits bytes. */
  readonly isBinary?: boolean
  /** What the chart shows, for those who cannot see it. */
  readonly label: string
}

const COLOURS = {
  light: ['#0b7fa5', '#d9480f', '#2b8a3e', '#9c36b5', '#c92a2a', '#5f3dc4', '#087f5b', '#866300'],
  dark: ['#4fc3e8', '#ff922b', '#69db7c', '#e599f7', '#ff8787', '#b197fc', '#38d9a9', '#ffd43b'],
}
const BINARY_STEPS = Array.from({ length: 50 }, (_, power) => 2 ** power)
const LEGEND_PX = 34
const SELECTION_PX_MIN = 8

/** Values over time. Dragging over a part asks for it. The cursors of all charts go together. */
export const TimeChart = memo((props: Props) => {
  const { times, lines, heightPx = 190, format = showCount, label } = props
  const { token } = theme.useToken()
  const { language, theme: colours } = usePreferences()
  const place = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot>(undefined)
  const shape = lines.map((line) => line.label).join('\0')
  const data = [times, ...lines.map(({ values }) => values)] as unknown as uPlot.AlignedData
  const latest = useRef({ ...props, data, format })
  useEffect(() => {
    latest.current = { ...props, data, format }
  })

  useEffect(() => {
    const element = place.current
    if (element === null) return undefined
    const plot = new uPlot(
      {
        ...frame(latest, { text: token.colorTextSecondary, grid: token.colorSplit }, language),
        width: Math.max(element.clientWidth, 100),
        height: heightPx,
        padding: [8, 14, 0, 0],
        series: [
          { value: (_, at) => (at === null ? '' : showTime(at * 1000)) },
          ...shape.split('\0').map((name, index) => series(name, index, colours, latest)),
        ],
      },
      latest.current.data,
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
  }, [shape, heightPx, token, colours, language])

  useEffect(() => {
    chart.current?.setData(data)
  })

  return (
    <div
      ref={place}
      role="img"
      aria-label={label}
      style={{ minHeight: heightPx + LEGEND_PX, overflow: 'hidden' }}
    />
  )
})

interface Latest {
  readonly current: Props & { readonly format: (value: number) => string }
}

/** What is the same for all lines: axes, cursor, what part shows. */
function frame(latest: Latest, colour: { text: string; grid: string }, language: string) {
  const time = new Intl.DateTimeFormat(language, {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  const exact = new Intl.DateTimeFormat(language, { timeStyle: 'medium', hourCycle: 'h23' })
  const day = new Intl.DateTimeFormat(language, { month: 'short', day: 'numeric' })
  const axis = { stroke: colour.text, grid: { stroke: colour.grid, width: 1 }, ticks: { size: 0 } }
  return {
    scales: {
      x: {
        range: (_: uPlot, min: number, max: number): uPlot.Range.MinMax => [
          ...(latest.current.span ?? [min, max]),
        ],
      },
      y: {
        range: (_: uPlot, _min: number, max: number): uPlot.Range.MinMax => [0, max * 1.1 || 1],
      },
    },
    axes: [
      {
        ...axis,
        space: 76,
        values: (_: uPlot, at: number[], __: number, ___: number, step: number) =>
          at.map((s) => (step >= 86_400 ? day : step >= 60 ? time : exact).format(s * 1000)),
      },
      {
        ...axis,
        size: 58,
        ...(latest.current.isBinary === true && { incrs: BINARY_STEPS }),
        values: (_: uPlot, at: number[]) => at.map((value) => latest.current.format(value)),
      },
    ],
    cursor: {
      drag: { x: true, y: false, setScale: false },
      sync: { key: 'time' },
      points: { size: 6 },
    },
    hooks: {
      setSelect: [
        (plot: uPlot) => {
          const { left, width } = plot.select
          if (width < SELECTION_PX_MIN) return
          latest.current.zoom?.([plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')])
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
        },
      ],
    },
  }
}

function series(
  label: string,
  index: number,
  colours: keyof typeof COLOURS,
  latest: Latest,
): uPlot.Series {
  const palette = COLOURS[colours]
  const stroke = palette[index % palette.length] ?? '#888888'
  return {
    label,
    stroke,
    width: 1.75,
    // More of them would mix to grey.
    ...(index === 0 && { fill: `${stroke}1c` }),
    points: { show: false },
    value: (_: uPlot, value: number | null) =>
      value === null ? '–' : latest.current.format(value),
  }
}
