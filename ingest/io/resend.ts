/** Asks edges for what the journal lacks of them, and writes down what they do not have any more. */
import { randomUUID } from 'node:crypto';
import type { StageContext } from '#model/ports.ts';
import { addRange, countSeqs, type SeqRange } from '#model/seen.ts';
import { MINUTE_MS } from '#model/time.ts';
import { type EdgeCommand, type EdgeTopic, edgeTopic } from '#model/topics.ts';
import { createGapWatch, type GapTimes, type Missing } from '../gaps.ts';
import { type HeardStatus, parseReply } from '../status.ts';
import type { Journal } from './journal.ts';

export type Resend = {
  readonly takeStatus: (topic: EdgeTopic, status: HeardStatus) => void;
  /** On disk. */
  readonly stored: (topic: EdgeTopic, epoch: string, seq: number, replaces: readonly SeqRange[]) => void;
  readonly takeReply: (topic: EdgeTopic, payload: Buffer) => void;
  /** Nobody can be asked any more until it is heard again. */
  readonly forgetHeard: () => void;
  /** Sends what requests are due. */
  readonly ask: () => void;
};

/** As long as an edge keeps what was acked; by the chain's clock. */
const EXPIRES_MS = 10 * MINUTE_MS;

type Asked = { readonly id: string; readonly epoch: string; readonly ranges: readonly SeqRange[] };

export function createResend(
  journal: Journal,
  publish: (topic: string, payload: string) => void,
  times: GapTimes,
  ctx: StageContext,
): Resend {
  const known = new Map(journal.memory.streams);
  for (const [key, ranges] of journal.memory.gone) known.set(key, ranges.reduce(addRange, known.get(key) ?? []));
  const watch = createGapWatch(known, times);
  /** Edges that are there, with the township that reaches them. */
  const online = new Map<string, string>();
  /** One request an edge: a later one takes the place of an earlier one. */
  const asked = new Map<string, Asked>();

  const giveUp = (edgeId: string, { epoch, ranges }: Asked, missing: readonly SeqRange[]): void => {
    const gone = missing.filter(([from, to]) => ranges.some((range) => range[0] <= from && to <= range[1]));
    if (gone.length === 0) return;
    watch.settled(edgeId, epoch, gone);
    const batches = countSeqs(gone);
    ctx.metrics.count('fengsui_ingest_batches_gone_total', {}, batches);
    ctx.log.error('the journal lacks batches that their edge does not have any more: they are lost', {
      edge: edgeId,
      epoch,
      batches,
      first: gone[0]?.[0],
      last: gone.at(-1)?.[1],
    });
    journal
      .appendAndWait({ kind: 'gone', edgeId, epoch, ranges: gone })
      .catch((cause) => ctx.log.error('lost batches not written down', { edge: edgeId, cause: String(cause) }));
  };

  const request = ({ edgeId, epoch, ranges }: Missing): void => {
    const township = online.get(edgeId);
    if (township === undefined) return;
    const issuedAt = ctx.clock.nowMs();
    const id = randomUUID();
    const command: EdgeCommand = { id, issuedAt, expiresAt: issuedAt + EXPIRES_MS, kind: 'resend', epoch, ranges };
    asked.set(edgeId, { id, epoch, ranges });
    publish(edgeTopic(township, edgeId, 'cmd'), JSON.stringify(command));
    ctx.metrics.count('fengsui_ingest_resend_requests_total');
  };

  return {
    takeStatus: (topic, { state, edgeId, outbox }) => {
      if (state === 'lost') {
        online.delete(edgeId);
        return;
      }
      const isNew = !online.has(edgeId);
      online.set(edgeId, topic.township);
      if (outbox === null) return;
      watch.stands(edgeId, outbox.epoch, outbox.nextSeq);
      const greeting = isNew ? watch.greet(edgeId, performance.now()) : undefined;
      if (greeting !== undefined) request(greeting);
    },
    stored: (topic, epoch, seq, replaces) => {
      watch.seen(topic.edgeId, epoch, seq);
      watch.settled(topic.edgeId, epoch, replaces);
    },
    takeReply: (topic, payload) => {
      const reply = parseReply(payload.toString('utf8'));
      const request = asked.get(topic.edgeId);
      if (reply === undefined || request?.id !== reply.id) {
        ctx.metrics.count('fengsui_ingest_strange_replies_total');
        return;
      }
      asked.delete(topic.edgeId);
      ctx.log.info('answer to a resend request', { edge: topic.edgeId, ok: reply.ok, message: reply.message });
      if (reply.ok && reply.missing !== null) giveUp(topic.edgeId, request, reply.missing);
    },
    forgetHeard: () => online.clear(),
    ask: () => {
      for (const edgeId of online.keys()) {
        const due = watch.due(edgeId, performance.now());
        if (due === undefined) continue;
        request(due);
        ctx.log.warn('the journal lacks batches of an edge: asking for them again', {
          edge: edgeId,
          epoch: due.epoch,
          batches: countSeqs(due.ranges),
        });
      }
    },
  };
}
