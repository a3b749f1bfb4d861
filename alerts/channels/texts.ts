/**
 * What people read and hear: a short message (level, place, hazard, what to do, how to answer), a spoken one, a post in a
 * group, a letter. Every one of them begins with its marks (【重发】, 【演练】, 【模拟】), whatever has to be cut off behind.
 */
import { LEVEL_TEXT } from '#model/level.ts';
import type { Lang, Text } from '#model/text.ts';
import { formatInZone } from '#model/time.ts';
import type { Message } from '../deliveries.ts';
import { HAZARD_TEXT } from '../wording.ts';
import { ANSWER_BY_KEY, ANSWER_BY_SMS, ANSWER_ON_SCREEN, adviceOf, REPEAT_MARK } from './advice.ts';

/** What a text is made of. */
export type Said = Pick<Message, 'text' | 'reason' | 'change' | 'alert' | 'ask' | 'digest' | 'recipients'>;
export type Manner = { readonly repeated?: boolean; readonly lang?: Lang };

/** Three parts of a concatenated UCS-2 message (3GPP TS 23.040: 67 characters each). */
export const SMS_CHARACTERS = 201;
const SPOKEN_CHARACTERS = 300;

const STOP: { readonly [L in Lang]: string } = { zh: '。', en: '. ' };

/** One line without control characters: what comes from outside may hold anything. */
const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();

/** Cuts at a whole character, and shows that it did. */
export function shorten(text: string, atMost: number): string {
  if (text.length <= atMost) return text;
  let short = '';
  for (const character of text) {
    if (short.length + character.length > atMost - 1) break;
    short += character;
  }
  return `${short}…`;
}

const markOf = (manner: Manner, lang: Lang): string => (manner.repeated === true ? REPEAT_MARK[lang] : '');
/** Without the full stop that the next sentence's joint brings. */
const open = (text: string): string => text.replace(/[。.；;，,\s]+$/u, '');

/** The head is cut so that what to do and how to answer are always there. */
function compose(head: string, tail: readonly string[], atMost: number, lang: Lang): string {
  const stop = STOP[lang];
  const rest = tail.map((one) => `${one}${stop}`).join('');
  return `${open(shorten(open(head), atMost - rest.length - stop.length))}${stop}${rest}`.trim();
}

/** For an SMS by gateway or modem; never longer than `SMS_CHARACTERS` UTF-16 units. */
export function composeSms(message: Said, manner: Manner = {}): string {
  const lang = manner.lang ?? 'zh';
  const { alert, change } = message;
  const tail = [
    adviceOf(alert.hazard, alert.level, change, alert.condition === 'cleared')[lang],
    ...(message.ask ? [ANSWER_BY_SMS[lang]] : []),
  ];
  const others = (message.digest ?? []).map(({ text }) => oneLine(text[lang])).join(lang === 'zh' ? '；' : '; ');
  const head = oneLine(`${markOf(manner, lang)}${message.text[lang]}${others === '' ? '' : ` ${others}`}`);
  return compose(head, tail, SMS_CHARACTERS, lang);
}

/** Brackets are not read aloud; a mark is said as a sentence of its own. */
const spoken = (text: string): string => text.replace(/【([^】]*)】/gu, '$1。').replace(/\[([A-Z]+)\]\s*/g, '$1. ');

/** For a voice call: who speaks, what it is, what to do, how to answer, and all of it once more. */
export function composeSpeech(message: Said, manner: Manner = {}): string {
  const lang = manner.lang ?? 'zh';
  const { alert, change } = message;
  const head = spoken(oneLine(`${markOf(manner, lang)}${message.text[lang]}`));
  const tail = [
    adviceOf(alert.hazard, alert.level, change, alert.condition === 'cleared')[lang],
    ...(message.ask ? [ANSWER_BY_KEY[lang]] : []),
  ];
  const once = compose(head, tail, SPOKEN_CHARACTERS, lang);
  return lang === 'zh'
    ? `这是灾害预警电话。${once}重复一遍：${once}`
    : `This is a hazard warning. ${once} Again: ${once}`;
}

const bodyLines = (message: Said): readonly Text[] => {
  const { alert, change } = message;
  const advice = adviceOf(alert.hazard, alert.level, change, alert.condition === 'cleared');
  return [
    ...(message.digest ?? []).map(({ text }): Text => ({ zh: `· ${oneLine(text.zh)}`, en: `· ${oneLine(text.en)}` })),
    { zh: `请做：${advice.zh}`, en: `What to do: ${advice.en}` },
    ...(message.ask ? [{ zh: `答复：${ANSWER_ON_SCREEN.zh}`, en: `Answer: ${ANSWER_ON_SCREEN.en}` }] : []),
  ];
};

const NAMES_AT_MOST = 20;

/** A post in a group chat: the headline, what to do, and who is asked. Chinese; a group reads one language. */
export function composePost(message: Said, manner: Manner = {}): string {
  const lang = manner.lang ?? 'zh';
  const names = message.recipients.slice(0, NAMES_AT_MOST).map(({ name }) => name);
  const more = message.recipients.length > names.length ? (lang === 'zh' ? '等' : ' and others') : '';
  return [
    `${markOf(manner, lang)}${oneLine(message.text[lang])}`,
    ...bodyLines(message).map((line) => line[lang]),
    ...(names.length === 0
      ? []
      : [lang === 'zh' ? `通知：${names.join('、')}${more}` : `Told: ${names.join(', ')}${more}`]),
  ].join('\n');
}

export type Letter = { readonly subject: string; readonly text: string };

/** Plain text, Chinese first, then English; the subject alone says what happened. */
export function composeLetter(message: Said, zone: string, manner: Manner = {}): Letter {
  const { alert } = message;
  const at = formatInZone(alert.raisedAtMs, zone).slice(0, 19).replace('T', ' ');
  const part = (lang: Lang): string =>
    [
      `${markOf(manner, lang)}${oneLine(message.text[lang])}`,
      '',
      lang === 'zh'
        ? `级别：${LEVEL_TEXT[alert.level].zh}　灾种：${HAZARD_TEXT[alert.hazard].zh}`
        : `Level: ${LEVEL_TEXT[alert.level].en}, hazard: ${HAZARD_TEXT[alert.hazard].en}`,
      lang === 'zh' ? `发生时间：${at}` : `Since: ${at}`,
      ...bodyLines(message).map((line) => line[lang]),
    ].join('\n');
  const subject = shorten(`${markOf(manner, 'zh')}${oneLine(message.text.zh)}`, 100);
  return { subject, text: `${part('zh')}\n\n----------\n\n${part('en')}\n\n${alert.id}\n` };
}
