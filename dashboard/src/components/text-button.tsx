import { Button } from 'antd'
import type { ReactNode } from 'react'

/** A name in a list that opens what it names, here and not on another page. */
export function TextButton({ open, children }: { open: () => void; children: ReactNode }) {
  return (
    <Button type="link" style={{ padding: 0, height: 'auto' }} onClick={open}>
      {children}
    </Button>
  )
}
