/** `fengsui warn`: issue, list, lower and lift warnings for grids, through the running console. */
import type { Command } from 'commander';
import type { Result } from '#model/result.ts';

type Answer = Result<{ readonly status: number; readonly body: unknown }, string>;
type WarningItem = {
  readonly id: string;
  readonly state: string;
  readonly origin: string;
  readonly headline: { readonly zh: string };
  readonly expires: string;
  readonly areas: readonly {
    readonly grid: string;
    readonly gridName: { readonly zh: string };
    readonly level: string;
  }[];
  readonly receipts?: readonly {
    readonly tier: number;
    readonly grids: number;
    readonly gridsAnswered: number;
    readonly asked: number;
    readonly answered: number;
    readonly silent: number;
  }[];
};

const STATE: { readonly [state: string]: string } = { inForce: '生效', cancelled: '已解除', expired: '已到期' };
const TIER: { readonly [tier: number]: string } = { 1: '县', 2: '乡镇', 3: '村', 4: '组' };

const areasText = ({ areas }: WarningItem): string =>
  [...Map.groupBy(areas, ({ level }) => level)]
    .map(([level, own]) => `${level}: ${own.map(({ gridName, grid }) => `${gridName.zh}(${grid})`).join(' ')}`)
    .join('; ');

async function ask(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Answer> {
  const { callApi } = await import('#cli/io/api-client.ts');
  return callApi(method, path, body);
}

/** Prints one warning, or why there is none. */
function print(answer: Answer, json: boolean): number {
  if (!answer.ok) {
    console.error(answer.error);
    return 1;
  }
  if (json || answer.value.status === 202) {
    console.log(JSON.stringify(answer.value.body));
    return 0;
  }
  const item = answer.value.body as WarningItem;
  console.log(`${item.id}  ${STATE[item.state] ?? item.state}  ${item.headline.zh}  until ${item.expires}`);
  console.log(areasText(item));
  for (const { tier, grids, gridsAnswered, asked, answered, silent } of item.receipts ?? [])
    console.log(
      `${TIER[tier] ?? tier}: ${answered}/${asked} people, ${gridsAnswered}/${grids} grids answered, ${silent} silent`,
    );
  return 0;
}

type IssueOptions = {
  readonly grid?: string[];
  readonly level?: string;
  readonly hazard: string;
  readonly headline?: string;
  readonly text?: string;
  readonly advice?: string;
  readonly hours: string;
  readonly json: boolean;
};

async function issue(file: string | undefined, options: IssueOptions): Promise<number> {
  let draft: unknown;
  if (file !== undefined) {
    const { readFileSync } = await import('node:fs');
    const { parse } = await import('yaml');
    try {
      draft = parse(readFileSync(file, 'utf8')) as unknown;
    } catch (cause) {
      console.error(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`);
      return 1;
    }
  } else {
    const hours = Number(options.hours);
    if (options.grid === undefined || options.level === undefined || options.headline === undefined || !(hours > 0)) {
      console.error('Give a file, or --grid, --level and --headline (and --hours above 0).');
      return 2;
    }
    draft = {
      hazard: options.hazard,
      headline: options.headline,
      description: options.text ?? options.headline,
      instruction: options.advice ?? '',
      expires: new Date(Date.now() + hours * 3_600_000).toISOString(),
      areas: options.grid.map((grid) => ({ grid, level: options.level })),
    };
  }
  return print(await ask('POST', '/api/v1/warnings', draft), options.json);
}

async function list(options: { readonly all: boolean; readonly json: boolean }): Promise<number> {
  const answer = await ask('GET', `/api/v1/warnings?state=${options.all ? 'all' : 'open'}`);
  if (!answer.ok) {
    console.error(answer.error);
    return 1;
  }
  const { items } = answer.value.body as { readonly items: readonly WarningItem[] };
  if (options.json) {
    console.log(JSON.stringify(items));
    return 0;
  }
  const { formatTable } = await import('#cli/table.ts');
  const rows = items.map((item) => [
    item.id,
    STATE[item.state] ?? item.state,
    item.origin,
    item.headline.zh,
    item.expires,
    areasText(item),
  ]);
  console.log(
    rows.length === 0
      ? 'No warning is in force.'
      : formatTable(['id', 'state', 'origin', 'headline', 'until', 'areas'], rows),
  );
  return 0;
}

type LowerOptions = { readonly grid: string[]; readonly level: string; readonly note: string; readonly json: boolean };

export function addWarnCommand(program: Command): void {
  const warn = program.command('warn').description('warnings for grids that the county issues or passes on');
  warn
    .command('issue')
    .argument('[file]', 'a draft as YAML or JSON: hazard, headline, description, instruction, expires, areas')
    .option('--grid <code...>', 'grids, with all below them')
    .option('--level <level>', 'blue, yellow, orange or red')
    .option('--hazard <hazard>', 'rainstorm, flood, landslide, fire … or other', 'rainstorm')
    .option('--headline <text>', 'one line')
    .option('--text <text>', 'what is expected')
    .option('--advice <text>', 'what to do')
    .option('--hours <hours>', 'how long it stands', '12')
    .option('--json', 'one line of JSON', false)
    .description('issue a warning: everybody in its grids is told and asked')
    .action(async (file: string | undefined, options: IssueOptions) => {
      process.exitCode = await issue(file, options);
    });
  warn
    .command('list')
    .option('--all', 'those that are over as well', false)
    .option('--json', 'one line of JSON', false)
    .description('warnings in force')
    .action(async (options: { all: boolean; json: boolean }) => {
      process.exitCode = await list(options);
    });
  warn
    .command('show')
    .argument('<id>', 'a warning')
    .option('--json', 'one line of JSON', false)
    .description('one warning with its receipts tier by tier')
    .action(async (id: string, options: { json: boolean }) => {
      process.exitCode = print(await ask('GET', `/api/v1/warnings/${encodeURIComponent(id)}`), options.json);
    });
  warn
    .command('lower')
    .alias('set')
    .argument('<id>', 'a warning')
    .requiredOption('--grid <code...>', 'grids, with all below them')
    .requiredOption('--level <level>', 'their level from now on; none lifts it there')
    .option('--note <text>', 'why', '')
    .option('--json', 'one line of JSON', false)
    .description('give some of its grids another level: those that rise are asked, those that fall are informed')
    .action(async (id: string, { grid, level, note, json }: LowerOptions) => {
      const areas = grid.map((code) => ({ grid: code, level }));
      process.exitCode = print(
        await ask('POST', `/api/v1/warnings/${encodeURIComponent(id)}/update`, { areas, note }),
        json,
      );
    });
  warn
    .command('extend')
    .argument('<id>', 'a warning')
    .requiredOption('--until <time>', 'its new end, ISO 8601 with an offset')
    .option('--json', 'one line of JSON', false)
    .description('let it stand longer')
    .action(async (id: string, { until, json }: { until: string; json: boolean }) => {
      process.exitCode = print(
        await ask('POST', `/api/v1/warnings/${encodeURIComponent(id)}/update`, { expires: until }),
        json,
      );
    });
  warn
    .command('lift')
    .argument('<id>', 'a warning')
    .option('--note <text>', 'why', '')
    .option('--json', 'one line of JSON', false)
    .description('lift a warning everywhere')
    .action(async (id: string, { note, json }: { note: string; json: boolean }) => {
      process.exitCode = print(await ask('POST', `/api/v1/warnings/${encodeURIComponent(id)}/cancel`, { note }), json);
    });
}
