/** Writes docs/skill.md of the scores: what was played, by which rules, how it did, and what others found. */

import type { SkillRow } from '#cli/skill/score.ts';
import type { SkillSet } from '#cli/skill/sets.ts';
import { formatInZone } from '#model/time.ts';

export type PlayedRow = SkillRow & {
  readonly play: string;
  readonly what: string;
  readonly file: string;
  readonly zone: string;
};
export type PlayedSet = { readonly set: SkillSet; readonly rows: readonly PlayedRow[]; readonly source: string | null };

const HEAD = `# Skill: how the models did on recorded events

\`fengsui dev skill\` plays every recorded set through the live compiler and engine and writes this page; a test fails when the
page is not what the command gives. The rules are those of [skill/rules](skill/rules) and the county's own
[rainstorm-national.yaml](../county/rules/rainstorm-national.yaml): one set for all files, fixed before they were played, not
fitted to them. Weak scores stand here as they came out. Two parameters were set after a first look, for a reason and not for a
score: the curves begin at one hour, because an hourly gauge cannot tell a shorter burst, and the tangent angle learns from ten
days, because the recording has only 31 (with the model's own 30 days it has no reference and says nothing).

- An event is **hit** when a warning (any colour) of its hazard stood during it, else missed. A **false alarm** is a period of
  warnings without an event; warnings less than 24 h apart are one period. POD = hits ÷ events, FAR = false alarms ÷ (hits + false alarms),
  CSI = hits ÷ (hits + misses + false alarms). How they are matched: [decisions/backtest.md](decisions/backtest.md).
- **Lead** is from the warning's beginning to the event's; an event known by its day begins at that day's 00:00. A negative lead
  is a warning that came during the event.
- **Alarm hours** are hours under a warning. **Warned days** are local days with one, and how many of them an event touched.
- – stands where there is nothing to divide by. Few events say little: with 11 days, one more hit moves POD by 0.09.
- The data are not part of the project; what they are and where they are from is in each reader (\`simulators/recorded\`), what
  truly happened in [simulators/recorded/truth](../simulators/recorded/truth).
`;

const COLUMNS = [
  ...['played', 'rules', 'readings', 'events', 'hits', 'missed', 'false', 'POD', 'FAR', 'CSI', 'lead'],
  ...['alarm hours', 'warned days (with event)', 'highest level', 'doubts'],
];

export function skillPage(sets: readonly PlayedSet[]): string {
  return `${[HEAD, ...sets.map(sectionOf)].join('\n').trimEnd()}\n`;
}

function sectionOf({ set, rows, source }: PlayedSet): string {
  const list = (lines: readonly string[]) => lines.map((line) => `- ${line}\n`).join('');
  return [
    `## ${set.title}\n`,
    ...(source === null ? [] : [`Truth: ${source}.\n`]),
    table(rows),
    ...(set.beside.length === 0 ? [] : [`Beside it:\n\n${list(set.beside)}`]),
    ...(set.remarks.length === 0 ? [] : [`Remarks:\n\n${list(set.remarks)}`]),
  ].join('\n');
}

function table(rows: readonly PlayedRow[]): string {
  const lines = rows.map((row) => `| ${cellsOf(row).join(' | ')} |`);
  return `| ${COLUMNS.join(' | ')} |\n|${COLUMNS.map(() => '---').join('|')}|\n${lines.join('\n')}\n`;
}

const part = (value: number | null): string => (value === null ? '–' : value.toFixed(2));
const count = (value: number | null): string => (value === null ? '–' : String(value));

function cellsOf(row: PlayedRow): readonly string[] {
  const { skill, worst, zone } = row;
  const leads = skill.leadTimesMs.map(sayLead).join(', ');
  const stamp =
    worst === null ? '–' : `${worst.level} ${formatInZone(worst.atMs, zone).slice(0, 16).replace('T', ' ')}`;
  return [
    ...[row.play, `[${row.what}](${row.file})`, row.readings.toLocaleString('en-GB')],
    ...[
      skill.hits === null ? '–' : String(skill.events.length),
      count(skill.hits),
      count(skill.misses),
      count(skill.falseAlarms),
    ],
    ...[part(skill.pod), part(skill.far), part(skill.csi), leads === '' ? '–' : leads],
    ...[sayHours(skill.alarmHours), `${row.warnedDays} (${row.eventDays})`, stamp, String(row.doubts)],
  ];
}

const sayHours = (hours: number): string => (hours === 0 ? '0' : hours < 10 ? hours.toFixed(2) : hours.toFixed(0));

/** Seconds, hours or days, whichever a person would say. */
function sayLead(ms: number): string {
  const sign = ms < 0 ? '−' : ms > 0 ? '+' : '';
  const size = Math.abs(ms);
  if (size < 600_000) return `${sign}${Math.round(size / 1_000)} s`;
  if (size < 96 * 3_600_000) return `${sign}${Number((size / 3_600_000).toFixed(1))} h`;
  return `${sign}${Number((size / 86_400_000).toFixed(1))} d`;
}
