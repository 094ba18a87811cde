import { Typography } from 'antd'

/** A value as the JSON that the API takes or gives. */
export function JsonView({ value, label }: { value: unknown; label: string }) {
  const text = JSON.stringify(value, null, 2)
  return (
    <div style={{ position: 'relative' }}>
      <pre className="code" tabIndex={0} aria-label={label}>
        {text}
      </pre>
      <Typography.Text copyable={{ text }} style={{ position: 'absolute', top: 8, right: 12 }} />
    </div>
  )
}
