import { Flex } from 'antd'
import { Link } from 'react-router'
import { useTexts } from '../../i18n/i18n.ts'
import { type Integration, pageOf, type Root } from './api.ts'
import { TEXTS } from './texts.ts'

/** Links to what uses one: actions and sources of a connector, rules of these. */
export function UsersOf({ one }: { one: Integration }) {
  const t = useTexts(TEXTS)
  const { type, actions = [], sources = [], rules } = one
  const users = (root: Root, names: readonly string[]) =>
    names.map((name) => ({ to: pageOf(root, `${type}:${name}`), text: `${type}:${name}` }))
  const links = [
    ...users('actions', actions),
    ...users('sources', sources),
    ...rules.map((id) => ({
      to: `/rules/id/${encodeURIComponent(id)}`,
      text: t('rule', { id }),
    })),
  ]
  if (links.length === 0) return <span className="secondary">{t('nobody')}</span>
  return (
    <Flex vertical>
      {links.map(({ to, text }) => (
        <Link key={to} to={to}>
          {text}
        </Link>
      ))}
    </Flex>
  )
}
