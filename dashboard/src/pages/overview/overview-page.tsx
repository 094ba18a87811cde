import { Typography } from 'antd'

export default function OverviewPage() {
  return <Typography.Title level={1}>Overview</Typography.Title>
}
