import { Input } from 'antd'

interface Props {
  /** What is looked for; also said to those who cannot see. */
  readonly label: string
  readonly hint?: string
  readonly width?: number
  readonly search: (text: string) => void
}

/** A condition of a list; it counts when Enter is pressed, or it is cleared. */
export function FilterInput({ label, hint = '', width = 220, search }: Props) {
  return (
    <Input.Search
      allowClear
      aria-label={label}
      placeholder={`${label} ${hint}`.trim()}
      style={{ width, maxWidth: '100%' }}
      onSearch={(text) => search(text.trim())}
    />
  )
}
