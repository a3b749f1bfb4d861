/** Starts one edge: what its configuration names, outbox and uplink; acquisition never waits for the uplink. */
import type { EdgeConfig, EdgeConfigPush } from '../model/edge-config.ts';
import type { EdgeEvent } from '../model/edge-event.ts';
import type { Service, StageContext } from '../model/ports.ts';
import { formatLint } from '../model/result.ts';
import type { ClockPolicy } from './acquire/clock-watch.ts';
import { clockPolicy } from './acquire/clock-watch.ts';
import { localise, pushedPart } from './care/localise.ts';
import { openBoxClock, readMachineBoot } from './io/box-clock.ts';
import { type BoxSources, boxSources, watchBox } from './io/box-facts.ts';
import { type AtBoot, type ConfigStore, openConfigStore, type Pushed } from './io/config-store.ts';
import { type Configurer, openConfigurer } from './io/configure.ts';
import { type Field, type FieldDeps, startField } from './io/field.ts';
import type { Local } from './io/local.ts';
import { Outbox } from './io/outbox.ts';
import { openRecorder, type Recorder } from './io/recorder.ts';
import { startUplink, type Uplink } from './io/uplink.ts';
import { watchBuses } from './io/watch-buses.ts';
import { openWatchdog } from './io/watchdog.ts';
import { runningKinds } from './outbox/sensor-kinds.ts';

export type EdgeOptions = {
  /** `clockPolicy(spec)` of the clock in `ctx`; a real one when left out. */
  readonly clockPolicy?: ClockPolicy;
  /** Bound of the outbox; 2 GB when left out. */
  readonly maxOutboxBytes?: number;
  /** How long a configuration that was pushed runs before it counts as good. */
  readonly trialMs?: number;
  /** What the box is asked about itself; this machine when left out. */
  readonly box?: BoxSources;
  /** Called when a loop stands still and restarts did not help; ends the process when left out. */
  readonly giveUp?: (why: string) => void;
  readonly watchEveryMs?: number;
};

/** Pings come every 15 s, an attempt takes at most 10 s and a pause between two 19 s. */
const UPLINK_LIMITS = { realMs: 120_000, chainMs: 0 };
const EXIT_STUCK = 70;

const endProcess =
  (log: StageContext['log']) =>
  (why: string): void => {
    log.error('giving up: whoever runs this process must start it again', { why });
    process.exit(EXIT_STUCK);
  };

export type EdgeService = Service & {
  /** Polls every bus once, at once; resolves when what was read is on disk. */
  readonly readNow: () => Promise<void>;
  /** Switches an output on for 1 to 60 s, as a drill. */
  readonly testOutput: Local['testOutput'];
  /** Batches on disk that the centre has not acknowledged. */
  readonly unacked: () => number;
  /** What runs now: the file's, or the last that was pushed and ran. */
  readonly config: () => EdgeConfigPush;
  /** False while some loop stands still. */
  readonly isAlive: () => boolean;
};

/** The file as its parts must see it: the centre may have replaced what it names. */
function asItRuns(file: EdgeConfig, now: () => EdgeConfigPush): EdgeConfig {
  return {
    ...file,
    get inventoryVersion() {
      return now().inventoryVersion;
    },
    get profiles() {
      return now().profiles;
    },
    get buses() {
      return now().buses;
    },
    get links() {
      return now().links;
    },
    get local() {
      return now().local;
    },
  };
}

/** Runs the last known good configuration; when it does not start, the file's own. */
async function startLastGood(
  file: EdgeConfig,
  boot: AtBoot,
  store: ConfigStore,
  deps: FieldDeps,
): Promise<{ readonly field: Field; readonly fault: EdgeEvent | undefined }> {
  const { good } = boot;
  const own = pushedPart(file);
  if (good === undefined) return { field: await startField(file, own, deps), fault: undefined };
  const here = localise(good, file.lines ?? {});
  let reason: string;
  try {
    if (here.ok) return { field: await startField(file, here.value, deps), fault: undefined };
    reason = here.error.map(formatLint).join('; ');
  } catch (cause) {
    reason = cause instanceof Error ? cause.message : String(cause);
  }
  store.dropGood();
  const fault: EdgeEvent = { kind: 'config', version: good.inventoryVersion, state: 'rolledBack', detail: reason };
  return { field: await startField(file, own, deps), fault };
}

/** What was found at boot is told upward, and what was accepted before this start is tried now. */
function settleBoot(boot: AtBoot, parts: { tell: (event: EdgeEvent) => void; uplink: Uplink; configurer: Configurer }) {
  for (const { id, version, detail } of boot.findings) {
    parts.tell({ kind: 'config', version, state: 'rolledBack', detail });
    if (id !== null) parts.uplink.answer({ id, ok: false, message: `rolled back: ${detail}` });
  }
  if (boot.next !== undefined) void resume(boot.next, parts);
}

async function resume(next: Pushed, { configurer, uplink }: { configurer: Configurer; uplink: Uplink }): Promise<void> {
  const outcome = await configurer.resume(next);
  if (outcome === undefined) return;
  uplink.answer({ id: next.id, ok: outcome.ok, message: outcome.ok ? outcome.value : outcome.error });
}

export async function startEdge(
  file: EdgeConfig,
  given: StageContext,
  options: EdgeOptions = {},
): Promise<EdgeService> {
  const time = openBoxClock(given.clock);
  const ctx: StageContext = { ...given, clock: time.clock };
  const { log, metrics, clock } = ctx;
  const { dataDir, edgeId } = file;
  let field: Field | undefined;
  let good: EdgeConfigPush | undefined;
  const now = (): EdgeConfigPush => field?.config() ?? good ?? pushedPart(file);
  const outbox = new Outbox({
    ...{ dataDir, log, metrics, kindOf: runningKinds(now) },
    ...(options.maxOutboxBytes === undefined ? {} : { maxBytes: options.maxOutboxBytes }),
  });
  // Behind the outbox, which lets one process alone into the folder.
  const store = openConfigStore(file);
  const boot = store.atBoot();
  good = boot.good;
  const config = asItRuns(file, now);
  const policy = options.clockPolicy ?? clockPolicy({ kind: 'real' });
  const machine = policy.disagreeMs === null ? undefined : readMachineBoot();
  const recorder: Recorder = openRecorder(config, ctx, outbox, policy, { box: time, machine });
  const tell = (event: EdgeEvent): void => void recorder.record({ outcomes: [], events: [event], units: [] });
  const watchdog = openWatchdog(ctx, options.giveUp ?? endProcess(log), options.watchEveryMs);
  const buses = watchBuses(watchdog, (busId) => field?.restartBus(busId));
  const started = await startLastGood(file, boot, store, { ctx, outbox, recorder, ...buses });
  const running = started.field;
  field = running;
  const { readNow } = running;
  const configurer = openConfigurer({
    ...{ file, store, field: running, tell, log, metrics },
    ...(options.trialMs === undefined ? {} : { trialMs: options.trialMs }),
  });
  const box = watchBox(options.box ?? boxSources(dataDir, process.env));
  const session = watchdog.watch('uplink', UPLINK_LIMITS, async () => uplink.reset());
  const uplink = startUplink(config, {
    ...{ ctx, outbox, recorder, readNow },
    status: { config: () => running.config(), box: box.facts },
    actions: {
      testOutput: async (output, seconds) => running.testOutput(output, seconds),
      configure: async (id, pushed) => {
        const outcome = await configurer.configure(id, pushed);
        uplink.sayStatus();
        return outcome;
      },
    },
    link: running.link,
    onProgress: session.progress,
  });
  if (started.fault !== undefined) tell(started.fault);
  settleBoot(boot, { tell, uplink, configurer });
  log.info('edge is running', { edgeId, buses: config.buses.length, epoch: outbox.epoch });
  return {
    name: `edge ${edgeId}`,
    addresses: running.addresses(),
    readNow,
    testOutput: running.testOutput,
    unacked: () => outbox.unacked,
    config: running.config,
    isAlive: watchdog.isAlive,
    stop: async () => {
      watchdog.stop();
      box.stop();
      await configurer.stop();
      await running.stop();
      await uplink.stop();
      outbox.close(clock.nowMs());
    },
  };
}
