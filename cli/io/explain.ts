/** `fengsui explain point|alert`: the very functions and files by which people are told, put in words. */
import { indexRegistry } from '#alerts/directory.ts';
import { openAlertReader } from '#alerts/io/alert-reader.ts';
import { openDeskReaders } from '#alerts/io/readers.ts';
import { explainPoint } from '#alerts/targeting/explain.ts';
import { HAZARD_TEXT } from '#alerts/wording.ts';
import { readCountyAt } from '#cli/io/county-at.ts';
import type { AlertOptions, PointOptions } from '#cli/io/explain-command.ts';
import type { Settings } from '#cli/settings.ts';
import type { Alert } from '#model/alert.ts';
import { hazardOf } from '#model/explain.ts';
import { isLevel, LEVEL_TEXT } from '#model/level.ts';
import type { AlertHazard } from '#model/registry.ts';
import { type Lang, say } from '#model/text.ts';

const langOf = (raw: string): Lang => (raw === 'en' ? 'en' : 'zh');
const isHazard = (raw: string): raw is AlertHazard => Object.hasOwn(HAZARD_TEXT, raw);

export function explainPointCommand(settings: Settings, id: string, options: PointOptions): number {
  const { level, hazard } = options;
  const problem = !isLevel(level)
    ? `"${level}" is no level: blue, yellow, orange or red.`
    : hazard !== undefined && !isHazard(hazard)
      ? `"${hazard}" is no hazard: ${Object.keys(HAZARD_TEXT).join(', ')}.`
      : undefined;
  const read = readCountyAt(options.county ?? settings.countyDir, options.at);
  if (!read.ok || problem !== undefined || !isLevel(level)) {
    console.error(problem ?? (read.ok ? '' : read.error));
    return 2;
  }
  const { registry, atMs } = read.value;
  const point = registry.points.get(id);
  const asked = hazard !== undefined && isHazard(hazard) ? hazard : hazardOf(point ?? { kind: 'slope' });
  const explained = explainPoint(indexRegistry(registry), { pointId: id, level, hazard: asked, atMs });
  if (explained === undefined) {
    console.error(
      `There is no hazard point "${id}" in this county: ${[...registry.points.keys()].slice(0, 10).join(', ')} …`,
    );
    return 2;
  }
  if (options.json) console.log(JSON.stringify(explained));
  else for (const sentence of explained.sentences) console.log(say(sentence, langOf(options.lang)));
  return 0;
}

function wordsOf(alert: Alert, lang: Lang, when: (atMs: number) => string): readonly string[] {
  const zh = lang === 'zh';
  const people = alert.recipients.flatMap((one) => {
    const by = one.channels === undefined ? '' : ` [${one.channels.join(' → ')}]`;
    return [`  ${one.name} (${one.personId})${by}: ${say(one.reason, lang)}`];
  });
  const conditions = alert.conditions.map((one) => `  ${one.rule} ${one.level} ${one.state}: ${say(one.reason, lang)}`);
  return [
    `${alert.id}: ${alert.subject.kind} ${alert.subject.id} ${say(HAZARD_TEXT[alert.hazard], lang)} ${say(LEVEL_TEXT[alert.level], lang)}, ${alert.lifecycle}, ${alert.condition}, ${alert.origin}`,
    `${zh ? '始于' : 'since'} ${when(alert.raisedAtMs)}; ${zh ? '第' : 'round '}${alert.round}${zh ? '轮通知' : ''}; ${zh ? '预案版本' : 'policy'} ${alert.policy ?? (zh ? '未记录' : 'not recorded')}`,
    zh ? `为什么（${conditions.length}条证据）：` : `Why (${conditions.length} conditions):`,
    ...conditions,
    zh ? `通知${people.length}人：` : `${people.length} people told:`,
    ...people,
  ];
}

export function explainAlertCommand(settings: Settings, id: string, options: AlertOptions): number {
  const alerts = openAlertReader(settings.dataDir);
  const parts = openDeskReaders(settings.dataDir);
  try {
    const alert = alerts.get(id);
    if (alert === undefined) {
      console.error(`There is no alert "${id}" in ${settings.dataDir}.`);
      return 2;
    }
    const calls = parts.calls.ofAlert(id);
    const targeted = alerts.events(id).filter(({ kind }) => kind === 'targeted');
    const deliveries = alerts.deliveries(id);
    if (options.json) {
      console.log(JSON.stringify({ alert, targeted, calls, deliveries }));
      return 0;
    }
    const lang = langOf(options.lang);
    const when = (atMs: number): string => new Date(atMs).toISOString().slice(0, 19).replace('T', ' ').concat('Z');
    for (const line of wordsOf(alert, lang, when)) console.log(line);
    for (const event of targeted) console.log(`${when(event.atMs)} ${say(event.text, lang)}`);
    console.log(lang === 'zh' ? `叫应${calls.length}人：` : `${calls.length} people asked:`);
    for (const call of calls)
      console.log(
        `  ${call.name} ${call.state} ${call.tries}/${call.triesAtMost}${call.standsInFor === null ? '' : ` (${lang === 'zh' ? '代' : 'for'} ${call.standsInFor})`}${call.by === null ? '' : ` ${call.by.how}`}`,
      );
    const states = Map.groupBy(deliveries, ({ channel, state }) => `${channel} ${state}`);
    for (const [what, rows] of states) console.log(`  ${what}: ${rows.length}`);
    return 0;
  } finally {
    alerts.close();
    parts.close();
  }
}
