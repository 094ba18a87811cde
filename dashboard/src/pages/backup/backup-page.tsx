import type {
  deleteBackup,
  exportData,
  importData,
  listBackups,
} from '#management/contract/data.ts'
import { DownloadOutlined, UploadOutlined } from '@ant-design/icons'
import { useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Flex, type TableColumnsType, Upload } from 'antd'
import { useState } from 'react'
import { type Answer, call } from '../../api/call.ts'
import { download } from '../../api/download.ts'
import { request } from '../../api/http.ts'
import { useMayChange } from '../../api/session.ts'
import { AddButton } from '../../components/add-button.tsx'
import { DangerButton } from '../../components/danger-button.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { DeleteButton, useActionsColumn } from '../../components/row-actions.tsx'
import { ServerTable } from '../../components/server-table.tsx'
import { useAction } from '../../components/use-action.ts'
import { showBytes, showTime } from '../../format/numbers.ts'
import { useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'

type Backup = Answer<typeof listBackups>['data'][number]
const STALE = ['backups']

/** Backups: made, downloaded, brought and taken over. */
export default function BackupPage() {
  const t = useTexts(TEXTS)
  const mayChange = useMayChange()
  const { run, isBusy } = useAction()
  const [warnings, setWarnings] = useState<readonly string[]>([])
  const make = async (): Promise<unknown> =>
    run(() => call<typeof exportData>('POST', '/data/export', { body: {} }), {
      done: t('made'),
      stale: STALE,
    })
  const bring = async (file: File): Promise<unknown> => {
    const body = new FormData()
    body.append('filename', file)
    return run(() => request('POST', '/data/files', { body }), { done: t('brought'), stale: STALE })
  }
  return (
    <>
      <PageTitle title={t('title')} about={t('about')}>
        <Upload
          accept=".gz"
          showUploadList={false}
          disabled={!mayChange}
          beforeUpload={(file) => {
            void bring(file)
            return false
          }}
        >
          <Button icon={<UploadOutlined />} disabled={!mayChange}>
            {t('bring')}
          </Button>
        </Upload>
        <AddButton loading={isBusy} onClick={() => void make()}>
          {t('make')}
        </AddButton>
      </PageTitle>
      {warnings.length > 0 && (
        <Alert
          type="warning"
          showIcon
          style={{ marginBottom: 12 }}
          title={t('warnings')}
          description={
            <Flex vertical component="ul">
              {warnings.map((warning) => (
                <li key={warning}>{warning}</li>
              ))}
            </Flex>
          }
        />
      )}
      <ServerTable<Backup>
        queryKey={STALE}
        load={async ({ page, limit }, signal) =>
          call<typeof listBackups>('GET', '/data/files', { signal, query: { page, limit } })
        }
        columns={useColumns(setWarnings)}
        rowKey={({ filename }) => filename}
        empty={t('none')}
      />
    </>
  )
}

function useColumns(warn: (warnings: readonly string[]) => void): TableColumnsType<Backup> {
  const t = useTexts(TEXTS)
  const { run } = useAction()
  const queries = useQueryClient()
  const takeOver = async (filename: string): Promise<void> => {
    const answer = await call<typeof importData>('POST', '/data/import', { body: { filename } })
    warn(answer?.warnings ?? [])
    await queries.invalidateQueries()
  }
  const save = async (filename: string): Promise<unknown> =>
    run(() => download(`/data/files/${encodeURIComponent(filename)}`, filename))
  return [
    { title: t('name'), dataIndex: 'filename' },
    { title: t('time'), dataIndex: 'created_at', render: (at: string) => showTime(at) },
    {
      title: t('size'),
      dataIndex: 'size',
      align: 'right',
      className: 'number',
      render: (bytes: number) => showBytes(bytes),
    },
    useActionsColumn(({ filename }) => (
      <>
        <Button size="small" icon={<DownloadOutlined />} onClick={() => void save(filename)}>
          {t('download')}
        </Button>
        <DangerButton
          size="small"
          label={t('restore')}
          question={t('restoreAsk', { name: filename })}
          consequence={t('restoreLoses')}
          run={() => takeOver(filename)}
          done={t('takenOver')}
        />
        <DeleteButton
          question={t('removeAsk', { name: filename })}
          run={() => remove(filename)}
          stale={STALE}
        />
      </>
    )),
  ]
}

async function remove(filename: string): Promise<unknown> {
  const params = { filename }
  return call<typeof deleteBackup>('DELETE', '/data/files/{filename}', { params })
}
