import type {
  deleteSource,
  getSourceStatus,
  listSources,
  orderSources,
  updateSource,
} from '#management/contract/authorization.ts'
import { Flex } from 'antd'
import { useState } from 'react'
import { call } from '../../api/call.ts'
import { type Backend, BackendChain, type ChainApi } from '../../components/backend-chain.tsx'
import { useTexts } from '../../i18n/i18n.ts'
import { SOURCES, titleOf, typeOf } from './kinds.ts'
import { SourceEditor } from './source-editor.tsx'
import { TEXTS } from './texts.ts'

const PATH = '/authorization/sources'
const ONE = '/authorization/sources/{type}'
const API: ChainApi = {
  async list(signal) {
    return (await call<typeof listSources>('GET', PATH, { signal })).sources
  },
  order(types) {
    const body = types.map((type) => ({ type }))
    return call<typeof orderSources>('PUT', `${PATH}/order`, { body })
  },
  update(type, { rules: _rules, ...rest }) {
    const body = { ...rest, type }
    return call<typeof updateSource>('PUT', ONE, { params: { type }, body })
  },
  remove: (type) => call<typeof deleteSource>('DELETE', ONE, { params: { type } }),
  status: (type, signal) =>
    call<typeof getSourceStatus>('GET', `${ONE}/status`, { params: { type }, signal }),
}
const TYPES = Object.keys(SOURCES)

/** Sources of rules, in the order in which they are asked. */
export function SourceList() {
  const t = useTexts(TEXTS)
  const [edited, setEdited] = useState<{ source: Backend; isNew: boolean }>()
  return (
    <>
      <BackendChain
        api={API}
        queryKey="authorization-sources"
        t={t}
        kinds={TYPES}
        idOf={typeOf}
        titleOf={(type) => titleOf(type, t)}
        counters={[
          ['allow', t('allow')],
          ['deny', t('deny')],
          ['ignore', t('ignore')],
          ['failed', t('failed')],
        ]}
        head={(addButton) => (
          <Flex justify="end" style={{ marginBottom: 12 }}>
            {addButton}
          </Flex>
        )}
        add={(type) => setEdited({ source: SOURCES[type] ?? {}, isNew: true })}
        edit={(source) => setEdited({ source, isNew: false })}
      />
      {edited !== undefined && <SourceEditor {...edited} close={() => setEdited(undefined)} />}
    </>
  )
}
