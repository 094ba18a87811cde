import { PlusOutlined } from '@ant-design/icons'
import { Button, type ButtonProps } from 'antd'
import { useMayChange } from '../api/session.ts'

/** The button of a page that makes something new, for those who may. */
export function AddButton({ disabled = false, ...rest }: ButtonProps) {
  const mayChange = useMayChange()
  return (
    <Button type="primary" icon={<PlusOutlined />} disabled={!mayChange || disabled} {...rest} />
  )
}
