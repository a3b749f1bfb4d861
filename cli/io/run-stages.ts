/** `fengsui run <stage>…`: starts any set of stages in this process, and stops them in the opposite order. */
import { settleClock } from '#cli/io/chain-clock.ts';
import { openContext, type ProcessContext } from '#cli/io/context.ts';
import { startStage } from '#cli/io/stages.ts';
import type { Started } from '#cli/io/started.ts';
import type { ReadyMessage } from '#cli/io/supervisor.ts';
import type { Settings } from '#cli/settings.ts';

const STOP_LIMIT_MS = 3_500;

function tellReady(started: readonly Started[]): void {
  const ready: ReadyMessage = {
    kind: 'ready',
    addresses: started.flatMap((stage) => stage.service.addresses),
    ports: Object.assign({}, ...started.map((stage) => stage.ports)),
    lines: started.flatMap((stage) => stage.lines ?? []),
  };
  if (process.send !== undefined) process.send(ready);
  else for (const address of ready.addresses) console.error(address);
}

/** Resolves when this process has been asked to end. */
function untilAsked(context: ProcessContext): Promise<void> {
  const supervised = process.env['FENGSUI_SUPERVISED'] === '1';
  return new Promise((resolve) => {
    const end = (why: string) => {
      context.log.info('stopping', { why });
      resolve();
    };
    process.on('SIGTERM', () => end('SIGTERM'));
    // A terminal sends Ctrl-C to the whole group; under a supervisor it is for the supervisor alone.
    process.on('SIGINT', () => {
      if (!supervised) end('SIGINT');
    });
    if (supervised) process.on('disconnect', () => end('the supervisor is gone'));
    context.signal.addEventListener('abort', () => end('a stage asked for it'), { once: true });
  });
}

export async function runStages(
  names: readonly string[],
  asked: Settings,
  options: { readonly config?: string },
): Promise<number> {
  // Whatever a stage writes is for its owner alone: households, telephone numbers, who did what.
  process.umask(0o077);
  const clock = settleClock(asked.dataDir, asked.clock, Date.now());
  if (!clock.ok) {
    console.error(clock.error);
    return 1;
  }
  const settings = { ...asked, clock: clock.value };
  const context = openContext(process.env['FENGSUI_NAME'] ?? names.join('-'), settings);
  const isAsked = untilAsked(context);
  const started: Started[] = [];
  try {
    for (const name of names) {
      const stage = await startStage(name, context, options);
      started.push(stage);
    }
  } catch (cause) {
    console.error(cause instanceof Error ? cause.message : String(cause));
    await stopAll(started);
    return 1;
  }
  context.beat(
    'ready',
    started.flatMap((stage) => stage.service.addresses),
  );
  tellReady(started);
  await isAsked;
  context.beat('stopping', []);
  context.abort.abort();
  const stoppingMs = performance.now();
  await stopAll(started);
  context.log.info('stopped', { tookMs: Math.round(performance.now() - stoppingMs) });
  context.close();
  return 0;
}

async function stopAll(started: readonly Started[]): Promise<void> {
  const force = setTimeout(() => process.exit(1), STOP_LIMIT_MS);
  for (const stage of [...started].reverse()) await stage.service.stop();
  clearTimeout(force);
}
