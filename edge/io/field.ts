/**
 * What a configuration names, running: buses, report links, what the edge judges and moves by itself. It is switched to
 * another configuration as a whole, while outbox, uplink and process go on.
 */
import type { BusConfig, EdgeConfig, EdgeConfigPush, LinkConfig } from '../../model/edge-config.ts';
import type { EdgeEvent } from '../../model/edge-event.ts';
import { canonicalJson } from '../../model/hash.ts';
import type { StageContext } from '../../model/ports.ts';
import { err } from '../../model/result.ts';
import type { SeenLine } from '../care/trial.ts';
import { openWitness, type Witness } from '../care/witness.ts';
import { sayLeftOn } from '../local/texts.ts';
import { type BusPoller, startBus } from './bus.ts';
import { type LinkService, startLink } from './link-start.ts';
import { type Local, openLocal } from './local.ts';
import type { Outbox } from './outbox.ts';
import { within } from './pause.ts';
import type { CycleResult, Recorder } from './recorder.ts';

export type Field = {
  readonly config: () => EdgeConfigPush;
  readonly testOutput: Local['testOutput'];
  /** The uplink comes and goes: what stands here is said when it is there, also after a switch. */
  readonly link: Pick<Local, 'onLink' | 'onLinkLost'>;
  /** Where links listen. */
  readonly addresses: () => readonly string[];
  /** Polls every bus once, at once; resolves when what was read is on disk. */
  readonly readNow: () => Promise<void>;
  /** What was last seen on each bus and link. */
  readonly sights: () => readonly SeenLine[];
  /**
   * Ends what the new configuration has not, starts what is new; what both have in the same words runs on. After a throw
   * nothing of the new one is promised: the caller switches back.
   */
  readonly switchTo: (config: EdgeConfigPush) => Promise<void>;
  /** Ends one bus and starts it anew, when it makes no progress. */
  readonly restartBus: (busId: string) => Promise<void>;
  readonly stop: () => Promise<void>;
};
export type FieldDeps = {
  readonly ctx: StageContext;
  readonly outbox: Outbox;
  readonly recorder: Recorder;
  /** A cycle of this bus is over: its commit was made, or the disk refused it. */
  readonly onCycle?: (busId: string) => void;
  /** The buses that run now, after each change. */
  readonly onBuses?: (buses: readonly BusConfig[], profiles: EdgeConfigPush['profiles']) => void;
};

type RelayPlace = { readonly busId: string; readonly unitId: number; readonly register: string };
type Line = BusConfig | LinkConfig;
type Running<Service> = {
  readonly line: Line;
  readonly words: string;
  readonly witness: Witness;
  readonly service: Service;
};
type Lines<Service extends { readonly stop: () => Promise<void> }> = Map<string, Running<Service>>;

/** What hangs in a driver is left behind: what it still brings is nobody's. */
const STOP_LIMIT_MS = 5_000;
const SWITCH_OFF_LIMIT_MS = 2_000;
const NEVER = new AbortController().signal;

/** A bus is another one as soon as a profile that its units use is another one. */
function wordsOf(line: Line, profiles: EdgeConfigPush['profiles']): string {
  if (!('units' in line)) return canonicalJson(line);
  return canonicalJson([line, new Map(line.units.map(({ profile }) => [profile, profiles[profile]]))]);
}
/** Where a bus is, whatever hangs on it. */
const wireOf = (bus: BusConfig): BusConfig => ({ ...bus, pollMs: 0, units: [] });
/** Outputs on another wire are others: what sounds is to be switched on there at once. */
const localWords = ({ local, buses }: EdgeConfigPush): string =>
  canonicalJson([local, buses.map((bus) => [bus.pollMs, wireOf(bus)])]);

/** The recorder as one part of the field has it: its listeners go with the part. */
function recorderFor(recorder: Recorder, onRecord: (cycle: CycleResult) => void) {
  const committed: (() => void)[] = [];
  const refused: ((body: string) => void)[] = [];
  let isOpen = true;
  const mine: Recorder = {
    ...recorder,
    record: (cycle) => {
      if (!isOpen) return false;
      onRecord(cycle);
      return recorder.record(cycle);
    },
    onCommitted: (run) => committed.push(run),
    onRefused: (run) => refused.push(run),
  };
  return {
    mine,
    tellCommitted: () => committed.forEach((run) => void run()),
    tellRefused: (body: string) => refused.forEach((run) => void run(body)),
    close: () => {
      isOpen = false;
      committed.length = 0;
      refused.length = 0;
    },
  };
}

export async function startField(file: EdgeConfig, first: EdgeConfigPush, deps: FieldDeps): Promise<Field> {
  const { ctx, outbox, recorder } = deps;
  const buses: Lines<BusPoller> = new Map();
  const links: Lines<LinkService> = new Map();
  let config = first;
  let local: { readonly words: string; readonly service: Local; readonly end: () => Promise<void> } | undefined;
  let isLinked = false;
  let isStopped = false;
  let ears: ReturnType<typeof recorderFor> | undefined;
  recorder.onCommitted(() => ears?.tellCommitted());
  recorder.onRefused((body) => ears?.tellRefused(body));

  const run = <Service extends { readonly stop: () => Promise<void> }>(
    lines: Lines<Service>,
    line: Line,
    start: (mine: Recorder) => Service,
  ): void => {
    const witness = openWitness(line);
    const own = recorderFor(recorder, witness.note);
    const service = start({
      ...own.mine,
      record: (cycle) => {
        const isOnDisk = own.mine.record(cycle);
        deps.onCycle?.(line.id);
        return isOnDisk;
      },
    });
    const stop = async (): Promise<void> => {
      await within(service.stop(), STOP_LIMIT_MS, NEVER);
      own.close();
    };
    lines.set(line.id, { line, words: wordsOf(line, config.profiles), witness, service: { ...service, stop } });
  };
  const end = async <Service extends { readonly stop: () => Promise<void> }>(
    lines: Lines<Service>,
    isOver: (running: Running<Service>) => boolean,
  ): Promise<void> => {
    const over = [...lines.values()].filter(isOver);
    for (const { line } of over) lines.delete(line.id);
    await Promise.all(over.map(({ service }) => service.stop()));
  };

  const startLocal = (): boolean => {
    if (local !== undefined) return false;
    const own = recorderFor(recorder, () => undefined);
    ears = own;
    const service = openLocal({ ...file, ...config }, { ctx, outbox, recorder: own.mine });
    const endLocal = async (): Promise<void> => {
      await service.stop();
      own.close();
    };
    local = { words: localWords(config), service, end: endLocal };
    return true;
  };
  const startMissing = async (): Promise<void> => {
    const isNew = startLocal();
    for (const bus of config.buses)
      if (!buses.has(bus.id))
        run(buses, bus, (mine) =>
          startBus(bus, config.profiles, {
            ...{ ctx, outbox, recorder: mine },
            isUrgent: (outcomes) => local?.service.isUrgent(outcomes) ?? false,
          }),
        );
    const fresh = config.links.filter((link) => !links.has(link.id));
    for (const link of fresh)
      run(links, link, (mine) => startLink(link, { dataDir: file.dataDir, ctx, outbox, recorder: mine }));
    await Promise.all(fresh.map((link) => links.get(link.id)?.service.firstTry));
    deps.onBuses?.(config.buses, config.profiles);
    if (!isNew) return;
    local?.service.begin((busId) => buses.get(busId)?.service);
    if (isLinked) local?.service.onLink();
  };

  /** An output that the new configuration does not know would sound for ever. */
  const switchOffRemoved = async (next: EdgeConfigPush): Promise<void> => {
    const relays = (from: EdgeConfigPush) => from.local.outputs.filter((output) => output.kind === 'relay');
    // The same bus by name on another wire is another relay.
    const placeOf = (from: EdgeConfigPush, { busId, unitId, register }: RelayPlace): string => {
      const bus = from.buses.find(({ id }) => id === busId);
      return canonicalJson([bus === undefined ? busId : wireOf(bus), unitId, register]);
    };
    const kept = new Set(relays(next).map((output) => placeOf(next, output)));
    const removed = relays(config).filter((output) => !kept.has(placeOf(config, output)));
    const left = new Map(removed.map(({ id }) => [id, 'no answer in time']));
    const offs = removed.map(async ({ id, busId, unitId, register }) => {
      const off = await buses.get(busId)?.service.write(unitId, register, false);
      if (off?.ok === true) left.delete(id);
      else left.set(id, off?.error.detail ?? 'its bus does not run');
    });
    if (offs.length > 0) await within(Promise.all(offs), SWITCH_OFF_LIMIT_MS, NEVER);
    const events = [...left].map(([output, detail]): EdgeEvent => {
      ctx.log.error('an output that was taken away could not be switched off', { output, detail });
      const act = { kind: 'act', atMs: ctx.clock.nowMs(), output, act: 'failed' } as const;
      return { ...act, pointId: null, level: 'none', reason: sayLeftOn(detail) };
    });
    if (events.length > 0) recorder.record({ outcomes: [], events, units: [] });
  };

  let turn: Promise<unknown> = Promise.resolve();
  /** A bus is not started anew in the middle of a switch, nor two switches at once. */
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  };
  const switchTo = async (next: EdgeConfigPush): Promise<void> => {
    const isOtherLocal = localWords(next) !== local?.words;
    if (isOtherLocal) await local?.service.endTests();
    await switchOffRemoved(next);
    const wanted = new Map(
      [...next.buses, ...next.links].map((line) => [line.id, wordsOf(line, next.profiles)] as const),
    );
    const isOver = ({ line, words }: Running<unknown>): boolean => wanted.get(line.id) !== words;
    // All lines are free before the first is opened: two buses may have changed places.
    await Promise.all([end(buses, isOver), end(links, isOver)]);
    if (isOtherLocal) {
      await local?.end();
      local = undefined;
    }
    config = next;
    await startMissing();
  };
  const restartBus = async (busId: string): Promise<void> => {
    await end(buses, ({ line }) => line.id === busId);
    if (!isStopped) await startMissing();
  };
  const stopAll = async (): Promise<void> => {
    await local?.service.endTests();
    await Promise.all([end(buses, () => true), end(links, () => true)]);
    await local?.end();
    local = undefined;
  };
  try {
    await startMissing();
  } catch (cause) {
    await stopAll();
    throw cause;
  }

  return {
    config: () => config,
    testOutput: (output, seconds) =>
      local?.service.testOutput(output, seconds) ?? err('the outputs are just being set up anew: try again'),
    link: {
      onLink: () => {
        isLinked = true;
        local?.service.onLink();
      },
      onLinkLost: () => {
        isLinked = false;
        local?.service.onLinkLost();
      },
    },
    addresses: () => [...links.values()].flatMap(({ service }) => service.address() ?? []),
    readNow: async () => {
      await Promise.all([...buses.values()].map(({ service }) => service.readNow()));
    },
    sights: () => [...buses.values(), ...links.values()].map(({ line, witness }) => ({ line, sight: witness.sight() })),
    switchTo: (next) => inTurn(() => switchTo(next)),
    restartBus: (busId) => inTurn(() => restartBus(busId)),
    stop: () => {
      isStopped = true;
      return inTurn(stopAll);
    },
  };
}
