import { defineTexts } from '../../i18n/i18n.ts'

export const TEXTS = defineTexts(
  'flapping',
  {
    title: 'Flapping',
    about:
      'Clients that connect and disconnect again and again are banned by their client ID for a ' +
      'while. The bans are on the page of bans.',
    enable: 'Ban such clients',
    window_time: 'Time in which disconnections are counted',
    max_count: 'Disconnections that lead to a ban',
    ban_time: 'How long a ban lasts',
    save: 'Save',
    saved: 'Saved. It holds from now on.',
  },
  {
    title: '抖动检测',
    about: '反复连接和断开的客户端会按客户端 ID 被暂时封禁，封禁记录见黑名单页面。',
    enable: '封禁此类客户端',
    window_time: '统计断开次数的时间窗口',
    max_count: '触发封禁的断开次数',
    ban_time: '封禁时长',
    save: '保存',
    saved: '已保存，立即生效。',
  },
)
