/** From a payload to an ack: verify, hand to the journal, and answer when it is on disk; never before. */
import { hash } from 'node:crypto';
import type { StageContext } from '#model/ports.ts';
import type { RegistryPort } from '#model/registry.ts';
import type { SeqRange } from '#model/seen.ts';
import { type Ack, type EdgeTopic, edgeTopic } from '#model/topics.ts';
import type { JournalItem, JournalResult } from '../journal-item.ts';
import type { StateFeed } from '../state-feed.ts';
import { createVerifier, type Verdict } from '../verify.ts';
import type { Journal } from './journal.ts';

export type Receiver = { readonly receive: (topic: EdgeTopic, payload: Buffer) => void };
type Parts = {
  readonly journal: Journal;
  readonly registry: RegistryPort;
  readonly feed: () => StateFeed;
  readonly publish: (topic: string, payload: string) => void;
  /** Called for each batch of the edge's own that is on disk. */
  readonly stored: (topic: EdgeTopic, epoch: string, seq: number, replaces: readonly SeqRange[]) => void;
  readonly ctx: StageContext;
};
type PendingAck = { readonly topic: string; readonly epoch: string; readonly ranges: readonly SeqRange[] };

/** 52 bits of SHA-1 of the bytes: enough to tell a repeated batch from a cloned identity, and a plain number. */
export function digestOf(payload: Uint8Array): number {
  const bytes = hash('sha1', payload, 'buffer');
  return bytes.readUInt32BE(0) * 2 ** 20 + (bytes.readUInt32BE(4) >>> 12);
}

export function createReceiver({ journal, registry, feed, publish, stored, ctx }: Parts): Receiver {
  const verify = createVerifier();
  let acks = new Map<string, PendingAck>();
  const sendAcks = (): void => {
    const atMs = ctx.clock.nowMs();
    for (const { topic, epoch, ranges } of acks.values())
      publish(topic, JSON.stringify({ epoch, ranges, atMs } satisfies Ack));
    acks = new Map();
  };
  /** One ack an edge and commit: the callbacks of a commit run in one go. */
  const ack = (from: EdgeTopic, epoch: string, ranges: readonly SeqRange[]): void => {
    if (acks.size === 0) queueMicrotask(sendAcks);
    const topic = edgeTopic(from.township, from.edgeId, 'ack');
    acks.set(`${topic} ${epoch}`, { topic, epoch, ranges });
  };

  const settle = (topic: EdgeTopic, verdict: Verdict, receivedAtMs: number, result: JournalResult): void => {
    if (result.kind !== 'batch') return;
    ctx.metrics.count('fengsui_ingest_batches_total', { fate: result.fate });
    const { identity } = verdict;
    if (identity !== undefined && result.ranges !== null) {
      ack(topic, identity.epoch, result.ranges);
      if (verdict.kind === 'batch') stored(topic, identity.epoch, identity.seq, verdict.replaces ?? []);
      else if (verdict.own) stored(topic, identity.epoch, identity.seq, []);
    }
    if (result.fate === 'stored' && verdict.kind === 'batch') {
      ctx.metrics.count('fengsui_ingest_readings_total', {}, verdict.readings);
      if (verdict.body !== null) feed().take(verdict.body, receivedAtMs);
    }
    report(ctx, topic, verdict, result.fate);
  };

  return {
    receive: (topic, payload) => {
      const receivedAtMs = ctx.clock.nowMs();
      const text = payload.toString('utf8');
      const from = { edgeId: topic.edgeId, township: topic.township, receivedAtMs };
      const verdict = verify(text, payload.length, from, registry.current());
      const item = toItem(verdict, from, digestOf(payload));
      if (journal.append(item, (result) => settle(topic, verdict, receivedAtMs, result))) return;
      ctx.metrics.count('fengsui_ingest_overflow_total');
      ctx.log.error('too much waits for the disk: the batch is left un-acked and will come again', {
        edge: topic.edgeId,
      });
    },
  };
}

function toItem(
  verdict: Verdict,
  from: { readonly edgeId: string; readonly township: string; readonly receivedAtMs: number },
  digest: number,
): JournalItem {
  if (verdict.kind === 'reject') {
    const { identity, own, part } = verdict;
    return { kind: 'reject', ...from, digest, epoch: identity?.epoch ?? null, seq: identity?.seq ?? 0, own, part };
  }
  const { identity, partition, origin, body, parts, replaces = [] } = verdict;
  const stands = replaces.length > 0 ? { replaces } : {};
  return { kind: 'batch', ...from, ...identity, digest, partition, origin, body, parts, ...stands };
}

/** Says what did not go the usual way. */
function report(ctx: StageContext, topic: EdgeTopic, verdict: Verdict, fate: string): void {
  if (fate === 'duplicate') return;
  const parts = verdict.kind === 'batch' ? verdict.parts : [verdict.part];
  const facts = { edge: topic.edgeId, epoch: verdict.identity?.epoch, seq: verdict.identity?.seq };
  if (fate === 'clone') {
    ctx.metrics.count('fengsui_quarantined_total', { reason: 'clone' });
    ctx.log.error('the same batch identity came with other bytes: is an outbox in use twice?', facts);
    return;
  }
  if (fate === 'overlap') {
    ctx.metrics.count('fengsui_quarantined_total', { reason: 'overlap' });
    ctx.log.error('an aggregate stands for a batch that is on disk: put into quarantine, it would count twice', facts);
    return;
  }
  if (fate === 'refused') {
    ctx.metrics.count('fengsui_quarantine_full_total');
    ctx.log.error('quarantine of this edge is full: its batches stay un-acked until the cause is mended', facts);
    return;
  }
  for (const part of parts) {
    ctx.metrics.count('fengsui_quarantined_total', { reason: part.reason }, Math.max(1, part.readings));
    ctx.log.warn('put into quarantine', { ...facts, reason: part.reason, detail: part.detail });
  }
}
