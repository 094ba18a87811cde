import { Button, Flex, Switch } from 'antd'
import { useMayChange } from '../../api/session.ts'
import { DeleteButton, EditButton } from '../../components/row-actions.tsx'
import { useAction } from '../../components/use-action.ts'
import { type Translate, useTexts } from '../../i18n/i18n.ts'
import {
  enableIntegration,
  idOf,
  type Integration,
  removeIntegration,
  restartIntegration,
  type Root,
  STALE,
} from './api.ts'
import { TEXTS } from './texts.ts'

interface Props {
  readonly root: Root
  readonly one: Integration
}

/** Switches one on or off. */
export function EnableSwitch({ root, one }: Props) {
  const t = useTexts(TEXTS)
  const { run, isBusy } = useAction()
  const id = idOf(one)
  return (
    <Switch
      size="small"
      aria-label={t('enableOne', { id })}
      checked={one.enable}
      disabled={!useMayChange()}
      loading={isBusy}
      onChange={(isOn) =>
        void run(() => enableIntegration(root, id, isOn), { done: t('changed'), stale: STALE })
      }
    />
  )
}

interface OperationsProps extends Props {
  readonly edit: (one: Integration) => void
  readonly removed?: () => void
}

/** What can be done with one. */
export function Operations({ root, one, edit, removed }: OperationsProps) {
  const t = useTexts(TEXTS)
  const mayChange = useMayChange()
  const { run, isBusy } = useAction()
  const id = idOf(one)
  const remove = async (): Promise<void> => {
    await removeIntegration(root, id)
    removed?.()
  }
  return (
    <Flex gap={4} justify="end">
      <EditButton edit={() => edit(one)} />
      {root === 'connectors' && (
        <Button
          size="small"
          disabled={!mayChange || !one.enable}
          loading={isBusy}
          onClick={() =>
            void run(() => restartIntegration(root, one), { done: t('restarted'), stale: STALE })
          }
        >
          {t('restart')}
        </Button>
      )}
      <DeleteButton
        question={t('removeAsk', { id })}
        consequence={lossOf(root, one, t)}
        run={remove}
        // A rule may have lost an action.
        stale={[...STALE, 'rules']}
      />
    </Flex>
  )
}

/** What is lost with it. */
function lossOf(root: Root, one: Integration, t: Translate<keyof typeof TEXTS.en>): string {
  const { type, actions = [], sources = [], rules } = one
  const list = rules.join(', ')
  switch (root) {
    case 'connectors': {
      const users = [...actions, ...sources].map((name) => `${type}:${name}`).join(', ')
      if (users === '') return t('losesNothing')
      const ofRules = rules.length === 0 ? '' : ` ${t('loses-connectors-rules', { rules: list })}`
      return t('loses-connectors', { users }) + ofRules
    }
    case 'actions':
      return rules.length === 0 ? t('loses-actions') : t('loses-rules', { rules: list })
    case 'sources':
      return t('loses-sources')
  }
}
