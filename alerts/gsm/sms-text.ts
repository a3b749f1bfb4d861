/** What stands in a short message and what is spoken on the telephone: one table of texts. */
import type { Text } from '#model/text.ts';
import type { Message } from '../deliveries.ts';

export const GSM_TEXT = {
  repeat: { zh: '【重发】', en: '[REPEAT] ' },
  howToAnswer: { zh: '收到请回复1，不能处置请回复2。', en: 'Answer 1: received. 2: I cannot.' },
  pressToAnswer: { zh: '收到请按1，不能处置请按2。', en: 'Press 1: received. 2: I cannot.' },
} as const satisfies { readonly [key: string]: Text };

/** Longer ones would cost ten messages each in a storm; the headline comes first. */
const UNITS_AT_MOST = 268;
const cut = (text: string, atMost: number): string => {
  const last = text.charCodeAt(atMost - 2);
  const end = last >= 0xd800 && last <= 0xdbff ? atMost - 2 : atMost - 1;
  return text.length <= atMost ? text : `${text.slice(0, end)}…`;
};
/** A sentence of a rule may end with its own stop. */
const withStop = (text: string): string => (/[。！？…；;.!?]$/u.test(text) ? text : `${text}。`);

export function smsText(message: Pick<Message, 'text' | 'ask'>, repeated: boolean): string {
  const tail = message.ask === true ? GSM_TEXT.howToAnswer.zh : '';
  const head = repeated ? GSM_TEXT.repeat.zh : '';
  return `${head}${withStop(cut(message.text.zh, UNITS_AT_MOST - head.length - tail.length - 1))}${tail}`;
}

export const spokenText = (message: Pick<Message, 'text' | 'ask'>): string =>
  `${withStop(cut(message.text.zh, UNITS_AT_MOST))}${message.ask === true ? GSM_TEXT.pressToAnswer.zh : ''}`;
