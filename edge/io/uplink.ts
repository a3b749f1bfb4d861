/**
 * The uplink: batches up, acks down, birth and last will, commands. A PUBACK frees nothing; only the centre's ack does.
 * Each connection is a client of its own, so that the library's store never sends what this process did not choose.
 */

import { readFile } from 'node:fs/promises';
import { connect, type MqttClient } from 'mqtt';
import type { EdgeConfig } from '../../model/edge-config.ts';
import { sendAtOnce } from '../../model/io/no-delay.ts';
import type { StageContext } from '../../model/ports.ts';
import { type EdgeReply, type EdgeStatus, edgeTopic } from '../../model/topics.ts';
import { parseAck } from '../messages.ts';
import { type Actions, openCommands } from './commands.ts';
import type { Outbox } from './outbox.ts';
import { pause, within } from './pause.ts';
import type { Recorder } from './recorder.ts';
import { openSendQueue } from './send-queue.ts';
import { openStatusTeller, type StatusSources } from './status.ts';

const REPEAT_AFTER_MS = 15_000;
const KEEP_ALIVE_S = 15;
const CONNECT_TIMEOUT_MS = 10_000;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 15_000;
const ACK_FLUSH_MS = 1_000;
const GOODBYE_MS = 1_000;
const READ_NOW_LIMIT_MS = 10_000;
/** A backlog that reaches back further is an outage's: what is measured now goes before it. */
const OUTAGE_MS = 60_000;

export type Uplink = {
  /** Ends the session, so that another one begins. */
  readonly reset: () => void;
  /** Who this edge is has changed: said at once. */
  readonly sayStatus: () => void;
  /** An answer to a command that an earlier process took. */
  readonly answer: (reply: EdgeReply) => void;
  readonly stop: () => Promise<void>;
};
type Deps = {
  readonly ctx: StageContext;
  readonly outbox: Outbox;
  readonly recorder: Recorder;
  readonly readNow: () => Promise<void>;
  readonly status: Pick<StatusSources, 'config' | 'box' | 'lookEveryMs' | 'sayEveryMs'>;
  readonly actions: Pick<Actions, 'testOutput' | 'configure'>;
  /** The session lives: it was tried, or something was heard. */
  readonly onProgress?: () => void;
  /** Says what stands at this edge when the centre is there again; before anything else is sent. */
  readonly link?: { readonly onLink: () => void; readonly onLinkLost: () => void };
};

export function startUplink(config: EdgeConfig, deps: Deps): Uplink {
  const { ctx, outbox, recorder } = deps;
  const { clock, metrics, log } = ctx;
  const topic = (channel: Parameters<typeof edgeTopic>[2]) => edgeTopic(config.township, config.edgeId, channel);
  const stopping = new AbortController();
  const queue = openSendQueue(outbox);
  const repeats = new Map<number, NodeJS.Timeout>();
  let client: MqttClient | undefined;
  let ready = false;
  let epoch = outbox.epoch;
  /** When a batch was sent, on the monotonic clock; undefined when it was sent more than once. */
  const sentAt = new Map<number, number | undefined>();
  let flushTimer: NodeJS.Timeout | undefined;
  let endSession = (): void => undefined;

  /** False when nobody can hear it. */
  const publish = (channel: 'up' | 'status' | 'reply', body: string, retain = false): boolean => {
    if (client?.connected !== true) return false;
    client.publish(topic(channel), body, { qos: 1, retain }, () => undefined);
    return true;
  };
  const status = openStatusTeller(
    { ...deps.status, ctx, outbox, recorder },
    { publish: (body) => ready && publish('status', body, true), offsetMs: recorder.clockOffsetMs },
  );

  const send = (seq: number, body: string): void => {
    publish('up', body);
    sentAt.set(seq, sentAt.has(seq) ? undefined : clock.monoMs());
    metrics.count('fengsui_edge_batches_sent_total');
    repeats.set(
      seq,
      setTimeout(() => {
        const again = outbox.read(seq);
        repeats.delete(seq);
        if (again === undefined) forgetRepeats(queue.settle(seq, seq));
        else {
          metrics.count('fengsui_edge_batches_repeated_total');
          send(seq, again.body);
        }
        pump();
      }, REPEAT_AFTER_MS),
    );
  };
  const forgetRepeats = (seqs: Iterable<number>): void => {
    for (const seq of [...seqs]) {
      clearTimeout(repeats.get(seq));
      repeats.delete(seq);
      sentAt.delete(seq);
    }
  };
  const pump = (): void => {
    if (!ready || stopping.signal.aborted) return;
    if (epoch !== outbox.epoch) {
      epoch = outbox.epoch;
      forgetRepeats(repeats.keys());
      queue.restart(false);
      status.say();
    }
    for (let batch = queue.next(); batch !== undefined; batch = queue.next()) send(batch.seq, batch.body);
  };

  const flushAcks = (): void => {
    try {
      outbox.flushAcks(clock.nowMs());
    } catch (cause) {
      log.warn('acks could not be written, their batches may be sent again', { cause: String(cause) });
    }
  };
  const flushSoon = (): void => {
    flushTimer ??= setTimeout(() => {
      flushTimer = undefined;
      flushAcks();
    }, ACK_FLUSH_MS);
  };

  const onAck = (text: string): void => {
    const ack = parseAck(text);
    if (!ack.ok) {
      metrics.count('fengsui_edge_messages_bad_total', { channel: 'ack' });
      log.warn('an ack was not understood', { error: ack.error });
      return;
    }
    const { ranges, atMs } = ack.value;
    const isMine = ack.value.epoch === outbox.epoch;
    const settled = isMine ? ranges.flatMap(([from, to]) => [...queue.settle(from, to)]) : [];
    const sent = settled.flatMap((seq) => sentAt.get(seq) ?? []);
    recorder.hearCentre(atMs, sent.length === 0 ? undefined : clock.monoMs() - Math.max(...sent));
    const offsetMs = recorder.clockOffsetMs();
    if (offsetMs !== null) metrics.gauge('fengsui_edge_clock_offset_seconds', offsetMs / 1_000);
    if (isMine) {
      outbox.noteAcked(ranges);
      forgetRepeats(settled);
      metrics.count('fengsui_edge_acks_total');
      flushSoon();
    } else metrics.count('fengsui_edge_acks_foreign_total');
    status.sayIfChanged();
    pump();
  };

  /** Reads every bus once; false when one did not answer in time. */
  const readFresh = (): Promise<boolean> => within(deps.readNow(), READ_NOW_LIMIT_MS, stopping.signal);
  const resend: Actions['resend'] = (asked, ranges) => {
    if (asked !== outbox.epoch) return { ok: false, message: 'unknown epoch' };
    const count = outbox.putBack(asked, ranges, clock.nowMs());
    // What is on its way may have met a centre that was not there yet: it is sent again at once.
    for (const [from, to] of ranges) forgetRepeats(queue.settle(from, to));
    queue.restart(true);
    pump();
    return { ok: true, message: `${count} batches put back`, missing: outbox.missing(ranges) };
  };
  const commands = openCommands({
    ctx,
    dataDir: config.dataDir,
    actions: { ...deps.actions, resend, readNow: readFresh, sayStatus: () => status.say() },
    centreNowMs: recorder.centreNowMs,
    publish: (body) => ready && publish('reply', body),
  });

  const begin = (): void => {
    flushAcks();
    epoch = outbox.epoch;
    forgetRepeats(repeats.keys());
    queue.restart(false);
    ready = true;
    metrics.gauge('fengsui_edge_uplink_connected', 1);
    metrics.count('fengsui_edge_connects_total', { result: 'ok' });
    log.info('uplink is connected', { url: config.mqttUrl, queued: outbox.unacked });
    status.say();
    commands.connected();
    const oldestMs = outbox.oldestUnackedMs();
    const wasOutage = oldestMs !== undefined && clock.nowMs() - oldestMs > OUTAGE_MS;
    queue.holdBacklog(wasOutage);
    deps.link?.onLink();
    if (wasOutage) void sendPresentFirst();
    pump();
  };
  /** After an outage the centre must know how things stand now before it hears how they were: a peak that is over calls nobody. */
  const sendPresentFirst = async (): Promise<void> => {
    queue.holdBacklog(true);
    try {
      await readFresh();
    } finally {
      queue.holdBacklog(false);
      pump();
    }
  };

  /** One connection, from its attempt to its end; whether it came to be. */
  const session = async (): Promise<boolean> => {
    const password = (await readFile(config.credentialFile, 'utf8')).trim();
    const lost: EdgeStatus = { state: 'lost', edgeId: config.edgeId, bootId: recorder.bootId };
    const mine = connect(config.mqttUrl, {
      clientId: config.edgeId,
      username: config.edgeId,
      password,
      clean: true,
      protocolVersion: 4,
      keepalive: KEEP_ALIVE_S,
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectPeriod: 0,
      resubscribe: false,
      queueQoSZero: false,
      will: { topic: topic('status'), payload: Buffer.from(JSON.stringify(lost)), qos: 1, retain: true },
    });
    client = mine;
    mine.on('packetreceive', () => deps.onProgress?.());
    let began = false;
    return await new Promise((resolve) => {
      const finish = () => {
        stopping.signal.removeEventListener('abort', finish);
        resolve(began);
      };
      endSession = finish;
      // Once: a client that ended does not come back.
      mine.on('close', finish);
      mine.on('error', (cause) => {
        metrics.count('fengsui_edge_connects_total', { result: 'error' });
        log.warn('uplink failed', { url: config.mqttUrl, cause: cause.message });
        mine.end(true);
        finish();
      });
      mine.on('message', (at, payload) => {
        if (at === topic('ack')) onAck(payload.toString('utf8'));
        else if (at === topic('cmd')) commands.take(payload.toString('utf8'));
      });
      mine.on('connect', () => {
        sendAtOnce(mine.stream);
        mine.subscribe([topic('ack'), topic('cmd')], { qos: 1 }, (cause, granted) => {
          if (cause === null && granted?.every(({ qos }) => qos <= 1) === true) {
            began = true;
            begin();
            return;
          }
          log.error('the broker refuses this edge its own topics', { cause: cause?.message ?? 'refused' });
          mine.end(true);
        });
      });
      // A stop may have come while the password was read.
      if (stopping.signal.aborted) finish();
      else stopping.signal.addEventListener('abort', finish, { once: true });
    });
  };

  const leave = (): void => {
    ready = false;
    deps.link?.onLinkLost();
    forgetRepeats(repeats.keys());
    metrics.gauge('fengsui_edge_uplink_connected', 0);
  };
  const loop = async (): Promise<void> => {
    let pauseMs = FIRST_PAUSE_MS;
    while (!stopping.signal.aborted) {
      deps.onProgress?.();
      const began = await session().catch((cause: unknown) => {
        log.warn('uplink cannot be tried', { cause: String(cause) });
        return false;
      });
      if (stopping.signal.aborted) return;
      leave();
      client?.end(true);
      client = undefined;
      pauseMs = began ? FIRST_PAUSE_MS : Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      // Forty gateways must not come back in the same second.
      await pause(pauseMs * (0.75 + Math.random() / 2), stopping.signal);
    }
  };
  const running = loop();
  recorder.onCommitted(() => {
    pump();
    status.sayIfChanged();
  });

  const sayGoodbye = async (): Promise<void> => {
    const last = client;
    if (last === undefined) return;
    if (last.connected) {
      const lost: EdgeStatus = { state: 'lost', edgeId: config.edgeId, bootId: recorder.bootId };
      const said = new Promise<void>((resolve) => {
        last.once('close', resolve); // A broker that ends at the same time does not answer.
        last.publish(topic('status'), JSON.stringify(lost), { qos: 1, retain: true }, () => resolve());
      });
      await Promise.race([said, pause(GOODBYE_MS, new AbortController().signal)]);
    }
    await new Promise<void>((resolve) => last.end(true, {}, () => resolve()));
  };

  return {
    reset: () => endSession(),
    sayStatus: () => status.say(),
    answer: commands.answer,
    stop: async () => {
      stopping.abort();
      status.stop();
      leave();
      clearTimeout(flushTimer);
      await running;
      await sayGoodbye();
    },
  };
}
