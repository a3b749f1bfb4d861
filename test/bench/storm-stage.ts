/** The alerts stage of the prefecture as a process of its own: `storm-stage.ts {"dataDir","sms","hook"}`. */
import { startAlerts } from '#alerts/main.ts';
import { DEFAULT_POLICY } from '#alerts/policy.ts';
import type { ChannelConfig } from '#model/channel.ts';
import type { DeskCommand } from '#model/command.ts';
import { openLogReader } from '#model/io/append-log.ts';
import { openClock } from '#model/io/clock.ts';
import type { Policy } from '#model/policy.ts';
import type { Registry } from '#model/registry.ts';
import { HOUR_MS } from '#model/time.ts';
import type { Finding } from '#model/transition.ts';
import { prefectureRegistry } from '#test/bench/prefecture.ts';

export type StormOrder = {
  readonly dataDir: string;
  readonly transitions: string;
  readonly commands: string;
  readonly sms: string;
  readonly hook: string;
};

/** Nobody answers here, and what is measured is the first call: the tries that follow are put beyond the end. */
const POLICY: Policy = {
  ...DEFAULT_POLICY,
  version: 'storm',
  calls: DEFAULT_POLICY.calls.map((rule) => ({ ...rule, withinMs: 3 * HOUR_MS })),
};

function channelsOf({ sms, hook }: StormOrder): readonly ChannelConfig[] {
  const base = { secretEnv: null, minLevel: 'blue', timeoutMs: 10_000, accepts: ['live'] } as const;
  return [
    { id: 'console', kind: 'console' },
    { ...base, id: 'sms', kind: 'sms-gateway', url: sms },
    { ...base, id: 'hook', kind: 'webhook', url: hook },
  ];
}

const order = JSON.parse(process.argv[2] ?? '{}') as StormOrder;
const registry: Registry = { ...prefectureRegistry(), channels: channelsOf(order), policy: POLICY };
const quiet = { info: () => undefined, warn: () => undefined, error: (text: string) => console.error(text) };
const service = await startAlerts(
  { dataDir: order.dataDir, mqtt: null },
  {
    registry: { current: () => registry, onChange: () => () => undefined },
    transitions: openLogReader<Finding>(order.transitions),
    commands: openLogReader<DeskCommand>(order.commands),
  },
  {
    clock: openClock({ kind: 'real' }),
    log: quiet,
    metrics: { count: () => undefined, gauge: () => undefined },
    probe: () => undefined,
    signal: new AbortController().signal,
  },
);
process.stdout.write('ready\n');
process.stdin.once('data', () => {
  void service.stop().then(() => process.exit(0));
});
