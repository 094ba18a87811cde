export type UserProperty = [name: string, value: string]

/** Every property of MQTT 5 (§2.2.2.2). A property that is not in the packet is absent here. */
export interface Properties {
  payloadFormatIndicator?: number
  messageExpiryIntervalSeconds?: number
  contentType?: string
  responseTopic?: string
  correlationData?: Buffer
  /** A server may send several, a client at most one, and only in SUBSCRIBE. */
  subscriptionIdentifiers?: number[]
  /** 0xFFFFFFFF: the session never expires. */
  sessionExpiryIntervalSeconds?: number
  assignedClientIdentifier?: string
  serverKeepAliveSeconds?: number
  authenticationMethod?: string
  authenticationData?: Buffer
  requestProblemInformation?: boolean
  willDelayIntervalSeconds?: number
  requestResponseInformation?: boolean
  responseInformation?: string
  serverReference?: string
  reasonString?: string
  receiveMaximum?: number
  topicAliasMaximum?: number
  topicAlias?: number
  maximumQos?: number
  retainAvailable?: boolean
  userProperties?: UserProperty[]
  maximumPacketSizeBytes?: number
  wildcardSubscriptionAvailable?: boolean
  subscriptionIdentifiersAvailable?: boolean
  sharedSubscriptionAvailable?: boolean
}

export type ConnectProperties = Pick<
  Properties,
  | 'sessionExpiryIntervalSeconds'
  | 'receiveMaximum'
  | 'maximumPacketSizeBytes'
  | 'topicAliasMaximum'
  | 'requestResponseInformation'
  | 'requestProblemInformation'
  | 'userProperties'
  | 'authenticationMethod'
  | 'authenticationData'
>
export type WillProperties = Pick<
  Properties,
  | 'willDelayIntervalSeconds'
  | 'payloadFormatIndicator'
  | 'messageExpiryIntervalSeconds'
  | 'contentType'
  | 'responseTopic'
  | 'correlationData'
  | 'userProperties'
>
export type ConnackProperties = Pick<
  Properties,
  | 'sessionExpiryIntervalSeconds'
  | 'receiveMaximum'
  | 'maximumQos'
  | 'retainAvailable'
  | 'maximumPacketSizeBytes'
  | 'assignedClientIdentifier'
  | 'topicAliasMaximum'
  | 'reasonString'
  | 'userProperties'
  | 'wildcardSubscriptionAvailable'
  | 'subscriptionIdentifiersAvailable'
  | 'sharedSubscriptionAvailable'
  | 'serverKeepAliveSeconds'
  | 'responseInformation'
  | 'serverReference'
  | 'authenticationMethod'
  | 'authenticationData'
>
export type PublishProperties = Pick<
  Properties,
  | 'payloadFormatIndicator'
  | 'messageExpiryIntervalSeconds'
  | 'topicAlias'
  | 'responseTopic'
  | 'correlationData'
  | 'userProperties'
  | 'subscriptionIdentifiers'
  | 'contentType'
>
/** Of PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK and UNSUBACK. */
export type AckProperties = Pick<Properties, 'reasonString' | 'userProperties'>
export type DisconnectProperties = Pick<
  Properties,
  'sessionExpiryIntervalSeconds' | 'reasonString' | 'userProperties' | 'serverReference'
>
export type AuthProperties = Pick<
  Properties,
  'authenticationMethod' | 'authenticationData' | 'reasonString' | 'userProperties'
>

/** Most user properties of one packet unless the caller says otherwise. */
export const USER_PROPERTIES_MAX_DEFAULT = 65_535
