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
  removeWithUsers,
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
    await (root === 'connectors' ? removeWithUsers(one) : removeIntegration(root, id))
    removed?.()
  }
  return (
    <Flex gap={4} justify="end" wrap>
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
  const { type, actions = [], sources = [], rules = [] } = one
  switch (root) {
    case 'connectors': {
      const users = [...actions, ...sources].map((name) => `${type}:${name}`)
      const list = users.join(', ')
      return users.length === 0 ? t('losesNothing') : t('loses-connectors', { users: list })
    }
    case 'actions':
      return rules.length === 0 ? t('loses-actions') : t('loses-rules', { rules: rules.join(', ') })
    case 'sources':
      return t('loses-sources')
  }
}
