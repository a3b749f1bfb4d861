/** `fengsui trend`: a point's present against its history, as the console says it; asks the running console. */
import type { Command } from 'commander';
import { callApi } from '#cli/io/api-client.ts';
import { formatTable } from '#cli/table.ts';
import { type Lang, say, type Text } from '#model/text.ts';
import { TREND_PARTS, type TrendLine } from '#model/trend.ts';

type TrendOptions = {
  readonly sensor?: string;
  readonly part?: string;
  readonly at?: string;
  readonly origin?: string;
  readonly lang: string;
  readonly json: boolean;
};
type Item = {
  readonly sensorId: string;
  readonly sensorName: Text;
  readonly part: string;
  readonly title: Text;
  readonly origin: string;
  readonly lines: readonly TrendLine[];
};
type Answer = { readonly pointName: Text; readonly at: string; readonly items: readonly Item[] };

const ROUTE: { readonly [part: string]: string } = {
  season: 'season',
  returnPeriod: 'return-period',
  sameDay: 'same-day',
  accelerations: 'accelerations',
  outlook: 'outlook',
};

function showItem(item: Item, lang: Lang): string {
  const rows = item.lines.map(({ label, figure, basis }) => [say(label, lang), say(figure, lang), say(basis, lang)]);
  const headings = lang === 'zh' ? ['项目', '数值', '依据'] : ['what', 'figure', 'rests on'];
  const title = `${say(item.sensorName, lang)} (${item.sensorId}) · ${say(item.title, lang)}`;
  return `${title}${item.origin === 'live' ? '' : ` [${item.origin}]`}\n${formatTable(headings, rows)}`;
}

async function showTrend(point: string, options: TrendOptions): Promise<number> {
  const { part, sensor, at, origin } = options;
  if (part !== undefined && ROUTE[part] === undefined) {
    console.error(`There is no part "${part}": ${TREND_PARTS.join(', ')}.`);
    return 2;
  }
  const asked = Object.entries({ sensor, at, origin }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  );
  const route = part === undefined ? 'trend' : ROUTE[part];
  const answer = await callApi('GET', `/api/v1/points/${encodeURIComponent(point)}/${route}?${asked.join('&')}`);
  if (!answer.ok) {
    console.error(answer.error);
    return 1;
  }
  if (options.json) {
    console.log(JSON.stringify(answer.value.body));
    return 0;
  }
  const lang: Lang = options.lang === 'en' ? 'en' : 'zh';
  const { pointName, at: atIso, items } = answer.value.body as Answer;
  console.log(`${say(pointName, lang)}  ${atIso}`);
  if (items.length === 0) console.log(lang === 'zh' ? '该点没有可比较的传感器。' : 'No sensor here can be compared.');
  for (const item of items) console.log(`\n${showItem(item, lang)}`);
  return 0;
}

export function addTrendCommand(program: Command): void {
  program
    .command('trend')
    .argument('<point>', 'a hazard point of the county')
    .option('--sensor <id>', 'only this sensor of the point')
    .option('--part <part>', TREND_PARTS.join(', '))
    .option('--origin <origin>', "live, drill, simulated or replay; the sensor's gateway's when left out")
    .option('--at <time>', 'as it stood then (ISO 8601 with an offset); now when left out')
    .option('--lang <lang>', 'zh or en', 'zh')
    .option('--json', 'JSON instead of tables', false)
    .description('the present against history 历史与趋势: season, return period, same day, accelerations, trend')
    .action(async (point: string, options: TrendOptions) => process.exit(await showTrend(point, options)));
}
