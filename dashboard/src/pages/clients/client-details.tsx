import type { getClient, kickClient } from '#management/contract/clients.ts'
import { useQuery } from '@tanstack/react-query'
import { Badge, Descriptions, Flex } from 'antd'
import { Link, useNavigate, useParams } from 'react-router'
import { type Answer, call } from '../../api/call.ts'
import { DangerButton } from '../../components/danger-button.tsx'
import { Failure } from '../../components/failure.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { Panel } from '../../components/panel.tsx'
import { Waiting } from '../../components/waiting.tsx'
import { showDuration, showTime } from '../../format/numbers.ts'
import { type Translate, useTexts } from '../../i18n/i18n.ts'
import { ClientMessages } from './client-messages.tsx'
import { ClientSubscriptions } from './client-subscriptions.tsx'
import { ClientTraffic } from './client-traffic.tsx'
import { protocolName } from './protocol-name.ts'
import { TEXTS } from './texts.ts'
import { WatchClient } from './watch-client.tsx'

type Client = Answer<typeof getClient>

const REFRESH_MS = 3_000
const FOR_EVER = 0xffff_ffff

/** One client: its connection, its session, its subscriptions. */
export function ClientDetails() {
  const t = useTexts(TEXTS)
  const { clientId = '' } = useParams()
  const navigate = useNavigate()
  const params = { clientid: clientId }
  const { data, dataUpdatedAt, error, refetch } = useQuery({
    queryKey: ['client', clientId],
    queryFn: ({ signal }) =>
      call<typeof getClient>('GET', '/clients/{clientid}', { params, signal }),
    refetchInterval: REFRESH_MS,
  })
  if (error !== null) return <Failure error={error} retry={() => void refetch()} />
  if (data === undefined) return <Waiting />
  const kick = async (): Promise<void> => {
    await call<typeof kickClient>('DELETE', '/clients/{clientid}', { params })
    await navigate('/clients')
  }
  return (
    <Flex vertical gap={16}>
      <div>
        <Link to="/clients">← {t('back')}</Link>
        <PageTitle title={clientId}>
          <WatchClient clientId={clientId} />
          <DangerButton
            label={t('kick')}
            question={t('kickAsk', { name: clientId })}
            consequence={t('kickLoses')}
            run={kick}
            done={t('kicked')}
            stale={['clients']}
          />
        </PageTitle>
      </div>
      <Panel>
        <Descriptions
          size="small"
          column={{ xs: 1, sm: 2, xl: 3 }}
          items={facts(data, t).map(([label, children]) => ({ key: label, label, children }))}
        />
      </Panel>
      {data.connected && <ClientTraffic client={data} atMs={dataUpdatedAt} />}
      <ClientSubscriptions clientId={clientId} />
      <ClientMessages clientId={clientId} />
    </Flex>
  )
}

function facts(client: Client, t: Translate<keyof typeof TEXTS.en>) {
  const { connected, keepalive, ip_address: host, port, expiry_interval: expiry } = client
  const state = (
    <Badge
      status={connected ? 'success' : 'default'}
      text={t(connected ? 'connected' : 'disconnected')}
    />
  )
  return [
    [t('state'), state],
    [t('username'), client.username ?? '–'],
    [t('address'), host === undefined ? '–' : `${host}:${port}`],
    [t('protocol'), protocolName(client.proto_name, client.proto_ver)],
    [t('listener'), client.listener ?? '–'],
    [t('zone'), client.zone],
    [t('node'), client.node],
    [t('keepAlive'), keepalive === 0 ? t('off') : t('seconds', { count: keepalive ?? 0 })],
    [t('cleanStart'), t(client.clean_start === true ? 'yes' : 'no')],
    [t('expiry'), expiryText(expiry, t)],
    [t('stored'), t(client.durable ? 'yes' : 'no')],
    [t('createdAt'), showTime(client.created_at)],
    connected
      ? [t('connectedAt'), showTime(client.connected_at)]
      : [t('disconnectedAt'), showTime(client.disconnected_at)],
    [t('queued'), `${client.mqueue_len} / ${client.mqueue_max}`],
    [t('inflight'), `${client.inflight_cnt} / ${client.inflight_max ?? '–'}`],
    [t('unreleased'), `${client.awaiting_rel_cnt} / ${client.awaiting_rel_max}`],
    [t('mountpoint'), client.mountpoint || '–'],
  ] as const
}

function expiryText(seconds: number, t: Translate<'never' | 'atOnce'>): string {
  if (seconds === 0) return t('atOnce')
  return seconds >= FOR_EVER ? t('never') : showDuration(seconds * 1000)
}
