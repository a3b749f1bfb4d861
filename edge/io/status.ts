/** Says what the edge knows of itself: at each connect, when it changes, and every ten minutes in any case. */
import type { EdgeConfigPush } from '../../model/edge-config.ts';
import type { StageContext } from '../../model/ports.ts';
import { type BoxFacts, isMaterialChange, isUrgentChange, type OnlineStatus } from '../care/status.ts';
import { EDGE_VERSION } from '../version.ts';
import type { Outbox } from './outbox.ts';
import type { Recorder } from './recorder.ts';

const LOOK_EVERY_MS = 60_000;
const SAY_EVERY_MS = 600_000;

export type StatusTeller = {
  readonly say: () => void;
  /** Says it when something changed that the centre goes by. */
  readonly sayIfChanged: () => void;
  readonly stop: () => void;
};
export type StatusSources = {
  readonly ctx: StageContext;
  readonly outbox: Outbox;
  readonly recorder: Pick<Recorder, 'bootId' | 'timeQuality'>;
  readonly config: () => Pick<EdgeConfigPush, 'edgeId' | 'inventoryVersion' | 'local'>;
  readonly box: () => BoxFacts | undefined;
  readonly lookEveryMs?: number;
  readonly sayEveryMs?: number;
};
type Wire = {
  /** False when nobody can hear it. */
  readonly publish: (body: string) => boolean;
  readonly offsetMs: () => number | null;
};

export function openStatusTeller(sources: StatusSources, wire: Wire): StatusTeller {
  const { ctx, outbox, recorder, config, box } = sources;
  let told: OnlineStatus | undefined;
  let toldAtMs = 0;

  const look = (): OnlineStatus => {
    const { edgeId, inventoryVersion, local } = config();
    const nowMs = ctx.clock.nowMs();
    const oldestMs = outbox.oldestUnackedMs();
    const facts = box();
    return {
      ...{ state: 'online', edgeId, bootId: recorder.bootId, epoch: outbox.epoch, atMs: nowMs },
      ...{ inventoryVersion, version: EDGE_VERSION, timeQuality: recorder.timeQuality() },
      clockOffsetMs: wire.offsetMs(),
      queuedBatches: outbox.unacked,
      nextSeq: outbox.nextSeq,
      oldestQueuedMs: oldestMs === undefined ? null : Math.max(0, nowMs - oldestMs),
      ...(facts === undefined ? {} : { box: facts }),
      ruleSetVersion: local.ruleSet?.version ?? null,
    };
  };
  const say = (): void => {
    const status = look();
    if (!wire.publish(JSON.stringify(status))) return;
    told = status;
    toldAtMs = performance.now();
  };
  const timer = setInterval(() => {
    if (told === undefined) return;
    const isDue = performance.now() - toldAtMs >= (sources.sayEveryMs ?? SAY_EVERY_MS);
    if (isDue || isMaterialChange(told, look())) say();
  }, sources.lookEveryMs ?? LOOK_EVERY_MS);
  timer.unref();

  return {
    say,
    sayIfChanged: () => {
      if (told !== undefined && isUrgentChange(told, look())) say();
    },
    stop: () => clearInterval(timer),
  };
}
