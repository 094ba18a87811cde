/** `authorization.sources`: rules in an LDAP directory. */
import { object, oneOf, string } from '../../field.ts'
import { ldapConnection } from '../backends/ldap.ts'
import { sourceEnable } from './source-enable.ts'
import { checkSourceTemplate } from './template-check.ts'

export const ldapSource = object(
  {
    type: oneOf(['ldap'], { text: 'Rules in LDAP.', required: true }),
    enable: sourceEnable,
    ...ldapConnection(checkSourceTemplate),
    publish_attribute: string({
      text: 'Attribute with filters of topics that the client may publish to.',
      default: 'mqttPublishTopic',
    }),
    subscribe_attribute: string({
      text: 'Attribute with filters that the client may subscribe to.',
      default: 'mqttSubscriptionTopic',
    }),
    all_attribute: string({
      text: 'Attribute with filters of topics for both.',
      default: 'mqttPubSubTopic',
    }),
  },
  { text: 'Topics in the entries of an LDAP directory.' },
)
