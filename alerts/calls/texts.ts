/** The sentences of call-and-confirm, zh-CN first: what the ledger says, and what a message that covers several alerts says. */
import type { Means } from '#model/call.ts';
import { LEVEL_TEXT, LEVELS, type Level } from '#model/level.ts';
import type { Text } from '#model/text.ts';

const both = (zh: string, en: string): Text => ({ zh, en });
const list = (names: readonly string[]): string => names.join('、');

export const MEANS_TEXT: { readonly [M in Means]: Text } = {
  door: both('敲门', 'at the door'),
  gong: both('鸣锣', 'by gong'),
  telephone: both('电话', 'by telephone'),
  loudhailer: both('喊话', 'by loud-hailer'),
  inPerson: both('当面', 'in person'),
  other: both('其他方式', 'by other means'),
};

export const CALL_TEXT = {
  asked: (names: readonly string[], tries: number, minutes: number) =>
    both(
      `开始叫应${names.length}人（${minutes}分钟内至多${tries}次）：${list(names)}`,
      `${names.length} people are asked to answer (up to ${tries} tries in ${minutes} min): ${names.join(', ')}`,
    ),
  told: (names: readonly string[]) =>
    both(`告知${names.length}人，不要求应答：${list(names)}`, `${names.length} people are told: ${names.join(', ')}`),
  standIn: (silent: string, names: readonly string[], step: number) =>
    step === 1
      ? both(
          `${silent}未应答，改叫副职：${list(names)}`,
          `${silent} is silent; the deputy is asked: ${names.join(', ')}`,
        )
      : both(
          `${silent}未应答，改叫上级：${list(names)}`,
          `${silent} is silent; the tier above is asked: ${names.join(', ')}`,
        ),
  silent: (name: string, tries: number) =>
    tries === 0
      ? both(`${name}无可用渠道且未应答，列入未叫醒名单`, `${name} has no channel and did not answer: not reached`)
      : both(`${name}经${tries}次呼叫未应答，列入未叫醒名单`, `${name} is silent after ${tries} tries: not reached`),
  noWay: (name: string, why: string, whyEn: string) =>
    both(`${name}无法呼叫：${why}`, `${name} cannot be called: ${whyEn}`),
  answered: (name: string, how: string) => both(`${name}已应答（${how}）`, `${name} has answered (${how})`),
  cannot: (name: string, how: string) => both(`${name}表示不能处置（${how}）`, `${name} says that he cannot (${how})`),
  read: (name: string, how: string) => both(`${name}已阅（${how}）`, `${name} has read it (${how})`),
  reached: (name: string, who: string, means: Means) =>
    both(`${who}${MEANS_TEXT[means].zh}叫醒${name}`, `${who} reached ${name} ${MEANS_TEXT[means].en}`),
  enough: (name: string, others: number) =>
    both(`${name}已应答，其余${others}人不再呼叫`, `${name} has answered; ${others} others are not called any more`),
  nobody: (asked: number) =>
    both(
      `本轮${asked}人（含副职、上级）均未应答，无人被叫醒`,
      `none of the ${asked} people of this round has answered: nobody is reached`,
    ),
  unanswered: (headline: Text) =>
    both(
      `预警无人应答，请立即派人到场：${headline.zh}`,
      `nobody answers this warning, send somebody at once: ${headline.en}`,
    ),
  unansweredOver: (name: string) =>
    both(`${name}已叫醒，无人应答告警结束`, `${name} is reached; the alarm that nobody answers is over`),
  unansweredEnded: both(
    '原预警已结束，无人应答告警随之结束',
    'the alert that nobody answered has ended, and this one with it',
  ),
  again: both('预警仍未办结，再次叫应', 'the alert is still open, everybody is asked again'),
  shift: (name: string, count: number) =>
    both(`${name}接班，一并告知未结预警${count}条`, `${name} comes on duty and is told of ${count} open alerts`),
  stopped: {
    answered: both('已应答，不再发送', 'answered meanwhile, not sent'),
    ended: both('预警已结束，不再发送', 'the alert has ended, not sent'),
    round: both('已有新一轮叫应，不再发送', 'a newer round has begun, not sent'),
    needless: both('已有人应答，不再发送', 'somebody else has answered, not sent'),
  },
} as const;

/** `共12条预警（红色10、橙色2），最重：…` */
export function digestText(counts: ReadonlyMap<Level, number>, worst: Text, isShift: boolean): Text {
  const levels = [...LEVELS].reverse().filter((level): level is Level => level !== 'none' && counts.has(level));
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const zh = levels.map((level) => `${LEVEL_TEXT[level].zh}${counts.get(level)}条`).join('、');
  const en = levels.map((level) => `${counts.get(level)} ${LEVEL_TEXT[level].en}`).join(', ');
  return isShift
    ? both(
        `接班告知：未结预警${total}条（${zh}），最重：${worst.zh}`,
        `Shift begins: ${total} open alerts (${en}). Worst: ${worst.en}`,
      )
    : both(`汇总：${total}条预警（${zh}），最重：${worst.zh}`, `Digest: ${total} alerts (${en}). Worst: ${worst.en}`);
}
