/** The alerts stage with two gateways as a process of its own, which a test may kill; its time runs faster. */
import { startAlerts } from '#alerts/main.ts';
import { CONSOLE } from '#alerts/testing/sample.ts';
import type { ChannelConfig } from '#model/channel.ts';
import type { DeskCommand } from '#model/command.ts';
import { openLogReader } from '#model/io/append-log.ts';
import { openClock } from '#model/io/clock.ts';
import type { Transition } from '#model/transition.ts';
import { commandsPath, FAST_RETRY, registryPort, stageContext, transitionsPath } from '../alerts/support.ts';
import { callCounty, SMS, VOICE } from './desk.ts';

export type ChildOrder = {
  readonly dataDir: string;
  readonly sms: string;
  readonly voice: string;
  readonly startMs: number;
  readonly speed: number;
  readonly anchorMs: number;
  /** Ends the process without warning when this place is passed for the nth time. */
  readonly place: string | null;
  readonly nth: number;
};

const order = JSON.parse(process.argv[2] ?? '{}') as ChildOrder;
const { startMs, speed, anchorMs } = order;
let passed = 0;
const { context } = stageContext(openClock({ kind: 'virtual', startMs, speed, anchorMs }), (place) => {
  if (place === order.place && ++passed === order.nth) process.kill(process.pid, 'SIGKILL');
});
const at = (channel: ChannelConfig, url: string): ChannelConfig => ({ ...channel, url }) as ChannelConfig;
await startAlerts(
  { dataDir: order.dataDir, mqtt: null, retry: FAST_RETRY },
  {
    registry: registryPort(callCounty([CONSOLE, at(SMS, order.sms), at(VOICE, order.voice)])),
    transitions: openLogReader<Transition>(transitionsPath(order.dataDir)),
    commands: openLogReader<DeskCommand>(commandsPath(order.dataDir)),
  },
  context,
);
process.stdout.write('ready\n');
