import { useQuery } from '@tanstack/react-query'
import { Descriptions, Drawer, Flex, Typography } from 'antd'
import type { ReactNode } from 'react'
import { fromBase64 } from '../../../src/kernel/payload-format.ts'
import { Failure } from './failure.tsx'
import { PayloadView } from './payload-view.tsx'
import { Waiting } from './waiting.tsx'

/** A message as the API shows it, its payload in base64. */
interface Message {
  readonly topic: string
  readonly payload: string
}

interface Props<M extends Message> {
  readonly queryKey: readonly unknown[]
  readonly load: (signal: AbortSignal) => Promise<M>
  readonly facts: (message: M) => readonly (readonly [label: string, value: ReactNode])[]
  /** Buttons below the message. */
  readonly actions?: ReactNode
  readonly close: () => void
}

/** One message with its payload, over the list that it is in. */
export function MessageDrawer<M extends Message>(props: Props<M>) {
  const { queryKey, load, facts, actions, close } = props
  const { data, error, refetch } = useQuery({ queryKey, queryFn: ({ signal }) => load(signal) })
  return (
    <Drawer open onClose={close} size="large" title={<Title text={data?.topic} />} extra={actions}>
      {error !== null && <Failure error={error} retry={() => void refetch()} />}
      {error === null && data === undefined && <Waiting />}
      {data !== undefined && (
        <Flex vertical gap={16}>
          <Descriptions
            size="small"
            column={1}
            items={facts(data).map(([label, children]) => ({ key: label, label, children }))}
          />
          <PayloadView bytes={fromBase64(data.payload)} />
        </Flex>
      )}
    </Drawer>
  )
}

function Title({ text }: { text: string | undefined }) {
  if (text === undefined) return null
  return (
    <Typography.Text copyable style={{ wordBreak: 'break-all' }}>
      {text}
    </Typography.Text>
  )
}
