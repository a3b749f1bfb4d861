/** What the engine says of conditions that an edge judged by itself. */
import { LEVEL_TEXT, type LevelOrNone } from '#model/level.ts';
import type { Text } from '#model/text.ts';
import { sayDuration } from './texts.ts';

/** An age below this is the time that a message takes, not an outage. */
const WORTH_SAYING_MS = 30_000;

export function sayEdgeHeard(reason: Text, edgeId: string, agoMs: number): Text {
  if (agoMs < WORTH_SAYING_MS) return reason;
  const ago = sayDuration(agoMs);
  return {
    zh: `${reason.zh}（网关 ${edgeId} 断网期间于 ${ago.zh}前在本地判定，现仍有效）`,
    en: `${reason.en} (decided by gateway ${edgeId} itself ${ago.en} ago while it was cut off, still in force)`,
  };
}

export const sayEdgeCleared = (edgeId: string): Text => ({
  zh: `网关 ${edgeId} 恢复连接，本地判定已解除`,
  en: `gateway ${edgeId} is connected again: its own condition is over`,
});

export const sayEdgeLost = (level: LevelOrNone, edgeId: string): Text => ({
  zh: `网关 ${edgeId} 失联，其本地判定的${LEVEL_TEXT[level].zh}状态不明，按未解除处理`,
  en: `gateway ${edgeId} is lost; the ${LEVEL_TEXT[level].en} that it judged by itself stands until it is heard again`,
});

export const sayEdgeForgot = (level: LevelOrNone, edgeId: string): Text => ({
  zh: `网关 ${edgeId} 换了存储，其此前本地判定的${LEVEL_TEXT[level].zh}状态不明，按未解除处理`,
  en: `gateway ${edgeId} has another outbox; the ${LEVEL_TEXT[level].en} that it judged before stands until it says how it is`,
});

export const sayEdgeSubjectGone = (edgeId: string): Text => ({
  zh: `网关 ${edgeId} 不再管辖该点，其本地判定结束`,
  en: `gateway ${edgeId} has no sensor at this point any more; its own condition is closed`,
});

export const sayOutputFailed = (output: string, edgeId: string, why: Text): Text => ({
  zh: `网关 ${edgeId} 的警报输出 ${output} 动作失败：${why.zh}`,
  en: `output ${output} of gateway ${edgeId} did not do what it was told: ${why.en}`,
});

export const sayOutputWorks = (output: string, edgeId: string): Text => ({
  zh: `网关 ${edgeId} 的警报输出 ${output} 恢复正常`,
  en: `output ${output} of gateway ${edgeId} works again`,
});
