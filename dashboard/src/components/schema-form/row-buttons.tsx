import { ArrowDownOutlined, ArrowUpOutlined, DeleteOutlined } from '@ant-design/icons'
import { Button, Space } from 'antd'
import { useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'

interface Props {
  /** Of the list. */
  readonly name: string
  readonly index: number
  readonly count: number
  readonly move: (from: number, to: number) => void
  readonly remove: () => void
}

/** Moves an item of a list, and takes it away. */
export function RowButtons({ name, index, count, move, remove }: Props) {
  const t = useTexts(TEXTS)
  const number = index + 1
  return (
    <Space.Compact>
      <Button
        icon={<ArrowUpOutlined />}
        aria-label={t('upItem', { name, number })}
        disabled={index === 0}
        onClick={() => move(index, index - 1)}
      />
      <Button
        icon={<ArrowDownOutlined />}
        aria-label={t('downItem', { name, number })}
        disabled={index === count - 1}
        onClick={() => move(index, index + 1)}
      />
      <Button
        icon={<DeleteOutlined />}
        aria-label={t('removeItem', { name, number })}
        onClick={remove}
      />
    </Space.Compact>
  )
}
