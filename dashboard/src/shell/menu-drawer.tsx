import { Drawer } from 'antd'
import { Brand } from './brand.tsx'
import { PageMenu } from './page-menu.tsx'
import { SIDE_BACKGROUND } from './theme.ts'

interface Props {
  readonly widthPx: number
  readonly isOpen: boolean
  readonly close: () => void
}

/** The menu in a narrow window, which comes when it is called. */
export default function MenuDrawer({ widthPx, isOpen, close }: Props) {
  return (
    <Drawer
      placement="left"
      open={isOpen}
      onClose={close}
      closable={false}
      size={widthPx}
      styles={{ body: { padding: 0, background: SIDE_BACKGROUND } }}
    >
      <Brand />
      <PageMenu opened={close} />
    </Drawer>
  )
}
