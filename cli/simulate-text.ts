/** How `fengsui simulate` says what came of a scenario, for people and as JSON. */
import { formatTable } from '#cli/table.ts';
import { sayTime } from '#rules/test/instant.ts';
import type { Verdict } from '#simulators/threshold/judge.ts';
import type { Story } from '#simulators/threshold/story.ts';
import { isPlayed, type Trial } from '#simulators/threshold/sweep.ts';

const sayLead = (ms: number | null): string => (ms === null ? '–' : ms < 0 ? `−${sayTime(-ms)}` : sayTime(ms));

/** Every change of a level with its reason, then what was missed and what came instead. */
export function sayVerdict(story: Story, verdict: Verdict): string {
  const { changes, misses, leadMs } = verdict;
  const title = story.title === null ? [] : [`${story.title.zh} · ${story.title.en}`];
  const said = changes.flatMap(({ atMs, level, point, hazard, rule, reason }) => [
    `${sayTime(atMs).padEnd(10)} ${level.padEnd(6)} ${point} ${hazard} (${rule})`,
    `  ${reason.zh}`,
    `  ${reason.en}`,
  ]);
  const lead = leadMs === null ? [] : [`lead time ${sayLead(leadMs)}`];
  const missed = misses.flatMap(({ expected, came, reason }) => [
    `MISSED: ${expected}`,
    `  came:   ${came}`,
    ...(reason === null ? [] : [`  reason: ${reason.zh}`, `          ${reason.en}`]),
  ]);
  return [...title, ...(said.length === 0 ? ['No level came.'] : said), ...lead, ...missed].join('\n');
}

export const verdictJson = ({ changes, misses, highest, highestAtMs, warnedAtMs, leadMs, falseAlarm }: Verdict) => ({
  holds: misses.length === 0,
  ...{ highest, highestAtMs, warnedAtMs, leadMs, falseAlarm, misses, changes },
});

const at = (ms: number | null): string => (ms === null ? '–' : sayTime(ms));

/** One row a combination. */
export function formatTrials(names: readonly string[], trials: readonly Trial[]): string {
  const head = [...names, 'level', 'at', 'warned', 'lead', 'false alarm', 'holds'];
  const rows = trials.map((trial) => {
    const values = trial.values.map(String);
    if (!isPlayed(trial)) return [...values, '–', '–', '–', '–', '–', trial.finding];
    const { highest, highestAtMs, warnedAtMs, leadMs, falseAlarm, misses } = trial.verdict;
    const [first] = misses;
    const holds = first === undefined ? 'yes' : `no: ${first.expected}; ${first.came}`;
    return [...values, highest, at(highestAtMs), at(warnedAtMs), sayLead(leadMs), falseAlarm ? 'yes' : 'no', holds];
  });
  return formatTable(head, rows);
}

/** For programs: the same rows. */
export const trialsJson = (names: readonly string[], trials: readonly Trial[]) => ({
  varied: names,
  trials: trials.map((trial) => {
    if (!isPlayed(trial)) return { values: trial.values, finding: trial.finding };
    const { highest, highestAtMs, warnedAtMs, leadMs, falseAlarm, misses } = trial.verdict;
    const reached = { highest, highestAtMs, warnedAtMs, leadMs, falseAlarm };
    return { values: trial.values, holds: misses.length === 0, ...reached, misses };
  }),
});
