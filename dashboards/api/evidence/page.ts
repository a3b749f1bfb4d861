/** The evidence of one alert as a page that a person reads and prints: Chinese first, English beneath; no script, no links. */
import type { HistoryPoint } from '#model/history.ts';
import { LEVEL_TEXT } from '#model/level.ts';
import { formatSteps } from '#model/quantity.ts';
import type { Registry } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import { formatInZone } from '#model/time.ts';
import type { Evidence, Readings } from './gather.ts';

const ESCAPES: { readonly [char: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const plain = (text: string): string => text.replace(/[&<>"']/g, (char) => ESCAPES[char] ?? '');
/** Rows of one sensor on the page, those about each decision; all of them stand in the JSON. */
const ROWS_AT_MOST = 120;
const BEFORE = 9;
const AFTER = 3;

/** The rows that a reader looks for: what lay before each decision, the reading that it was made at, and what followed. */
function rowsAbout({ points, decidedAtMs }: Readings): readonly HistoryPoint[] {
  if (points.length <= ROWS_AT_MOST) return points;
  const wanted = new Set<number>();
  for (const atMs of decidedAtMs) {
    const after = points.findIndex((point) => point.atMs > atMs);
    const next = after < 0 ? points.length : after;
    for (let n = Math.max(0, next - 1 - BEFORE); n < Math.min(points.length, next + AFTER); n++) wanted.add(n);
    if (wanted.size >= ROWS_AT_MOST) break;
  }
  return points.filter((_, n) => wanted.has(n));
}

const STYLE = `body{font:14px/1.5 "Noto Sans CJK SC",sans-serif;max-width:60rem;margin:2rem auto;color:#111}
table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}td,th{border:1px solid #999;padding:.2rem .5rem;
text-align:left;vertical-align:top}code{font-size:11px;word-break:break-all}small{color:#444}.mark{font-weight:bold;color:#b00}`;

type Cell = string | Text;
const cell = (of: Cell): string =>
  typeof of === 'string' ? plain(of) : `${plain(of.zh)}<br><small>${plain(of.en)}</small>`;
const table = (head: readonly string[], rows: readonly (readonly Cell[])[]): string =>
  rows.length === 0
    ? '<p>无 / none</p>'
    : `<table><tr>${head.map((name) => `<th>${plain(name)}</th>`).join('')}</tr>${rows
        .map((row) => `<tr>${row.map((one) => `<td>${cell(one)}</td>`).join('')}</tr>`)
        .join('')}</table>`;
const section = (title: string, body: string): string => `<h2>${plain(title)}</h2>${body}`;

export function evidencePage(evidence: Evidence, registry: Registry): string {
  const { alert, place, entries, head, calls, deliveries, evacuations, reports, readings } = evidence;
  const { zone } = registry.county;
  const time = (atMs: number | null): string =>
    atMs === null ? '' : formatInZone(atMs, zone).slice(0, 19).replace('T', ' ');
  const person = (id: string): string => registry.people.get(id)?.name ?? id;
  const both = (zh: string, en: string): Text => ({ zh, en });

  const summary = table(
    ['项目 / item', '内容 / content'],
    [
      ['预警编号 / alert', alert.id],
      ['地点 / place', both(place.map(({ name }) => name.zh).join(''), place.map(({ name }) => name.en).join(', '))],
      ['对象 / subject', `${alert.subject.kind} ${alert.subject.id}`],
      ['级别 / level', LEVEL_TEXT[alert.level]],
      ['来源 / origin', alert.origin],
      ['状态 / state', `${alert.lifecycle}, ${alert.condition}`],
      ['首次触发 / raised', time(alert.raisedAtMs)],
      ['办结 / ended', time(alert.closedAtMs)],
      ['规则版本 / rules', evidence.rules.join(', ')],
      ['预案版本 / policy', evidence.policy.join(', ')],
      ['网格数据版本 / registry', evidence.registryVersion],
    ],
  );
  const readingsTable = (of: Readings): string => {
    const { sensor, points, cut, decidedAtMs } = of;
    const rows = rowsAbout(of);
    const decided = new Set(decidedAtMs);
    const note =
      cut || rows.length < points.length
        ? '<p><small>仅列每次判定前后的读数，其余见 evidence.json / those about each decision, more in evidence.json</small></p>'
        : '';
    return `<h3>${plain(sensor.name.zh)} <small>${plain(sensor.id)}，${plain(sensor.edgeId)}</small></h3>${note}${table(
      ['时间 / measured', '值 / value', '质量 / quality', '判定 / decided'],
      rows.map(({ atMs, value, quality, flags }) => [
        time(atMs),
        value === undefined ? '—' : formatSteps(sensor.quantity, value),
        [quality, ...flags].join(' '),
        decided.has(atMs) ? '◀' : '',
      ]),
    )}`;
  };

  const parts = [
    section('概要 / Summary', summary),
    section('依据的监测数据 / Readings', readings.map(readingsTable).join('') || '<p>无 / none</p>'),
    section(
      '叫应 / Calls',
      table(
        [
          '轮次 / round',
          '人员 / person',
          '原因 / reason',
          '结果 / outcome',
          '询问 / asked',
          '结束 / ended',
          '方式 / how',
        ],
        calls.map((call) => [
          String(call.round),
          call.name,
          call.reason,
          `${call.state} (${call.tries}/${call.triesAtMost})`,
          time(call.askedAtMs),
          time(call.endedAtMs),
          call.by === null ? '' : `${person(call.by.id)} ${call.by.how} ${call.by.note}`,
        ]),
      ),
    ),
    section(
      '发送 / Deliveries',
      table(
        [
          '渠道 / channel',
          '人员 / person',
          '状态 / state',
          '次数 / attempts',
          '时间 / at',
          '说明 / detail',
          '键 / key',
        ],
        deliveries.map((one) => [
          one.channel,
          person(one.personId),
          one.state,
          String(one.attempts),
          time(one.updatedAtMs),
          one.detail,
          one.key,
        ]),
      ),
    ),
    ...evacuations.map((list) =>
      section(
        `转移 / Evacuation ${list.id}`,
        table(
          ['户主 / household', '人数 / people', '状态 / state', '由 / by', '时间 / at', '备注 / note'],
          list.households.map((one) => [
            one.headName,
            String(one.people),
            one.state,
            one.by === null ? '' : person(one.by),
            time(one.atMs),
            one.note,
          ]),
        ),
      ),
    ),
    section(
      '上报 / Reports upwards',
      table(
        ['上报 / report', '对象 / to', '时限 / due', '状态 / state', '完成 / done', '内容 / contents'],
        reports.map((one) => [
          one.name,
          one.to,
          time(one.dueAtMs),
          one.state,
          `${time(one.doneAtMs)} ${one.by === null ? '' : person(one.by)} ${one.note}`,
          one.contents ?? '',
        ]),
      ),
    ),
    section(
      '全过程记录 / The ledger',
      table(
        ['序号 / seq', '时间 / at', '由 / by', '内容 / what', '校验 / hash'],
        entries.map(({ event }) => [String(event.seq), time(event.atMs), person(event.by), event.text, event.hash]),
      ),
    ),
    section(
      '校验 / How to check',
      `<p>每条记录的哈希 = SHA-256(前一条哈希 + 换行 + 记录正文)；正文见 ledger.jsonl。整本台账用 <code>fengsui audit verify</code> 校验；各文件的 SHA-256 见 manifest.json。<br>
<small>Each entry's hash is SHA-256 over the hash before it, a newline and its body, which stand in ledger.jsonl. <code>fengsui audit verify</code> checks the whole ledger; manifest.json has the SHA-256 of each file.</small></p>${
        head === null
          ? '<p>尚无签名 / no signed head yet</p>'
          : table(
              ['签名至 / signed up to', '时间 / at', '哈希 / hash', '公钥指纹 / key'],
              [[String(head.seq), time(head.atMs), head.hash, head.key]],
            )
      }`,
    ),
  ];
  const mark =
    alert.origin === 'live'
      ? ''
      : `<p class="mark">${plain(alert.origin === 'drill' ? '演练 DRILL' : `${alert.origin}（非实况 / not live）`)}</p>`;
  return `<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>证据 ${plain(alert.id)}</title><style>${STYLE}</style>
<h1>预警全过程证据 <small>Evidence</small></h1>${mark}<p>生成 / made: ${plain(time(evidence.gatheredAtMs))}，${plain(evidence.gatheredBy)}</p>${parts.join('\n')}</html>
`;
}
