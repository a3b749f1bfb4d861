/**
 * What becomes of alerts, as points in InfluxDB for annotations and tables (model/influx.ts): the alert's life and what the
 * rules said of it. Who was called, who answered and whatever people wrote stay in the ledger: names and numbers of people
 * never leave it for a database that engineers share.
 */
import type { Alert, AlertEvent } from '#model/alert.ts';
import { ALERT_MEASUREMENT } from '#model/influx.ts';
import { isLevel, type Level, rankOf } from '#model/level.ts';
import { type Registry, topicPlace } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import { escapeTag, nsText } from '../lines.ts';

type Kind = AlertEvent['kind'];
/** Null: the rules' own sentence is the text; otherwise fixed words, because the event's own may name people. */
const TOLD: ReadonlyMap<Kind, Text | null> = new Map<Kind, Text | null>([
  ['raised', null],
  ['levelChanged', null],
  ['conditionChanged', null],
  ['lateFinding', null],
  ['acknowledged', { zh: '已确认', en: 'acknowledged' }],
  ['handling', { zh: '处置中', en: 'being handled' }],
  ['closed', { zh: '已关闭', en: 'closed' }],
  ['falseAlarm', { zh: '误报', en: 'false alarm' }],
  ['shelved', { zh: '已搁置', en: 'shelved' }],
  ['unshelved', { zh: '已取消搁置', en: 'no longer shelved' }],
  ['reset', { zh: '已复位', en: 'reset' }],
  ['suppressed', { zh: '已由上级告警说明', en: 'explained by another alert' }],
  ['nobodyReached', { zh: '未能联系到任何人', en: 'nobody was reached' }],
]);
export const isTold = (event: Pick<AlertEvent, 'kind'>): boolean => TOLD.has(event.kind);

/** A mobile or a landline number of this country: a rule or a point may have been named with somebody's. */
const NUMBER = /(?<!\d)(?:1[3-9]\d[ -]?\d{4}[ -]?\d{4}|0\d{2,3}[ -]?\d{7,8})(?!\d)/;
const WITHHELD: Text = { zh: '（含号码，不予显示）', en: '(withheld: it holds a number)' };
const CHARS = 1_000;

const quoted = (text: string): string =>
  `"${text
    .slice(0, CHARS)
    .replace(/[\r\n]+/g, ' ')
    .replace(/["\\]/g, '\\$&')}"`;

function textOf(event: AlertEvent): Text {
  const fixed = TOLD.get(event.kind);
  if (fixed !== undefined && fixed !== null) return fixed;
  return NUMBER.test(event.text.zh) || NUMBER.test(event.text.en) ? WITHHELD : event.text;
}

/** The level that an entry says the alert has from now on; undefined when it says nothing about it. */
export function levelSaid({ kind, facts }: Pick<AlertEvent, 'kind' | 'facts'>): Level | undefined {
  const said = kind === 'raised' ? facts['level'] : kind === 'levelChanged' ? facts['to'] : undefined;
  return isLevel(said) ? said : undefined;
}

const OFFSETS = 1_000_000;

/**
 * One entry as a line. The part below the millisecond is made from its place in the ledger: entries of one instant do not
 * replace one another, and a repeat writes the same point.
 */
export function alertLine(
  event: AlertEvent,
  alert: Pick<Alert, 'subject' | 'hazard' | 'origin' | 'gridCode' | 'closedAtMs'>,
  level: Level,
  registry: Pick<Registry, 'grids'>,
): string {
  const { county, township, village } = topicPlace(registry, alert.gridCode);
  const point = alert.subject.kind === 'point' ? alert.subject.id : '-';
  const tags = { county, hazard: alert.hazard, origin: alert.origin, point, township, village };
  const series = Object.entries(tags).map(([tag, value]) => `,${tag}=${escapeTag(value)}`);
  // What is heard of an alert after its end, a late finding or a note, does not open it again.
  const isOver = alert.closedAtMs !== null && event.atMs >= alert.closedAtMs;
  const open = event.kind === 'closed' || event.kind === 'falseAlarm' || isOver ? 0 : 1;
  const { zh, en } = textOf(event);
  const fields = [
    `alert=${quoted(event.alertId)}`,
    `kind=${quoted(event.kind)}`,
    `level=${rankOf(level)}i`,
    `open=${open}i`,
    `textEn=${quoted(en)}`,
    `textZh=${quoted(zh)}`,
  ];
  return `${ALERT_MEASUREMENT}${series.join('')} ${fields.join(',')} ${nsText(event.atMs, event.seq % OFFSETS)}`;
}
