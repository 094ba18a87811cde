import { Flex, Spin } from 'antd'

/** Something is on its way. */
export function Waiting() {
  return (
    <Flex
      align="center"
      justify="center"
      style={{ minHeight: 240 }}
      role="status"
      aria-live="polite"
    >
      <Spin size="large" />
    </Flex>
  )
}
