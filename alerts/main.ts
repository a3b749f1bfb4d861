/** The alerts stage: transitions and commands in, alerts, ledger, deliveries and retained topics out. */
import type { DeskCommand } from '#model/command.ts';
import { supervise } from '#model/io/supervise.ts';
import type { LogReader } from '#model/journal.ts';
import { LEVELS, levelOfRank } from '#model/level.ts';
import type { Service, StageContext } from '#model/ports.ts';
import type { RegistryPort } from '#model/registry.ts';
import type { Finding } from '#model/transition.ts';
import { indexRegistry } from './directory.ts';
import { openSigner } from './io/anchor/signer.ts';
import { openDispatcher } from './io/dispatch.ts';
import { followDue } from './io/due.ts';
import { followLog } from './io/follow.ts';
import { type MqttConfig, openPublisher } from './io/publish.ts';
import { openStore, type Store } from './io/store.ts';
import type { Taken } from './io/take-log.ts';
import type { RetryPolicy } from './retry.ts';

export type AlertsConfig = {
  readonly dataDir: string;
  /** Null: no retained topics. */
  readonly mqtt: MqttConfig | null;
  readonly retry?: RetryPolicy;
  /** Where signed heads of the ledger are kept outside the data folder; absent: beside the ledger only. */
  readonly anchorFile?: string;
};

export type AlertsPorts = {
  readonly transitions: LogReader<Finding>;
  readonly commands: LogReader<DeskCommand>;
  readonly registry: RegistryPort;
};

const DRAIN_MS = 2_000;
const GAUGES_MS = 200;

/** What is waiting and what is open, for `/metrics`; counted at most a few times a second, however many commits there are. */
function openGauges(store: Store, ctx: StageContext) {
  let timer: NodeJS.Timeout | undefined;
  const report = (): void => {
    timer = undefined;
    const { real, drill } = store.openByLevel();
    for (const [name, counts] of [
      ['fengsui_alerts_open', real] as const,
      ['fengsui_drill_alerts_open', drill] as const,
    ]) {
      const open = new Map(counts.map(({ rank, n }) => [levelOfRank(rank), n]));
      for (const level of LEVELS) if (level !== 'none') ctx.metrics.gauge(name, open.get(level) ?? 0, { level });
    }
    const pending = store.deliveries.pending();
    for (const state of ['queued', 'claimed', 'unknown'] as const)
      ctx.metrics.gauge('fengsui_deliveries_pending', pending.get(state) ?? 0, { state });
  };
  report();
  return {
    touch: (): void => {
      timer ??= setTimeout(report, GAUGES_MS);
    },
    stop: (): void => clearTimeout(timer),
  };
}

/** The registry in force, indexed; open alerts follow a point that moved. */
function followRegistry(store: Store, port: RegistryPort, ctx: StageContext, onChange: () => void) {
  let directory = indexRegistry(port.current());
  const settle = (): void => {
    directory = indexRegistry(port.current());
    try {
      const nowMs = ctx.clock.nowMs();
      const moved = store.moveAlerts(directory, nowMs).length;
      store.settle(directory, nowMs);
      const channels = directory.registry.channels.map((channel) => channel.id);
      const abandoned = store.abandon(channels, nowMs);
      if (moved + abandoned > 0) ctx.log.info('registry taken over', { moved, abandoned });
    } catch (cause) {
      ctx.log.error('registry could not be taken over, it is tried at the next change', { cause: String(cause) });
    }
    onChange();
  };
  settle();
  return { current: () => directory, stop: port.onChange(settle) };
}

function openParts(config: AlertsConfig, ports: AlertsPorts, ctx: StageContext) {
  const store = openStore(config.dataDir);
  const { registry } = ports;
  const { clock, log, metrics, probe } = ctx;
  const unknown = store.recover(clock.nowMs());
  if (unknown > 0) log.warn('deliveries were in hand when the process ended, they are sent again', { unknown });
  const gauges = openGauges(store, ctx);
  const { mqtt } = config;
  const base = { registry, clock, log, metrics, probe, mqtt, jitter: Math.random, onCommit: gauges.touch };
  const dispatcher = openDispatcher(store, config.retry === undefined ? base : { ...base, retry: config.retry });
  const publisher = config.mqtt === null ? null : openPublisher(store, config.mqtt, { registry, clock, log, metrics });
  return { store, dispatcher, publisher, gauges };
}

export async function startAlerts(config: AlertsConfig, ports: AlertsPorts, ctx: StageContext): Promise<Service> {
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, ctx.signal]);
  const { store, dispatcher, publisher, gauges } = openParts(config, ports, ctx);
  const { clock, log, metrics } = ctx;
  const changed = (ids: readonly string[]): void => {
    gauges.touch();
    dispatcher.kick();
    if (ids.length > 0) publisher?.kick(ids);
  };
  const due = followDue(store, { clock, directory: () => directory.current(), onRun: changed });
  const told = (taken: Taken): void => {
    changed(taken.changed);
    due.kick();
  };
  dispatcher.onReceipts((receipts) => {
    changed(store.takeReceipts(receipts, directory.current(), clock.nowMs()));
    due.kick();
  });
  const directory = followRegistry(store, ports.registry, ctx, () => {
    dispatcher.kick();
    due.kick();
    publisher?.kick('all');
  });
  const keep = (name: string, loop: (signal: AbortSignal) => Promise<void>, maxPauseMs = 5_000) =>
    supervise({ name, log, metrics, clock, signal, maxPauseMs }, loop);
  const signer = openSigner({ dataDir: config.dataDir, anchorFile: config.anchorFile ?? null }, ctx);
  const sources = { store, clock, log, metrics };
  const { transitions, commands } = ports;
  const loops = [
    keep('alerts.transitions', (abort) => {
      const take: Parameters<typeof followLog<Finding>>[0]['take'] = (entries) =>
        store.takeTransitions(entries, directory.current(), clock.nowMs());
      return followLog({ name: 'transitions', log: transitions, take, onTaken: told }, sources, abort);
    }),
    keep('alerts.commands', (abort) => {
      const take: Parameters<typeof followLog<DeskCommand>>[0]['take'] = (entries) =>
        store.takeCommands(entries, directory.current(), clock.nowMs());
      return followLog({ name: 'commands', log: commands, take, onTaken: told }, sources, abort);
    }),
    keep('alerts.due', due.run),
    keep('alerts.deliveries', dispatcher.run),
    keep('alerts.heads', signer.run),
    ...(publisher === null ? [] : [keep('alerts.topics', publisher.run)]),
  ];
  let stopped: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    stop.abort();
    directory.stop();
    await dispatcher.drain(DRAIN_MS);
    await Promise.allSettled(loops);
    transitions.close();
    commands.close();
    gauges.stop();
    signer.close();
    store.close();
  };
  return {
    name: 'alerts',
    addresses: [],
    stop: () => {
      stopped ??= end();
      return stopped;
    },
  };
}
