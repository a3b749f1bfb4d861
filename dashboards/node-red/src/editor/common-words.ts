/** What every node may say below itself, in both languages. */
import type { Text } from '../../../../model/text.ts';

export const COMMON_WORDS = {
  noServer: { zh: '未选择烽燧服务器', en: 'no Fengsui server is chosen' },
  connecting: { zh: '连接中', en: 'connecting' },
  connected: { zh: '已连接', en: 'connected' },
  away: { zh: '连不上，正在重试', en: 'out of reach, trying again' },
  notSignedIn: { zh: '账号或令牌不对', en: 'user or token is wrong' },
  asking: { zh: '请求中', en: 'asking' },
  done: { zh: '已完成', en: 'done' },
  queued: { zh: '已写入，等待预警服务处理', en: 'written down, alerts will take it' },
  refused: { zh: '被拒绝：__why__', en: 'refused: __why__' },
  failed: { zh: '失败：__why__', en: 'failed: __why__' },
} as const satisfies { readonly [key: string]: Text };
