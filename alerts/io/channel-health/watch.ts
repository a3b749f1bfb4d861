/** Keeps the health of the channels: what is news is written down, what is a change stands in the ledger, all of it is measured. */
import type { Log, Metrics } from '#model/ports.ts';
import type { EpochMs } from '#model/time.ts';
import { changeText, type Health, isNews } from '../../channels/health.ts';
import type { SendResult } from '../../retry.ts';
import type { ChannelBook } from './book.ts';
import { isAlive, type Lane, type Lanes, successors } from './lanes.ts';

type Ports = { readonly book: ChannelBook; readonly metrics: Metrics; readonly log: Log };

type News = { readonly before: Health; readonly tested: SendResult | null };

export function openWatch({ book, metrics, log }: Ports) {
  /** What was heard of a lane and is not on disk; `before` is how it was when it last was. */
  const news = new Map<Lane, News>();

  function tellChange(lane: Lane, before: Health, lanes: Lanes, nowMs: EpochMs): void {
    const { id, health } = lane;
    const text = changeText(before, health, successors(lane, lanes)[0]?.id ?? null);
    if (text === null) return;
    const { state, failuresInARow, detail } = health;
    log.warn('a channel changed its state', { channel: id, state, detail });
    book.note(`channel:${id}`, text, { channel: id, state, failuresInARow, detail }, nowMs);
  }

  /** A test that somebody asked for is answered on record. */
  function answer({ id }: Lane, asker: string, result: SendResult, nowMs: EpochMs): void {
    book.answered(id);
    const text = isAlive(result)
      ? { zh: `渠道 ${id} 自检正常：${result.detail}`, en: `channel ${id} was tried and works: ${result.detail}` }
      : { zh: `渠道 ${id} 自检失败：${result.detail}`, en: `channel ${id} was tried and fails: ${result.detail}` };
    book.note(asker, text, { channel: id, test: true, result: result.kind, detail: result.detail }, nowMs);
  }

  return {
    heard: (lane: Lane, before: Health): void => {
      const { id: channel, health } = lane;
      const earlier = news.get(lane);
      news.set(lane, { before: earlier?.before ?? before, tested: earlier?.tested ?? null });
      metrics.gauge('fengsui_channel_up', health.state === 'down' ? 0 : 1, { channel });
      metrics.gauge('fengsui_channel_failures_in_a_row', health.failuresInARow, { channel });
    },
    tested: (lane: Lane, result: SendResult): void => {
      news.set(lane, { before: news.get(lane)?.before ?? lane.health, tested: result });
      metrics.count('fengsui_channel_tests_total', { channel: lane.id, result: isAlive(result) ? 'ok' : 'failed' });
    },
    hasNews: (): boolean => news.size > 0,
    /** Inside a commit; what it returns is called when that has succeeded. */
    write: (lanes: Lanes, nowMs: EpochMs): (() => void) => {
      const asked = book.asked();
      const written: { readonly lane: Lane; readonly health: Health }[] = [];
      for (const [lane, { before, tested }] of news) {
        tellChange(lane, before, lanes, nowMs);
        const asker = tested === null ? undefined : asked.get(lane.id);
        if (tested !== null && asker !== undefined) answer(lane, asker, tested, nowMs);
        if (lane.kept !== undefined && !isNews(lane.kept, lane.health)) continue;
        book.put(lane.health);
        written.push({ lane, health: lane.health });
      }
      return () => {
        news.clear();
        for (const { lane, health } of written) lane.kept = health;
      };
    },
    handedOver: (from: string, to: ReadonlyMap<string, number>): void => {
      for (const [channel, count] of to)
        metrics.count('fengsui_deliveries_handed_over_total', { channel: from, to: channel }, count);
    },
  };
}
