/**
 * The report of a backtest: one HTML file that needs nothing else, in Chinese and English. Pure; whoever writes the file
 * gives it the run, its skill and the words about where the data came from.
 */
import { LEVEL_TEXT } from '#model/level.ts';
import { formatLint } from '#model/result.ts';
import { HOUR_MS } from '#model/time.ts';
import { zoneFormatter } from './contract.ts';
import { joined, type Span, spansAtLevel } from './periods.ts';
import type { RecordingSeries } from './recording.ts';
import { COLOUR, escapeHtml } from './report-chart.ts';
import { chartsOf, type Figures } from './report-figures.ts';
import { shown, sweepSection } from './report-roc.ts';
import { REPORT_STYLE } from './report-style.ts';
import type { BacktestRun, LevelChange, Skill } from './result.ts';
import type { Sweep } from './sweep.ts';
import type { SkillOptions } from './truth.ts';

export type ReportInput = {
  readonly title: string;
  readonly run: BacktestRun;
  readonly skill: Skill;
  readonly matching: SkillOptions;
  readonly series: readonly RecordingSeries[];
  readonly sweeps: readonly Sweep[];
  readonly zone: string;
  /** Files and options as they were given. */
  readonly source: readonly string[];
};

/** A report is for reading: beyond these, the line of JSON has the rest. */
const MAX_SUBJECTS = 20;
const MAX_EPISODES = 12;
const MAX_ROWS = 2_000;
/** Warnings that lie closer than this are one episode of the report. */
const EPISODE_GAP_MS = 48 * HOUR_MS;

export function htmlReport(input: ReportInput): string {
  const { title, run, skill, sweeps } = input;
  const stamp = zoneFormatter(input.zone);
  const events = skill.events.map(({ event }) => ({ ...event, name: event.name ?? stamp(event.fromMs) }));
  const figures: Figures = { run, series: input.series, events, stamp };
  const body = [
    `<h1>${escapeHtml(title)}</h1>`,
    summary(input, stamp),
    skillSection(input, stamp),
    ...sweeps.map(sweepSection),
    ...subjectsOf(input).map((subject) => subjectSection(figures, subject)),
    changesSection(run.changes, stamp),
    flagsSection(run, stamp),
    notesSection(run),
  ];
  return `<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><style>${REPORT_STYLE}</style></head><body><main>
${body.join('\n')}
</main></body></html>
`;
}

type Stamp = (atMs: number) => string;

function summary({ run, source, zone }: ReportInput, stamp: Stamp): string {
  const rules = [...new Set(run.ruleSet.rules.map(({ rule }) => rule))];
  const rows: readonly (readonly [string, string])[] = [
    ['时段 period', `${stamp(run.fromMs)} – ${stamp(run.toMs)} (${zone})`],
    ['读数 readings', `${run.readings}，缺测 missing ${run.missing}`],
    ['规则 rules', rules.join(', ') || '–'],
    ['来源 source', source.join(' · ')],
  ];
  return `<table class="facts"><tbody>${rows.map(([name, value]) => `<tr><th>${name}</th><td>${escapeHtml(value)}</td></tr>`).join('')}</tbody></table>`;
}

const hours = (ms: number | null): string => (ms === null ? '–' : `${(ms / HOUR_MS).toFixed(1)} h`);

function skillSection({ skill, matching }: ReportInput, stamp: Stamp): string {
  const { warnLevel, leadMs, toleranceMs, mergeMs } = matching;
  const how = `预警线 warning level ${LEVEL_TEXT[warnLevel].zh} ${warnLevel}；提前 lead ${hours(leadMs)}，容差 tolerance ${hours(toleranceMs)}，合并 merge ${hours(mergeMs)}`;
  const head = '<h2>技巧评分 Skill</h2>';
  const alarm = `预警小时 alarm hours: ${shown(skill.alarmHours, 1)}`;
  if (skill.hits === null)
    return `<section>${head}<p>${how}</p><p>${alarm}。没有实况，不能评分。No truth was given, so nothing can be scored.</p></section>`;
  const cells = [skill.hits, skill.misses, skill.falseAlarms, shown(skill.pod), shown(skill.far), shown(skill.csi)];
  const events = skill.events.map(
    ({ event, hit, leadMs: lead }) =>
      `<tr><td>${stamp(event.fromMs)} – ${stamp(event.toMs)}</td><td>${escapeHtml(event.name ?? '')}</td><td>${hit ? '命中 hit' : '漏报 missed'}</td><td>${hours(lead)}</td></tr>`,
  );
  return `<section>${head}<p>${how}</p>
<table><thead><tr><th>命中 hits</th><th>漏报 misses</th><th>空报 false alarms</th><th>POD</th><th>FAR</th><th>CSI</th><th>预警小时 alarm hours</th></tr></thead>
<tbody><tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}<td>${shown(skill.alarmHours, 1)}</td></tr></tbody></table>
<table><thead><tr><th>实况 event</th><th>名称 name</th><th>结果 outcome</th><th>提前量 lead</th></tr></thead><tbody>${events.join('')}</tbody></table></section>`;
}

/** Those that warned first, then the others that rules watch. */
function subjectsOf({ run }: ReportInput): readonly string[] {
  const warned = run.changes.map(({ subject }) => subject);
  const watched = run.ruleSet.rules.map(({ pointId }) => pointId);
  return [...new Set([...warned, ...watched])].slice(0, MAX_SUBJECTS);
}

/** Warnings and events with some time around them; the whole recording is shown in any case. */
function episodesOf({ run, events }: Figures, subject: string): readonly Span[] {
  const own = run.changes.filter((change) => change.subject === subject);
  const spans = joined([...spansAtLevel(own, 'blue', run.toMs), ...events], EPISODE_GAP_MS);
  return spans.slice(0, MAX_EPISODES).map(({ fromMs, toMs }) => {
    const room = Math.max((toMs - fromMs) / 2, Math.min(EPISODE_GAP_MS / 4, (run.toMs - run.fromMs) / 50));
    return { fromMs: Math.max(run.fromMs, fromMs - room), toMs: Math.min(run.toMs, toMs + room) };
  });
}

function subjectSection(figures: Figures, subject: string): string {
  const { run, stamp } = figures;
  const whole = chartsOf(figures, subject, { fromMs: run.fromMs, toMs: run.toMs });
  const wholeMs = run.toMs - run.fromMs;
  const episodes = episodesOf(figures, subject)
    .filter(({ fromMs, toMs }) => toMs - fromMs < wholeMs * 0.7)
    .map((episode) => {
      const charts = chartsOf(figures, subject, episode);
      return `<details open><summary>${stamp(episode.fromMs)} – ${stamp(episode.toMs)}</summary>${charts.join('')}</details>`;
    });
  return `<section><h2>${escapeHtml(subject)}</h2>${whole.join('')}${episodes.join('')}</section>`;
}

function changesSection(changes: readonly LevelChange[], stamp: Stamp): string {
  const rows = changes.slice(0, MAX_ROWS).map(({ atMs, subject, hazard, from, level, reason, rule }) => {
    const colour = level === 'none' ? '#667' : COLOUR[level];
    const cells = [stamp(atMs), escapeHtml(subject), hazard, `${LEVEL_TEXT[from].zh} ${from}`].map(
      (cell) => `<td>${cell}</td>`,
    );
    return `<tr>${cells.join('')}<td style="color:${colour}"><b>${LEVEL_TEXT[level].zh} ${level}</b></td><td><span lang="zh-CN">${escapeHtml(reason.zh)}</span><br><span lang="en">${escapeHtml(reason.en)}</span><br><small>${escapeHtml(rule)}</small></td></tr>`;
  });
  const more = changes.length > MAX_ROWS ? `<p>… ${changes.length - MAX_ROWS} 条见 JSON / more in the JSON</p>` : '';
  return `<section><h2>等级变化 Changes of level (${changes.length})</h2><table><thead><tr><th>时间 time</th><th>对象 subject</th><th>灾种 hazard</th><th>原 from</th><th>现 to</th><th>理由 reason</th></tr></thead><tbody>${rows.join('')}</tbody></table>${more}</section>`;
}

function flagsSection({ flags, silences, late }: BacktestRun, stamp: Stamp): string {
  const rows = [
    ...flags.map(({ atMs, sensor, flag, reason }) => [atMs, sensor, flag, reason?.zh ?? '', reason?.en ?? ''] as const),
    ...silences.map(
      ({ atMs, evidence, reason, to }) =>
        [atMs, evidence.sensorId ?? '', to === 'none' ? 'back' : 'silent', reason.zh, reason.en] as const,
    ),
    ...late.map(({ atMs, subject, reason }) => [atMs, subject.id, 'late', reason.zh, reason.en] as const),
  ].sort((a, b) => a[0] - b[0]);
  if (rows.length === 0) return '';
  const cells = rows
    .slice(0, MAX_ROWS)
    .map(
      ([atMs, sensor, flag, zh, en]) =>
        `<tr><td>${stamp(atMs)}</td><td>${escapeHtml(sensor)}</td><td>${escapeHtml(flag)}</td><td>${escapeHtml(zh)}<br>${escapeHtml(en)}</td></tr>`,
    );
  return `<section><h2>存疑、失联与迟到 Doubts, silence, late findings (${rows.length})</h2><table><thead><tr><th>时间 time</th><th>测点 sensor</th><th>标记 flag</th><th>理由 reason</th></tr></thead><tbody>${cells.join('')}</tbody></table></section>`;
}

function notesSection({ notes }: BacktestRun): string {
  if (notes.length === 0) return '';
  const items = notes.slice(0, MAX_ROWS).map((note) => `<li>${escapeHtml(formatLint(note))}</li>`);
  return `<section><h2>说明 Notes</h2><ul>${items.join('')}</ul></section>`;
}
