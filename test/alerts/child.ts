/** The alerts stage as a process of its own, which a test may kill: `child.ts {"dataDir","url","place","nth"}`. */
import { startAlerts } from '#alerts/main.ts';
import { CONSOLE, sampleRegistry, webhook } from '#alerts/testing/sample.ts';
import type { DeskCommand } from '#model/command.ts';
import { openLogReader } from '#model/io/append-log.ts';
import { openClock } from '#model/io/clock.ts';
import type { Transition } from '#model/transition.ts';
import { commandsPath, FAST_RETRY, registryPort, stageContext, transitionsPath } from './support.ts';

export type ChildOrder = {
  readonly dataDir: string;
  readonly url: string;
  /** Ends the process without warning when this place is passed for the nth time. */
  readonly place: string | null;
  readonly nth: number;
};

const order = JSON.parse(process.argv[2] ?? '{}') as ChildOrder;
let passed = 0;
const { context } = stageContext(openClock({ kind: 'real' }), (place) => {
  if (place === order.place && ++passed === order.nth) process.kill(process.pid, 'SIGKILL');
});
await startAlerts(
  { dataDir: order.dataDir, mqtt: null, retry: FAST_RETRY },
  {
    registry: registryPort(sampleRegistry([CONSOLE, webhook(order.url)])),
    transitions: openLogReader<Transition>(transitionsPath(order.dataDir)),
    commands: openLogReader<DeskCommand>(commandsPath(order.dataDir)),
  },
  context,
);
process.stdout.write('ready\n');
