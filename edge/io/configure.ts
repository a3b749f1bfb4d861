/**
 * Switches to a configuration that the centre pushed, tries it for a while, and goes back when it does not run. Its
 * outcome is told once, at the end: `applied` when it ran for its whole trial, `rolledBack` with the reason otherwise.
 */
import type { EdgeConfig, EdgeConfigPush } from '../../model/edge-config.ts';
import type { EdgeEvent } from '../../model/edge-event.ts';
import { canonicalJson } from '../../model/hash.ts';
import type { Log, Metrics } from '../../model/ports.ts';
import { err, formatLint, ok, type Result } from '../../model/result.ts';
import { localise } from '../care/localise.ts';
import { judgeTrial, type SeenLine } from '../care/trial.ts';
import type { ConfigStore, Pushed } from './config-store.ts';
import type { Field } from './field.ts';
import { pause, within } from './pause.ts';

/** A switch that ends the process does so within this time, or is taken to be good. */
export const TRIAL_MS = 60_000;
/** What answered before must answer within so many cycles. */
const TRIAL_CYCLES = 3;
/** A port may be busy for a moment after it was shut. */
const OPEN_PATIENCE_MS = 5_000;
/** A DTU dials in again by itself, when it notices. */
const DIAL_PATIENCE_MS = 90_000;
const CYCLE_LIMIT_MS = 30_000;
const LOOK_EVERY_MS = 500;
const TOLD_LINTS = 20;

export type Configurer = {
  /** What became of it, for people; undefined when the box was shut down meanwhile: it is tried anew at the next start. */
  readonly configure: (id: string, pushed: EdgeConfigPush) => Promise<Result<string, string> | undefined>;
  /** One that was accepted before this process began. */
  readonly resume: (pushed: Pushed) => Promise<Result<string, string> | undefined>;
  readonly stop: () => Promise<void>;
};
type Deps = {
  readonly file: EdgeConfig;
  readonly store: ConfigStore;
  readonly field: Pick<Field, 'config' | 'readNow' | 'sights' | 'switchTo'>;
  /** Puts the event into the outbox. */
  readonly tell: (event: EdgeEvent) => void;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly trialMs?: number;
};

const textOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

export function openConfigurer({ file, store, field, tell, log, metrics, trialMs = TRIAL_MS }: Deps): Configurer {
  const stopping = new AbortController();
  const { signal } = stopping;
  let running: Promise<unknown> | undefined;

  const report = (version: string, state: 'applied' | 'refused' | 'rolledBack', detail: string): void => {
    metrics.count('fengsui_edge_configs_total', { state });
    if (state === 'applied') log.info('configuration applied', { version });
    else log.error('configuration not taken', { version, state, detail });
    tell({ kind: 'config', version, state, detail });
  };
  const refuse = (version: string, detail: string): Result<string, string> => {
    report(version, 'refused', detail);
    return err(detail);
  };

  /** Undefined when the box is shut down meanwhile. */
  const watch = async (before: readonly SeenLine[]): Promise<Result<null, string> | undefined> => {
    const startedMs = performance.now();
    const dials = field.config().buses.some((bus) => bus.kind === 'modbus-dtu');
    const patienceMs = dials ? DIAL_PATIENCE_MS : OPEN_PATIENCE_MS;
    for (let cycle = 1; !signal.aborted; cycle++) {
      await within(field.readNow(), CYCLE_LIMIT_MS, signal);
      const verdict = judgeTrial(before, field.sights());
      if (verdict.ok) break;
      if (cycle >= TRIAL_CYCLES && performance.now() - startedMs >= patienceMs) return verdict;
      await pause(LOOK_EVERY_MS, signal);
    }
    await pause(trialMs - (performance.now() - startedMs), signal);
    if (signal.aborted) return undefined;
    return judgeTrial(before, field.sights());
  };

  const goBack = async (to: EdgeConfigPush, version: string, reason: string): Promise<Result<string, string>> => {
    try {
      store.refuse();
    } finally {
      await field.switchTo(to);
    }
    report(version, 'rolledBack', reason);
    return err(`rolled back: ${reason}`);
  };

  const attempt = async (here: EdgeConfigPush): Promise<Result<string, string> | undefined> => {
    const version = here.inventoryVersion;
    const last = field.config();
    const before = field.sights();
    try {
      store.begin();
      await field.switchTo(here);
      const verdict = await watch(before);
      if (verdict === undefined) {
        store.postpone();
        return undefined;
      }
      if (!verdict.ok) return await goBack(last, version, verdict.error);
      store.settle();
    } catch (cause) {
      return await goBack(last, version, textOf(cause));
    }
    report(version, 'applied', '');
    return ok('applied');
  };

  const begin = async (pushed: EdgeConfigPush, accept: () => void): Promise<Result<string, string> | undefined> => {
    const version = pushed.inventoryVersion;
    if (running !== undefined) return err('another configuration is being tried: send this one again later');
    if (pushed.edgeId !== file.edgeId || pushed.township !== file.township)
      return refuse(version, `it is for edge ${pushed.edgeId} of township ${pushed.township}`);
    const here = localise(pushed, file.lines ?? {});
    if (!here.ok) return refuse(version, here.error.slice(0, TOLD_LINTS).map(formatLint).join('\n'));
    if (canonicalJson(here.value) === canonicalJson(field.config())) return ok('it is in force already');
    accept();
    const work = attempt(here.value);
    running = work.catch(() => undefined);
    try {
      return await work;
    } finally {
      running = undefined;
    }
  };

  return {
    configure: (id, pushed) => begin(pushed, () => store.accept(id, pushed)),
    resume: ({ config }) => begin(config, () => undefined),
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}
