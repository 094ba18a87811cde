import { Flex } from 'antd'
import type { ReactNode } from 'react'

interface Props {
  readonly title: string
  /** One sentence for somebody who is here for the first time. */
  readonly about?: string
  readonly children?: ReactNode
}

/**
 * What a page is about, with its buttons at the right. Plain elements: antd's typography weighs as
 * much as a page, and this is part of the first one.
 */
export function PageTitle({ title, about, children }: Props) {
  return (
    <Flex justify="space-between" align="flex-start" wrap gap={12} style={{ marginBottom: 16 }}>
      <div style={{ maxWidth: 720 }}>
        <h1 style={{ fontSize: 24, margin: 0 }}>{title}</h1>
        {about !== undefined && <span className="secondary">{about}</span>}
      </div>
      <Flex gap={8} wrap>
        {children}
      </Flex>
    </Flex>
  )
}
