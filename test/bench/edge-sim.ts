/** The bench's simulated lines in a process of their own; told by a message what to serve, answers when it is ready. */
import { openClock } from '#model/io/clock.ts';
import type { SimulatorConfig } from '#simulators/config.ts';
import { startSimulators } from '#simulators/main.ts';

process.once('message', (config: SimulatorConfig) => {
  const warn = (message: string, fields?: object) =>
    void process.stderr.write(`simulator: ${message} ${JSON.stringify(fields ?? {})}\n`);
  const ctx = {
    clock: openClock({ kind: 'real' }),
    log: { info: () => undefined, warn, error: warn },
    metrics: { count: () => undefined, gauge: () => undefined },
    probe: () => undefined,
    signal: new AbortController().signal,
  };
  startSimulators(config, ctx).then(
    ({ lines, setFault }) => {
      process.on('message', (told: { readonly silent?: readonly number[] }) => {
        for (const unitId of told.silent ?? []) for (const line of lines) setFault(line.id, unitId, { kind: 'silent' });
        process.send?.({ told: true });
      });
      process.send?.({ lines });
    },
    (cause: unknown) => {
      process.stderr.write(`${String(cause)}\n`);
      process.exit(1);
    },
  );
});
