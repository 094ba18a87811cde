import {
  type Edge,
  Handle,
  MarkerType,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
} from '@xyflow/react'
import '@xyflow/react/dist/style.css'
import { useMemo } from 'react'
import { Link, useNavigate } from 'react-router'
import { showCount } from '../../format/numbers.ts'
import { useTexts } from '../../i18n/i18n.ts'
import { type FlowBox, type FlowGraph, flowGraph, type FlowRule } from './flow-graph.ts'
import { TEXTS } from './texts.ts'
import './flow-picture.css'

const COLUMN_PX = 290
const ROW_PX = 76
const HEIGHT_PX_MIN = 150
const HEIGHT_PX_MAX = 560

type BoxNode = Node<{ readonly box: FlowBox }, 'box'>
const NODE_TYPES = { box: Box }

/** What rules read, and where their outputs go, as a picture and as a list. */
export default function FlowPicture({ rules }: { rules: readonly FlowRule[] }) {
  const navigate = useNavigate()
  const graph = useMemo(() => flowGraph(rules), [rules])
  const { nodes, edges } = useMemo(() => drawn(graph), [graph])
  const rows = Math.max(1, ...graph.boxes.map(({ row }) => row + 1))
  const height = Math.min(HEIGHT_PX_MAX, Math.max(HEIGHT_PX_MIN, rows * ROW_PX + 40))
  return (
    <>
      {/* Those who cannot see it have the list. */}
      <div className="flow-picture" style={{ height }} aria-hidden="true">
        <ReactFlow<BoxNode>
          // Fitted anew when there are other boxes.
          key={graph.boxes.map(({ key }) => key).join('\n')}
          nodes={nodes}
          edges={edges}
          nodeTypes={NODE_TYPES}
          onNodeClick={(_, { data: { box } }) => {
            if (box.to !== undefined) void navigate(box.to)
          }}
          fitView
          fitViewOptions={{ maxZoom: 1, padding: 0.08 }}
          minZoom={0.1}
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          edgesFocusable={false}
          elementsSelectable={false}
          disableKeyboardA11y
          preventScrolling={false}
          zoomOnScroll={false}
          proOptions={{ hideAttribution: true }}
        />
      </div>
      <FlowList graph={graph} />
    </>
  )
}

/** The middle of each column is at the same height. */
function drawn({ boxes, lines }: FlowGraph): { nodes: BoxNode[]; edges: Edge[] } {
  const counts = [0, 1, 2].map((column) => boxes.filter((box) => box.column === column).length)
  const rowsMax = Math.max(...counts)
  const nodes = boxes.map((box): BoxNode => {
    const above = (rowsMax - (counts[box.column] ?? 0)) / 2
    const position = { x: box.column * COLUMN_PX, y: (box.row + above) * ROW_PX }
    return { id: box.key, type: 'box', position, data: { box } }
  })
  const edges = lines.map(({ from, to, count }): Edge => ({
    id: `${from} → ${to}`,
    source: from,
    target: to,
    markerEnd: { type: MarkerType.ArrowClosed },
    animated: (count ?? 0) > 0,
    ...(count === undefined ? {} : { label: showCount(count) }),
  }))
  return { nodes, edges }
}

function Box({ data: { box } }: NodeProps<BoxNode>) {
  const { kind, label, isEnabled, to } = box
  const classes = ['flow-box', `flow-${kind}`, ...(isEnabled ? [] : ['flow-off'])]
  return (
    <div className={classes.join(' ')} style={{ cursor: to === undefined ? 'default' : 'pointer' }}>
      {kind !== 'source' && <Handle type="target" position={Position.Left} />}
      {label}
      {kind !== 'action' && <Handle type="source" position={Position.Right} />}
    </div>
  )
}

function FlowList({ graph: { boxes, lines } }: { graph: FlowGraph }) {
  const t = useTexts(TEXTS)
  const boxOf = (key: string): FlowBox | undefined => boxes.find((box) => box.key === key)
  const named = (keys: readonly string[]) =>
    keys.map((key, index) => {
      const box = boxOf(key)
      return (
        <span key={key}>
          {index > 0 && ', '}
          {box?.to === undefined ? box?.label : <Link to={box.to}>{box.label}</Link>}
        </span>
      )
    })
  return (
    <details className="flow-list">
      <summary>{t('flowList')}</summary>
      <ul>
        {boxes
          .filter(({ kind }) => kind === 'rule')
          .map(({ key }) => (
            <li key={key}>
              {named([key])} · {t('reads')}:{' '}
              {named(lines.filter(({ to }) => to === key).map(({ from }) => from))} · {t('actions')}
              : {named(lines.filter(({ from }) => from === key).map(({ to }) => to))}
            </li>
          ))}
      </ul>
    </details>
  )
}
