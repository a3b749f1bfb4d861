/** What people read about speakers, sirens and boards. */
import type { ReceiptEvent } from '#model/call.ts';
import type { Text } from '#model/text.ts';

export const BROADCAST_TEXT = {
  over: { zh: '预警解除或降级，停止播放', en: 'it is over or lowered: be silent' },
  drillIsSilent: { zh: '演练未启用真实播放', en: 'the drill sounds no real device' },
} as const satisfies { readonly [key: string]: Text };

const EVENT_TEXT: { readonly [E in ReceiptEvent]: Text } = {
  delivered: { zh: '已收到', en: 'has it' },
  heard: { zh: '已播放', en: 'sounded' },
  read: { zh: '已显示', en: 'shows it' },
  failed: { zh: '未播放', en: 'did not sound' },
  answered: { zh: '已应答', en: 'answered' },
  cannot: { zh: '无法播放', en: 'cannot' },
};

export function receiptText(device: string, event: ReceiptEvent, detail: string): Text {
  const { zh, en } = EVENT_TEXT[event];
  const why = detail === '' ? { zh: '', en: '' } : { zh: `（${detail}）`, en: ` (${detail})` };
  return { zh: `播放设备 ${device} ${zh}${why.zh}`, en: `device ${device} ${en}${why.en}` };
}
