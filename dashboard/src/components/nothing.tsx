import { Empty } from 'antd'
import type { ReactNode } from 'react'

/** There is nothing here; the text says why, or what to do. */
export function Nothing({ text }: { text: ReactNode }) {
  return <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={text} />
}
