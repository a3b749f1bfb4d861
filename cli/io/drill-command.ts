/** `fengsui drill`: check, start, end and list drills, and print a drill's report; through the running console. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Settings } from '#cli/settings.ts';
import { formatTable } from '#cli/table.ts';
import type { DrillPlan } from '#model/drill.ts';
import { formatLint } from '#model/result.ts';

type DrillItem = {
  readonly id: string;
  readonly state: 'running' | 'ended';
  readonly name: { readonly zh: string };
  readonly grid: string;
  readonly broadcast: boolean;
  readonly startedAt: string;
  readonly endsAt: string;
  readonly stepsDone: number;
  readonly steps: readonly unknown[];
};

async function ask(method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown | undefined> {
  const { callApi } = await import('#cli/io/api-client.ts');
  const answer = await callApi(method, path, body);
  if (answer.ok) return answer.value.body;
  console.error(answer.error);
  return undefined;
}

/** The plan of a file, checked against the county; what is wrong with it is printed. */
async function readPlan(settings: Settings, file: string): Promise<DrillPlan | undefined> {
  const { checkPlan } = await import('#alerts/drill/plan.ts');
  const { parseDrill } = await import('#cli/load/drills.ts');
  const { readCounty } = await import('#cli/load/io/read-county.ts');
  const county = readCounty(settings.countyDir, Date.now());
  if (!county.ok) {
    console.error(`The county in ${settings.countyDir} cannot be read: run fengsui check.`);
    return undefined;
  }
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (cause) {
    console.error(`${file} cannot be read: ${String(cause)}`);
    return undefined;
  }
  const plan = parseDrill(file, content, county.value, checkPlan);
  if (plan.ok) return plan.value;
  for (const lint of plan.error) console.error(formatLint(lint));
  return undefined;
}

const line = (drill: DrillItem): string =>
  `${drill.id}  ${drill.state === 'running' ? '演练中' : '已结束'}  ${drill.name.zh}  ${drill.stepsDone}/${drill.steps.length}  until ${drill.endsAt}`;

async function start(
  settings: Settings,
  file: string,
  options: { broadcast: boolean; json: boolean },
): Promise<number> {
  const plan = await readPlan(settings, file);
  if (plan === undefined) return 2;
  const { name, gridCode, endsAfterMs } = plan;
  const steps = plan.steps.map(({ pointId, ...step }) => ({ ...step, point: pointId }));
  const broadcast = plan.broadcast || options.broadcast;
  const drill = await ask('POST', '/api/v1/drills', { name, grid: gridCode, broadcast, endsAfterMs, steps });
  if (drill === undefined) return 1;
  const { id } = drill as { readonly id?: string };
  console.log(options.json || id === undefined ? JSON.stringify(drill) : line(drill as DrillItem));
  return 0;
}

async function list(): Promise<readonly DrillItem[] | undefined> {
  const answer = await ask('GET', '/api/v1/drills?limit=1000');
  return (answer as { readonly items: readonly DrillItem[] } | undefined)?.items;
}

async function end(id: string | undefined, note: string): Promise<number> {
  const running = id === undefined ? (await list())?.filter(({ state }) => state === 'running') : undefined;
  if (id === undefined && running?.length !== 1) {
    console.error(running?.length === 0 ? 'No drill is running.' : 'Name the drill: fengsui drill list shows them.');
    return 1;
  }
  const drill = await ask('POST', `/api/v1/drills/${encodeURIComponent(id ?? running?.[0]?.id ?? '')}/end`, { note });
  if (drill === undefined) return 1;
  console.log(line(drill as DrillItem));
  return 0;
}

async function printList(json: boolean): Promise<number> {
  const drills = await list();
  if (drills === undefined) return 1;
  if (json) console.log(JSON.stringify({ items: drills }));
  else if (drills.length === 0) console.log('There has been no drill.');
  else
    console.log(
      formatTable(
        ['id', 'state', 'name', 'grid', 'steps', 'started', 'devices'],
        drills.map((drill) => [
          drill.id,
          drill.state,
          drill.name.zh,
          drill.grid,
          `${drill.stepsDone}/${drill.steps.length}`,
          drill.startedAt,
          drill.broadcast ? 'sound' : 'silent',
        ]),
      ),
    );
  return 0;
}

async function report(id: string, json: boolean): Promise<number> {
  const answer = await ask('GET', `/api/v1/drills/${encodeURIComponent(id)}/report`);
  if (answer === undefined) return 1;
  console.log(json ? JSON.stringify(answer) : (answer as { readonly text: { readonly zh: string } }).text.zh);
  return 0;
}

export function addDrillCommand(program: Command, settings: () => Settings): void {
  const drill = program
    .command('drill')
    .description('drills (演练): the same chain, the same people, marked everywhere');
  drill
    .command('check')
    .argument('<file>', 'the plan, e.g. county/drills/landslide.yaml')
    .description('check a plan against the county')
    .action(async (file: string) => {
      const plan = await readPlan(settings(), file);
      if (plan !== undefined) console.log(`${plan.name.zh}: ${plan.steps.length} steps, it can be run`);
      process.exit(plan === undefined ? 1 : 0);
    });
  drill
    .command('start')
    .argument('<file>', 'the plan, e.g. county/drills/landslide.yaml')
    .option('--broadcast', 'real sirens, speakers and the broadcast platform sound as well', false)
    .option('--json', 'one line of JSON', false)
    .description('start a drill now; it ends by itself')
    .action(async (file: string, options: { broadcast: boolean; json: boolean }) =>
      process.exit(await start(settings(), file, options)),
    );
  drill
    .command('end')
    .argument('[id]', 'which one; the only one that runs, if it is left out')
    .option('--note <text>', 'why', '')
    .description('end a drill at once: its alerts are closed, its messages stopped')
    .action(async (id: string | undefined, options: { note: string }) => process.exit(await end(id, options.note)));
  drill
    .command('list')
    .option('--json', 'one line of JSON', false)
    .description('drills, running ones first')
    .action(async (options: { json: boolean }) => process.exit(await printList(options.json)));
  drill
    .command('report')
    .argument('<id>', 'the drill')
    .option('--json', 'the figures as one line of JSON', false)
    .description('who was asked, how long each took, who was not reached')
    .action(async (id: string, options: { json: boolean }) => process.exit(await report(id, options.json)));
}
