import type { listNodes } from '#management/contract/nodes.ts'
import { useQuery } from '@tanstack/react-query'
import { Descriptions, Flex, Typography } from 'antd'
import { call } from '../../api/call.ts'
import { Failure } from '../../components/failure.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { Panel } from '../../components/panel.tsx'
import { Waiting } from '../../components/waiting.tsx'
import { showDuration } from '../../format/numbers.ts'
import { useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'

/** Which version this is, on what it runs, and where to read more. */
export default function AboutPage() {
  const t = useTexts(TEXTS)
  const { data, error, refetch } = useQuery({
    queryKey: ['nodes'],
    queryFn: ({ signal }) => call<typeof listNodes>('GET', '/nodes', { signal }),
  })
  if (error !== null && data === undefined) {
    return <Failure error={error} retry={() => void refetch()} />
  }
  if (data === undefined) return <Waiting />
  return (
    <>
      <PageTitle title={t('title')} about={t('about')} />
      <Flex vertical gap={16}>
        {data.map((node) => (
          <Panel key={node.node} title={node.node}>
            <Descriptions
              column={{ xs: 1, md: 2 }}
              items={[
                { key: 'version', label: t('version'), children: node.version },
                { key: 'runtime', label: t('runtime'), children: node.otp_release },
                {
                  key: 'uptime',
                  label: t('uptime'),
                  children: showDuration(node.uptime),
                },
                {
                  key: 'threads',
                  label: t('threads'),
                  children: `${node.process_used} / ${node.process_available}`,
                },
                {
                  key: 'memory',
                  label: t('memory'),
                  children: `${node.memory_used} / ${node.memory_total}`,
                },
                {
                  key: 'load',
                  label: t('load'),
                  children: [node.load1, node.load5, node.load15].join(' · '),
                },
                { key: 'files', label: t('files'), children: node.max_fds },
                { key: 'folder', label: t('folder'), children: node.sys_path },
              ]}
            />
          </Panel>
        ))}
        <Panel title={t('more')}>
          <Flex vertical gap={8}>
            <Typography.Link href="/api-docs">{t('api')}</Typography.Link>
            <Typography.Link href="/api/v5/prometheus/stats">{t('prometheus')}</Typography.Link>
            <Typography.Text type="secondary">{t('licence')}</Typography.Text>
          </Flex>
        </Panel>
      </Flex>
    </>
  )
}
