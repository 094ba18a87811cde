/** Titles as EMQX's editor shows them, and texts, of what rules read; by the column `event`. */
export const EVENTS_IN_CHINESE: Readonly<Record<string, readonly [title: string, text: string]>> = {
  'message.publish': ['消息发布', '消息发布到过滤器匹配的主题。'],
  'message.delivered': ['消息投递', '消息首次发送给客户端。'],
  'message.acked': ['消息确认', '客户端确认了 QoS 1 或 QoS 2 的消息。'],
  'message.dropped': ['消息丢弃(路由)', '发布的消息没有任何订阅者。'],
  'delivery.dropped': [
    '消息丢弃(投递)',
    '消息没有到达某个接收者：`queue_full`、`no_local`、`expired`、`qos0_msg`（接收者不在线）' +
      '或 `too_large`。',
  ],
  'schema.validation_failed': ['消息验证失败', '发布的消息未通过验证。'],
  'message.transformation_failed': ['消息转换失败', '发布的消息转换失败。'],
  'client.connected': ['连接建立', '客户端已连接。'],
  'client.disconnected': ['连接断开', '客户端的连接已断开。'],
  'client.connack': ['连接确认', '客户端被接受或被拒绝。`expiry_interval` 以毫秒为单位。'],
  'client.check_authz_complete': ['授权检查完成', '已决定客户端是否可以发布或订阅。'],
  'client.check_authn_complete': ['认证检查完成', '已决定客户端的身份是否属实。'],
  'session.subscribed': ['会话订阅完成', '客户端订阅了一个过滤器。'],
  'session.unsubscribed': ['会话取消订阅完成', '客户端取消了一个订阅。'],
  'alarm.activated': ['告警激活', '告警被触发。告警的时间以微秒为单位。'],
  'alarm.deactivated': ['告警解除', '告警已解除。'],
}
