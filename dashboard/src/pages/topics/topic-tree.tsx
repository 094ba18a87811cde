import { PushpinFilled, ReloadOutlined } from '@ant-design/icons'
import { Button, Flex, Tag, Tree, type TreeDataNode, Typography } from 'antd'
import { useState } from 'react'
import { Nothing } from '../../components/nothing.tsx'
import { Failure } from '../../components/failure.tsx'
import { Waiting } from '../../components/waiting.tsx'
import { showCount } from '../../format/numbers.ts'
import { useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'
import { type Level, type Levels, useLevels } from './use-levels.ts'

const HEIGHT_PX = 600

type Node = TreeDataNode & { readonly level?: Level; readonly more?: { readonly of?: string } }

interface Props {
  readonly chosen: string | undefined
  readonly choose: (level: Level) => void
}

/** Levels open when somebody wants to see them. */
export function TopicTree({ chosen, choose }: Props) {
  const t = useTexts(TEXTS)
  const levels = useLevels()
  const [open, setOpen] = useState<readonly React.Key[]>([])
  const root = levels.below(undefined)
  if (levels.error !== undefined) return <Failure error={levels.error} retry={levels.reload} />
  if (root === undefined) return <Waiting />
  const reload = (): void => {
    setOpen([])
    levels.reload()
  }
  return (
    <Flex vertical gap={8}>
      <Flex justify="space-between" align="center" gap={8}>
        <Typography.Text type="secondary">{t('legend')}</Typography.Text>
        <Button size="small" icon={<ReloadOutlined />} onClick={reload}>
          {t('reload')}
        </Button>
      </Flex>
      {root.levels.length === 0 ? (
        <Nothing text={t('none')} />
      ) : (
        <Tree<Node>
          aria-label={t('tree')}
          blockNode
          height={HEIGHT_PX}
          showLine
          treeData={nodesOf(undefined, levels, t('more'))}
          expandedKeys={[...open]}
          onExpand={(keys) => setOpen(keys)}
          selectedKeys={chosen === undefined ? [] : [`t:${chosen}`]}
          loadData={async ({ level }) => {
            if (level !== undefined) await levels.load(level.topic)
          }}
          onSelect={(_, { node }) => {
            if (node.more !== undefined) void levels.load(node.more.of)
            else if (node.level !== undefined) choose(node.level)
          }}
        />
      )}
    </Flex>
  )
}

function nodesOf(parent: string | undefined, levels: Levels, more: string): Node[] {
  const loaded = levels.below(parent)
  if (loaded === undefined) return []
  const nodes = loaded.levels.map((level): Node => {
    const isOpen = levels.below(level.topic) !== undefined
    return {
      key: `t:${level.topic}`,
      title: <LevelTitle level={level} />,
      isLeaf: !level.deeper,
      level,
      ...(isOpen && { children: nodesOf(level.topic, levels, more) }),
    }
  })
  if (!loaded.hasNext) return nodes
  const place = parent === undefined ? {} : { of: parent }
  return [...nodes, { key: `m:${parent ?? ''}`, title: more, isLeaf: true, more: place }]
}

function LevelTitle({ level }: { level: Level }) {
  const t = useTexts(TEXTS)
  const { name, topics, filters, retained } = level
  return (
    <Flex gap={6} align="center">
      <span>{name === '' ? t('emptyLevel') : name}</span>
      {retained && <PushpinFilled aria-label={t('retained')} style={{ color: '#d9480f' }} />}
      {filters > 0 && <Tag color="processing">{t('filters', { number: showCount(filters) })}</Tag>}
      {topics > 1 && <Tag>{t('topics', { number: showCount(topics) })}</Tag>}
    </Flex>
  )
}
