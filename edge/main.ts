/** Starts one edge: buses, outbox and uplink; acquisition never waits for the uplink. */
import type { EdgeConfig } from '../model/edge-config.ts';
import type { Service, StageContext } from '../model/ports.ts';
import type { ClockPolicy } from './acquire/clock-watch.ts';
import { clockPolicy } from './acquire/clock-watch.ts';
import { startBus } from './io/bus.ts';
import { startLink } from './io/link-start.ts';
import { type Local, openLocal } from './io/local.ts';
import { Outbox } from './io/outbox.ts';
import { openRecorder } from './io/recorder.ts';
import { startUplink } from './io/uplink.ts';

export type EdgeOptions = {
  /** `clockPolicy(spec)` of the clock in `ctx`; a real one when left out. */
  readonly clockPolicy?: ClockPolicy;
  /** Bound of the outbox; 2 GB when left out. */
  readonly maxOutboxBytes?: number;
};

export type EdgeService = Service & {
  /** Polls every bus once, at once; resolves when what was read is on disk. */
  readonly readNow: () => Promise<void>;
  /** Switches an output on for 1 to 60 s, as a drill. */
  readonly testOutput: Local['testOutput'];
  /** Batches on disk that the centre has not acknowledged. */
  readonly unacked: () => number;
};

export async function startEdge(
  config: EdgeConfig,
  ctx: StageContext,
  options: EdgeOptions = {},
): Promise<EdgeService> {
  const { log, metrics, clock } = ctx;
  const outbox = new Outbox({
    dataDir: config.dataDir,
    log,
    metrics,
    ...(options.maxOutboxBytes === undefined ? {} : { maxBytes: options.maxOutboxBytes }),
  });
  const recorder = openRecorder(config, ctx, outbox, options.clockPolicy ?? clockPolicy({ kind: 'real' }));
  const local = openLocal(config, { ctx, outbox, recorder });
  const deps = { ctx, outbox, recorder, isUrgent: local.isUrgent };
  const pollers = new Map(config.buses.map((bus) => [bus.id, startBus(bus, config.profiles, deps)]));
  local.begin((busId) => pollers.get(busId));
  const links = config.links.map((link) => startLink(link, { dataDir: config.dataDir, ctx, outbox, recorder }));
  await Promise.all(links.map((link) => link.firstTry));
  const readNow = async () => {
    await Promise.all([...pollers.values()].map((poller) => poller.readNow()));
  };
  const uplink = startUplink(config, { ctx, outbox, recorder, readNow, link: local });
  log.info('edge is running', { edgeId: config.edgeId, buses: config.buses.length, epoch: outbox.epoch });
  return {
    name: `edge ${config.edgeId}`,
    addresses: links.flatMap((link) => link.address() ?? []),
    readNow,
    unacked: () => outbox.unacked,
    testOutput: local.testOutput,
    stop: async () => {
      await local.endTests();
      await Promise.all([...pollers.values(), ...links].map((source) => source.stop()));
      await local.stop();
      await uplink.stop();
      outbox.close(clock.nowMs());
    },
  };
}
