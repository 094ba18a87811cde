import { Flex, Typography } from 'antd'
import type { ReactNode } from 'react'

interface Props {
  readonly title: string
  /** One sentence for somebody who is here for the first time. */
  readonly about?: string
  readonly children?: ReactNode
}

/** What a page is about, with its buttons at the right. */
export function PageTitle({ title, about, children }: Props) {
  return (
    <Flex justify="space-between" align="flex-start" wrap gap={12} style={{ marginBottom: 16 }}>
      <div style={{ maxWidth: 720 }}>
        <Typography.Title level={1} style={{ fontSize: 24, margin: 0 }}>
          {title}
        </Typography.Title>
        {about !== undefined && <Typography.Text type="secondary">{about}</Typography.Text>}
      </div>
      <Flex gap={8} wrap>
        {children}
      </Flex>
    </Flex>
  )
}
