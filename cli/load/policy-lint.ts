/**
 * What is wrong with a policy although every line of it can be read: names that nobody bears, lines that an earlier one
 * hides, a red that reaches nobody, an order of channels that asks no person, calls that lead nowhere.
 */
import type { Item, Source } from '#cli/load/source.ts';
import { type ChannelConfig, reachOf } from '#model/channel.ts';
import { LEVEL_TEXT, type Level, rankOf } from '#model/level.ts';
import type { CallRule, ChannelOrder, PolicyLine, ReportRule, When } from '#model/policy.ts';
import { type Grid, type GridCode, inSubtree } from '#model/registry.ts';

export type Known = {
  readonly grids: ReadonlyMap<GridCode, Grid>;
  /** Codes that some file declares, also those of items with findings. */
  readonly declared: ReadonlySet<GridCode>;
  readonly channels: readonly ChannelConfig[];
  /** Ids that channels.yaml declares, also those of channels with findings. */
  readonly channelIds: ReadonlySet<string>;
};

type Line = { readonly from: Level; readonly when?: When };
type Lines<L extends Line> = readonly Item<L>[];

const DAY = 1_440;

/** The minutes of the day that a line counts, as at most two spans. */
function spansOf(hours: When['hours']): readonly (readonly [number, number])[] {
  if (hours === undefined) return [[0, DAY]];
  const { fromMinute, toMinute } = hours;
  return toMinute > fromMinute
    ? [[fromMinute, toMinute]]
    : [
        [fromMinute, DAY],
        [0, toMinute],
      ];
}

function hoursCover(outer: When['hours'], inner: When['hours']): boolean {
  const own = [...spansOf(outer)].sort(([a], [b]) => a - b);
  return spansOf(inner).every(([from, to]) => {
    let at = from;
    for (const [begin, end] of own) if (begin <= at && end > at) at = end;
    return at >= to;
  });
}

/** Whether `one` holds wherever `other` does. */
export function covers(one: Line, other: Line, grids: Known['grids']): boolean {
  if (rankOf(one.from) > rankOf(other.from)) return false;
  const [outer, inner] = [one.when, other.when];
  const hazards = outer?.hazards;
  if (hazards !== undefined) {
    // A line that names no hazard holds for all of them.
    if (inner?.hazards === undefined || !inner.hazards.every((hazard) => hazards.includes(hazard))) return false;
  }
  const roots = outer?.grids;
  if (roots !== undefined) {
    const codes = inner?.grids ?? [];
    if (codes.length === 0) return false;
    if (!codes.every((code) => roots.some((root) => code === root || inSubtree({ grids }, code, root)))) return false;
  }
  return hoursCover(outer?.hours, inner?.hours);
}

const lineOf = (index: number): string => `line ${index + 1} of the list`;

/** Of a list whose first line that holds counts, the lines that never do. */
export function lintShadows<L extends Line>(source: Source, lines: Lines<L>, known: Known): void {
  lines.forEach(({ path, value }, index) => {
    const before = lines.findIndex((earlier, at) => at < index && covers(earlier.value, value, known.grids));
    if (before < 0) return;
    source.find(path, {
      kind: 'shadowed',
      message: `this line is never reached: ${lineOf(before)} holds wherever it does, and the first line that holds counts`,
      mend: 'put the narrower line first, or remove one of the two',
    });
  });
}

/** Of a list whose every line counts, those that repeat another. */
export function lintRepeats<L extends Line>(
  source: Source,
  lines: Lines<L>,
  known: Known,
  same: (one: L, other: L) => boolean,
): void {
  lines.forEach(({ path, value }, index) => {
    const other = lines.findIndex(
      (one, at) =>
        at !== index &&
        same(one.value, value) &&
        covers(one.value, value, known.grids) &&
        (at < index || !covers(value, one.value, known.grids)),
    );
    if (other < 0) return;
    source.find(path, {
      kind: 'repeated',
      message: `this line adds nothing: ${lineOf(other)} says the same and holds wherever it does`,
      mend: 'remove it, or narrow the other one',
      severity: 'warning',
    });
  });
}

export function lintGrids<L extends Line>(source: Source, lines: Lines<L>, known: Known): void {
  for (const { path, value } of lines)
    value.when?.grids?.forEach((code, index) => {
      if (known.declared.has(code)) return;
      source.find([...path, 'grids', index], {
        kind: 'unknown-grid',
        message: `there is no grid "${code}"`,
        mend: 'mend the code, or add the grid to grids.yaml',
      });
    });
}

/** Minutes of the day at which some line begins or ends to hold. */
const moments = (lines: Lines<Line>): readonly number[] => [
  ...new Set([0, ...lines.flatMap(({ value }) => spansOf(value.when?.hours).map(([from]) => from))]),
  ...lines.flatMap(({ value }) => spansOf(value.when?.hours).map(([, to]) => to % DAY)),
];

const clock = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;

/** Whether a line holds at red for a hazard at a minute, in a grid that no line names. */
const holdsAt = ({ when }: Line, hazard: string, minute: number): boolean =>
  (when?.hazards === undefined || (when.hazards as readonly string[]).includes(hazard)) &&
  when?.grids === undefined &&
  spansOf(when?.hours).some(([from, to]) => from <= minute && minute < to);

/** A red, of whatever hazard and at whatever hour, must name people who hold a post or sit at a desk. */
export function lintRed(source: Source, key: string, lines: Lines<PolicyLine>, hazards: readonly string[]): void {
  const missing = new Map<string, number>();
  const people = lines.filter(({ value: { group } }) => group.kind === 'posts' || group.kind === 'duty');
  for (const hazard of hazards)
    for (const minute of moments(lines))
      if (!people.some(({ value }) => holdsAt(value, hazard, minute)) && !missing.has(hazard))
        missing.set(hazard, minute);
  if (missing.size === 0) return;
  const [[, minute] = ['', 0]] = missing;
  const all = missing.size === hazards.length;
  const what = all ? '' : ` of ${[...missing.keys()].join(', ')}`;
  source.find([key], {
    kind: 'red-reaches-nobody',
    message: `a red${what} names nobody with a post or on duty (at ${clock(minute)}, in a grid that no line names)`,
    mend: `add under "${key}:" a line such as { from: red, tell: { posts: [head], of: [village, township, county] }, why: … }`,
    onKey: lines.length > 0,
  });
}

export function lintOrders(source: Source, lines: Lines<ChannelOrder>, known: Known): void {
  const byId = new Map(known.channels.map((channel) => [channel.id, channel]));
  for (const { path, value } of lines) {
    value.channels.forEach((id, index) => {
      const here = [...path, 'order', index];
      if (!known.channelIds.has(id)) {
        const mend = `use one of ${[...known.channelIds].join(', ')}, or add it to channels.yaml`;
        source.find(here, { kind: 'unknown-channel', message: `there is no channel "${id}"`, mend });
      } else if (value.channels.indexOf(id) < index)
        source.find(here, {
          kind: 'repeated',
          message: `channel "${id}" stands twice in the order`,
          mend: 'remove one of them: tries go round the order by themselves',
          severity: 'warning',
        });
    });
    const found = value.channels.flatMap((id) => byId.get(id) ?? []);
    if (found.length < value.channels.length) continue;
    const persons = found.filter((channel) => reachOf(channel) === 'person');
    if (persons.length === 0)
      source.find([...path, 'order'], {
        kind: 'no-person-channel',
        message: 'no channel of this order asks one person: nobody could answer',
        mend: 'add a channel for messages or calls (sms-gateway, voice-gateway, gsm-sms, gsm-voice, email)',
      });
    else if (persons.every((channel) => 'minLevel' in channel && rankOf(channel.minLevel) > rankOf(value.from)))
      source.find([...path, 'order'], {
        kind: 'min-level',
        message: `at ${LEVEL_TEXT[value.from].en} none of these channels takes anything: each begins at a worse level`,
        mend: 'lower "minLevel" of one in channels.yaml, or let the line begin where they do',
      });
  }
}

export function lintCalls(source: Source, lines: Lines<CallRule>): void {
  for (const { path, value } of lines) {
    if (value.ask && value.next.length === 0)
      source.find(path, {
        kind: 'no-steps',
        message: 'when a person is silent nobody else is asked',
        mend: 'add "next: [deputy, above]"',
      });
    if (value.ask && value.withinMs < value.tries * 1_000)
      source.find(path, {
        kind: 'too-fast',
        message: `${value.tries} tries within ${value.withinMs / 1_000} s leave nobody time to answer`,
        mend: 'lengthen "within:", e.g. to 5m',
      });
    if (!value.ask && value.from === 'red')
      source.find(path, {
        kind: 'red-unasked',
        message: 'a red is told and nobody has to answer',
        mend: 'remove "ask: false", or let the line begin at a lesser level behind one that asks at red',
        severity: 'warning',
      });
  }
}

export function lintReports(source: Source, lines: Lines<ReportRule>): void {
  const seen = new Set<string>();
  for (const { path, value } of lines) {
    if (seen.has(value.id))
      source.find([...path, 'id'], {
        kind: 'duplicate',
        message: `report "${value.id}" stands twice`,
        mend: 'give one of the two another id',
      });
    seen.add(value.id);
    if (value.kind === 'followUp' && value.everyMs === undefined)
      source.find(path, {
        kind: 'no-repeat',
        message: 'a follow-up report (续报) needs "every:"',
        mend: 'add e.g. "every: 2h"',
      });
  }
}
