import { Button, Empty, Tabs } from 'antd'
import { useState } from 'react'
import { PageTitle } from '../../components/page-title.tsx'
import { useTexts } from '../../i18n/i18n.ts'
import { ConnectionPanel } from './connection-panel.tsx'
import {
  type ConnectionSettings,
  loadSettings,
  newSettings,
  saveSettings,
} from './connection-settings.ts'
import { forgetConnection } from './connections.ts'
import { SettingsDrawer } from './settings-drawer.tsx'
import { TEXTS } from './texts.ts'

/** MQTT clients in the browser, several at a time. */
export default function WebSocketClientPage() {
  const t = useTexts(TEXTS)
  const [all, setAll] = useState(loadSettings)
  const [active, setActive] = useState(all[0]?.id)
  const [edited, setEdited] = useState<ConnectionSettings>()

  function change(next: readonly ConnectionSettings[]): void {
    setAll(next)
    saveSettings(next)
  }

  function save(settings: ConnectionSettings): void {
    const isKnown = all.some(({ id }) => id === settings.id)
    change(
      isKnown ? all.map((old) => (old.id === settings.id ? settings : old)) : [...all, settings],
    )
    setActive(settings.id)
    setEdited(undefined)
  }

  function remove(id: string): void {
    forgetConnection(id)
    const rest = all.filter((settings) => settings.id !== id)
    change(rest)
    setActive(rest[0]?.id)
  }

  const add = (
    <Button type="primary" onClick={() => setEdited(newSettings(all.length))}>
      {t('newConnection')}
    </Button>
  )
  return (
    <>
      <PageTitle title={t('title')} about={t('about')}>
        {add}
      </PageTitle>
      {all.length === 0 ? (
        <Empty description={t('noConnections')} />
      ) : (
        <Tabs
          {...(active === undefined ? {} : { activeKey: active })}
          onChange={setActive}
          items={all.map((settings) => ({
            key: settings.id,
            label: settings.name,
            children: (
              <ConnectionPanel
                settings={settings}
                edit={() => setEdited(settings)}
                remove={() => remove(settings.id)}
              />
            ),
          }))}
        />
      )}
      {edited !== undefined && (
        <SettingsDrawer
          key={edited.id}
          settings={edited}
          save={save}
          close={() => setEdited(undefined)}
        />
      )}
    </>
  )
}
