/** Starts ingest: what arrives is verified, journalled, then acked; history follows the journal in a thread of its own. */
import { DEFAULT_RETENTION } from '#model/history.ts';
import { supervise } from '#model/io/supervise.ts';
import type { Service, StageContext } from '#model/ports.ts';
import type { EdgeTopic } from '#model/topics.ts';
import {
  DEFAULT_HISTORY,
  EDGE_GRACE_MS,
  horizonOf,
  type IngestConfig,
  type IngestPorts,
  WAITING_CHARS,
} from './config.ts';
import { DEFAULT_GAP_TIMES } from './gaps.ts';
import { createControl } from './io/control.ts';
import { openFleet } from './io/fleet.ts';
import { startHistory } from './io/history.ts';
import { readHistoryCursors } from './io/history-file.ts';
import { openPush } from './io/http-push.ts';
import { openJournal } from './io/journal.ts';
import { createNativeReceiver } from './io/native.ts';
import { answerHandover } from './io/native-handover.ts';
import { createNativeWatch } from './io/native-watch.ts';
import { openQuarantineReader } from './io/quarantine-reader.ts';
import { createReceiver } from './io/receiver.ts';
import { createReinjection } from './io/reinjection.ts';
import { createResend } from './io/resend.ts';
import { retainForever } from './io/retention-loop.ts';
import { openUplink } from './io/uplink.ts';
import { DEFAULT_STORE_OPTIONS } from './journal-item.ts';
import { createStateFeed } from './state-feed.ts';

const STATE_EVERY_MS = 1_000;
const ASK_EVERY_MS = 1_000;
const LOOPS_END_LIMIT_MS = 1_000;

export async function startIngest(
  config: IngestConfig,
  ports: IngestPorts,
  ctx: StageContext,
): Promise<Service & { readonly pushPort: number | null }> {
  const stopping = new AbortController();
  const signal = AbortSignal.any([ctx.signal, stopping.signal]);
  const journal = await openJournal(
    {
      dataDir: config.dataDir,
      options: { ...DEFAULT_STORE_OPTIONS, ...config.store },
      waitingChars: config.waitingChars ?? WAITING_CHARS,
    },
    ctx,
  );
  const { zone } = ports.registry.current().county;
  const history = startHistory(
    config.dataDir,
    { ...DEFAULT_HISTORY, zone, ...config.history },
    ctx,
    () => ports.registry.current().history?.retention ?? DEFAULT_RETENTION,
  );
  const quarantine = openQuarantineReader(config.dataDir);
  const control = createControl(journal, ports, ctx);
  const logged = (work: Promise<void>, what: string): void => {
    work.catch((cause) => ctx.log.error(`${what} failed`, { cause: String(cause) }));
  };
  // Put in line before anything can arrive: a partition begins with its rules.
  logged(control.switchRules(), 'rule switch');
  let feed = createStateFeed(ports.registry.current());
  /** Since when edges can be heard; null while the broker is away. */
  let upSinceMs: number | null = null;
  let graceTimer: NodeJS.Timeout | undefined;

  const watch = createNativeWatch(ports.registry, control, ctx.clock);
  const native = createNativeReceiver({
    journal,
    registry: ports.registry,
    quarantine,
    feed: () => feed,
    heard: watch.heard,
    ctx,
  });
  watch.expect();

  const hear = (topic: EdgeTopic, payload: Buffer): void => {
    if (topic.channel === 'up') receiver.receive(topic, payload);
    else if (topic.channel === 'reply') {
      if (!fleet.takeReply(topic, payload)) resend.takeReply(topic, payload);
    } else if (topic.channel === 'status') {
      const status = control.takeStatus(topic, payload);
      if (status === undefined) return;
      resend.takeStatus(topic, status);
      fleet.takeStatus(topic, status);
    }
  };
  const uplink = openUplink(
    config,
    {
      message: hear,
      native: (gateway, payload) =>
        logged(answerHandover(gateway, payload, native, uplink.publish, ctx), 'hand-over of a device’s message'),
      up: () => {
        upSinceMs = ctx.clock.nowMs();
        control.forgetHeard();
        resend.forgetHeard();
        fleet.forgetHeard();
        clearTimeout(graceTimer);
        graceTimer = setTimeout(control.loseUnheard, config.edgeGraceMs ?? EDGE_GRACE_MS);
      },
      down: () => {
        upSinceMs = null;
        clearTimeout(graceTimer);
      },
    },
    ctx,
  );
  const resend = createResend(journal, uplink.publish, { ...DEFAULT_GAP_TIMES, ...config.gaps }, ctx);
  const fleet = openFleet({
    ...{ dataDir: config.dataDir, configs: ports.edgeConfigs, publish: uplink.publish, ctx },
    times: config.fleet,
  });
  const receiver = createReceiver({
    journal,
    registry: ports.registry,
    feed: () => feed,
    publish: uplink.publish,
    stored: resend.stored,
    ctx,
  });
  const publishStates = (): void => {
    for (const { topic, state } of feed.drain()) uplink.publish(topic, JSON.stringify(state));
  };
  const stateTimer = setInterval(publishStates, STATE_EVERY_MS);
  const askTimer = setInterval(() => {
    if (!uplink.isUp()) return;
    resend.ask();
    fleet.push();
  }, ASK_EVERY_MS);

  const reinject = createReinjection(quarantine, journal, ports.registry, ctx);
  const cancels = [
    ports.registry.onChange(() => {
      feed = createStateFeed(ports.registry.current());
      // First: a partition that is new begins with its rules, not with a row that nobody judges.
      logged(control.switchRules(), 'rule switch');
      control.takeWaiting();
      watch.expect();
      logged(reinject(), 're-injection');
      logged(native.reinject(), 're-injection of devices’ messages');
    }),
    ports.ruleSets.onChange(() => logged(control.switchRules(), 'rule switch')),
  ];
  const loop = (name: string, run: (signal: AbortSignal) => Promise<void>) =>
    supervise({ name, log: ctx.log, metrics: ctx.metrics, clock: ctx.clock, signal }, run);
  const loops = [
    loop('ingest.ticks', async (until) => {
      while (await ctx.clock.sleep(config.tickMs, until)) {
        await control.switchRules();
        watch.look(upSinceMs);
        await control.tick(upSinceMs ?? ctx.clock.nowMs());
      }
    }),
    loop('ingest.retention', (until) =>
      retainForever(
        {
          horizonMs: horizonOf(config),
          minCursor: ports.minCursor,
          historyCursors: () => readHistoryCursors(config.dataDir),
        },
        { journal, ctx, signal: until },
      ),
    ),
  ];
  logged(reinject(), 're-injection');
  logged(native.reinject(), 're-injection of devices’ messages');
  const push =
    config.push === undefined || ports.checkToken === undefined
      ? undefined
      : await openPush(config.push, {
          receiver: native,
          registry: ports.registry,
          checkToken: ports.checkToken,
          ctx,
        });

  return {
    name: 'ingest',
    addresses: push === undefined ? [] : [`http://${config.push?.host}:${push.port}`],
    pushPort: push?.port ?? null,
    stop: async () => {
      stopping.abort();
      clearTimeout(graceTimer);
      clearInterval(stateTimer);
      clearInterval(askTimer);
      fleet.stop();
      for (const cancel of cancels) cancel();
      await push?.close();
      await uplink.close();
      await journal.close();
      await Promise.race([
        Promise.all(loops),
        new Promise((resolve) => setTimeout(resolve, LOOPS_END_LIMIT_MS).unref()),
      ]);
      await history.close();
      quarantine.close();
    },
  };
}
