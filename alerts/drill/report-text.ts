/** A drill's report in words, a line a matter; the figures are the report's own. */
import type { DrillReport } from '#model/drill.ts';
import type { Text } from '#model/text.ts';
import { TIER_TEXT } from '../wording.ts';

/** `3 分 20 秒`. */
function span(ms: number | null): Text {
  if (ms === null) return { zh: '—', en: '—' };
  const seconds = Math.round(ms / 1_000);
  const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60];
  return minutes === 0
    ? { zh: `${rest}秒`, en: `${rest} s` }
    : { zh: `${minutes}分${rest === 0 ? '' : `${rest}秒`}`, en: `${minutes} min${rest === 0 ? '' : ` ${rest} s`}` };
}

const NAMED = 20;

function* lines(report: Omit<DrillReport, 'text'>): Generator<Text> {
  const { name, stepsDone, steps, startedAtMs, endedAtMs, broadcast, tiers, notReached } = report;
  const lasted = span(endedAtMs - startedAtMs);
  yield { zh: `【演练】${name.zh}`, en: `[DRILL] ${name.en}` };
  yield {
    zh: `历时${lasted.zh}，执行步骤 ${stepsDone}/${steps}，预警 ${report.alertIds.length} 条，${broadcast ? '启用' : '未启用'}真实播放。`,
    en: `It took ${lasted.en}; ${stepsDone} of ${steps} steps, ${report.alertIds.length} alerts, real devices ${broadcast ? 'sounded' : 'were silent'}.`,
  };
  for (const { tier, asked, answered, inTime, medianAnswerMs, slowestAnswerMs } of tiers) {
    const [median, slowest] = [span(medianAnswerMs), span(slowestAnswerMs)];
    yield {
      zh: `${TIER_TEXT[tier].zh}级：叫应 ${asked} 人，应答 ${answered} 人，5 分钟内 ${inTime} 人；应答用时中位 ${median.zh}，最长 ${slowest.zh}。`,
      en: `${TIER_TEXT[tier].en}: ${asked} asked, ${answered} answered, ${inTime} within 5 min; median ${median.en}, slowest ${slowest.en}.`,
    };
  }
  const names = notReached.slice(0, NAMED).map(({ name: person }) => person);
  const more = notReached.length - names.length;
  yield notReached.length === 0
    ? { zh: '未叫醒：无。', en: 'Not reached: nobody.' }
    : {
        zh: `未叫醒 ${notReached.length} 人：${names.join('、')}${more > 0 ? '等' : ''}。`,
        en: `Not reached, ${notReached.length}: ${names.join(', ')}${more > 0 ? ' …' : ''}.`,
      };
  for (const { pointId, households, people, outHouseholds, outPeople, lastOutMs } of report.evacuations) {
    const last = span(lastOutMs);
    yield {
      zh: `转移 ${pointId}：${outHouseholds}/${households} 户、${outPeople}/${people} 人，最后一户用时 ${last.zh}。`,
      en: `Evacuation ${pointId}: ${outHouseholds} of ${households} households, ${outPeople} of ${people} people; the last after ${last.en}.`,
    };
  }
  for (const { channel, messages, byState } of report.channels) {
    const states = Object.entries(byState).map(([state, n]) => `${state} ${n}`);
    yield {
      zh: `渠道 ${channel}：${messages} 条（${states.join('，')}）。`,
      en: `Channel ${channel}: ${messages} (${states.join(', ')}).`,
    };
  }
}

export function reportText(report: Omit<DrillReport, 'text'>): Text {
  const all = [...lines(report)];
  return { zh: all.map(({ zh }) => zh).join('\n'), en: all.map(({ en }) => en).join('\n') };
}
