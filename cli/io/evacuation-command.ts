/** `fengsui evacuation`: lists, households and figures of evacuations, and what people say of them, through the running console. */
import type { Command } from 'commander';
import type { Counts, ListHead, ListWhole } from '#cli/evacuation-table.ts';
import { HOUSEHOLD_STATES } from '#model/evacuation.ts';

type Said = { readonly note: string };
type Asking = { readonly grid?: string; readonly all: boolean; readonly json: boolean };

const at = (id: string): string => `/api/v1/evacuations/${encodeURIComponent(id)}`;

async function show(id: string | undefined, options: Asking): Promise<number> {
  const { callApi } = await import('#cli/io/api-client.ts');
  const table = await import('#cli/evacuation-table.ts');
  const { formatTable } = await import('#cli/table.ts');
  const query = new URLSearchParams({ limit: '1000', state: options.all ? 'all' : 'open' });
  if (options.grid !== undefined) query.set('grid', options.grid);
  const answer = await callApi('GET', id === undefined ? `/api/v1/evacuations?${query}` : at(id));
  if (!answer.ok) {
    console.error(answer.error);
    return 1;
  }
  if (options.json) {
    console.log(JSON.stringify(answer.value.body));
    return 0;
  }
  if (id === undefined) {
    const { items } = answer.value.body as { readonly items: readonly ListHead[] };
    console.log(
      items.length === 0 ? 'No evacuation is in force.' : formatTable(table.LIST_HEADINGS, items.map(table.listRow)),
    );
    return 0;
  }
  const list = answer.value.body as ListWhole;
  console.log(formatTable(table.LIST_HEADINGS, [table.listRow(list)]));
  console.log(`\n${formatTable(table.HOUSEHOLD_HEADINGS, list.households.map(table.householdRow))}`);
  if (list.shelters.length > 0) console.log(`\n${list.shelters.map(table.loadLine).join('\n')}`);
  if (list.returnOrder.length > 0) console.log(`\n返回顺序: ${list.returnOrder.join(' ')}`);
  return 0;
}

async function count(options: Pick<Asking, 'grid' | 'json'>): Promise<number> {
  const { callApi } = await import('#cli/io/api-client.ts');
  const table = await import('#cli/evacuation-table.ts');
  const { formatTable } = await import('#cli/table.ts');
  const query = options.grid === undefined ? '' : `?${new URLSearchParams({ grid: options.grid })}`;
  const answer = await callApi('GET', `/api/v1/evacuations/counts${query}`);
  if (!answer.ok) {
    console.error(answer.error);
    return 1;
  }
  const { items } = answer.value.body as { readonly items: readonly Counts[] };
  if (options.json) console.log(JSON.stringify({ items }));
  else if (items.length === 0) console.log('No evacuation is in force.');
  else
    for (const { origin, grids, shelters } of items) {
      console.log(`[${origin}]\n${formatTable(table.COUNT_HEADINGS, grids.map(table.countRow))}`);
      if (shelters.length > 0) console.log(`\n${shelters.map(table.loadLine).join('\n')}`);
    }
  return 0;
}

/** Something said through the API; prints what came of it. */
async function say(path: string, body: object): Promise<number> {
  const { callApi } = await import('#cli/io/api-client.ts');
  const answer = await callApi('POST', path, body);
  if (!answer.ok) {
    console.error(answer.error);
    return 1;
  }
  const { message, id, state } = answer.value.body as { message?: string; id?: string; state?: string };
  console.log(message ?? `${id ?? ''} ${state ?? 'done'}`.trim());
  return 0;
}

const wholeNumber = (text: string): number => (/^\d{1,4}$/.test(text) ? Number(text) : Number.NaN);

export function addEvacuationCommand(program: Command): void {
  const evacuation = program
    .command('evacuation')
    .argument('[id]', 'a list: its households; without it, the lists in force')
    .option('--grid <code>', 'only this grid and what lies below it')
    .option('--all', 'closed lists as well', false)
    .option('--json', "the API's answer", false)
    .description('evacuation lists, household by household (转移清单); FENGSUI_URL and FENGSUI_TOKEN name the console')
    .action(async (id: string | undefined, options: Asking) => {
      process.exitCode = await show(id, options);
    });
  evacuation
    .command('counts')
    .option('--grid <code>', 'only this grid and what lies below it')
    .option('--json', "the API's answer", false)
    .description('households and people by state and grid over all lists in force, and how full the shelters are')
    .action(async (_: object, own: Command) => {
      // The command above has the same options and takes them first.
      process.exitCode = await count(own.optsWithGlobals<Pick<Asking, 'grid' | 'json'>>());
    });
  evacuation
    .command('open')
    .argument('<point>', 'a hazard point')
    .option('--alert <id>', 'the alert behind it; default: the gravest live one of the point')
    .option('--note <text>', 'why', '')
    .description('open the list of a point by hand')
    .action(async (point: string, { alert, note }: Said & { readonly alert?: string }) => {
      const path = `/api/v1/points/${encodeURIComponent(point)}/evacuation`;
      process.exitCode = await say(path, { note, ...(alert === undefined ? {} : { alert }) });
    });
  evacuation
    .command('mark')
    .argument('<id>', 'the list')
    .argument('<household>', "the household's id")
    .argument('<state>', HOUSEHOLD_STATES.join(', '))
    .option('--arrived <people>', 'counted at the shelter', wholeNumber)
    .option('--at <time>', 'when it was so, ISO 8601 with an offset; default now')
    .option('--note <text>', 'a note', '')
    .description('say what became of a household')
    .action(
      async (
        id: string,
        household: string,
        state: string,
        { arrived, at: when, note }: Said & { readonly arrived?: number; readonly at?: string },
      ) => {
        const more = { ...(arrived === undefined ? {} : { arrived }), ...(when === undefined ? {} : { at: when }) };
        process.exitCode = await say(`${at(id)}/mark`, { household, state, note, ...more });
      },
    );
  evacuation
    .command('return')
    .argument('<id>', 'the list')
    .argument('[household...]', 'who goes first; the others follow, who needs help last')
    .option('--note <text>', 'what was found on the spot', '')
    .description('give the order to go home (返回指令)')
    .action(async (id: string, order: string[], { note }: Said) => {
      process.exitCode = await say(`${at(id)}/return`, { order, note });
    });
  evacuation
    .command('close')
    .argument('<id>', 'the list')
    .option('--note <text>', 'needed while a household is still out or has no outcome', '')
    .description('close the list')
    .action(async (id: string, { note }: Said) => {
      process.exitCode = await say(`${at(id)}/close`, { note });
    });
}
