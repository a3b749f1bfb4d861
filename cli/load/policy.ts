/**
 * The county's policy (`policy.yaml`): who is told, by which channels, how they are asked, what is reported upwards. What
 * the file leaves out is as in the policy that holds without one.
 */
import type { z } from 'zod';
import { DEFAULT_POLICY } from '#alerts/policy.ts';
import {
  type Known,
  lintCalls,
  lintGrids,
  lintOrders,
  lintRed,
  lintRepeats,
  lintReports,
  lintShadows,
} from '#cli/load/policy-lint.ts';
import {
  ALERT_HAZARDS,
  callSchema,
  fromSchema,
  orderSchema,
  policySchema,
  reportSchema,
  tellSchema,
  whenOf,
} from '#cli/load/policy-schema.ts';
import { type Item, parsePart, type Source } from '#cli/load/source.ts';
import { hashOf } from '#model/hash.ts';
import type { CallRule, ChannelOrder, Policy, PolicyLine, ReportRule } from '#model/policy.ts';
import { MINUTE_MS } from '#model/time.ts';

type File = z.infer<typeof policySchema>;
type Key = Exclude<keyof File, 'askAgain' | 'takeOver' | 'shelveAtMost' | 'digest'>;

const lineOf = (row: z.infer<typeof tellSchema>): PolicyLine => ({
  from: row.from,
  group: row.tell,
  why: row.why,
  ...whenOf(row),
});
const orderOf = (row: z.infer<typeof orderSchema>): ChannelOrder => ({
  from: row.from,
  channels: row.order,
  ...whenOf(row),
});
/** A line that says no more than `from` asks three times in five minutes, then the deputy, then the tier above. */
const callOf = ({ ask, from, tries, within, next, everybody, ...row }: z.infer<typeof callSchema>): CallRule => ({
  from,
  ask,
  tries: tries ?? (ask ? 3 : 1),
  withinMs: within ?? (ask ? 5 * MINUTE_MS : 0),
  next: next ?? (ask ? ['deputy', 'above'] : []),
  ...(everybody === undefined ? {} : { everybody }),
  ...whenOf(row),
});
const reportOf = ({
  id,
  name,
  from,
  by,
  to,
  kind,
  within,
  every,
  ...row
}: z.infer<typeof reportSchema>): ReportRule => ({
  id,
  name,
  from,
  fromTier: by,
  to,
  kind,
  withinMs: within,
  ...(every === undefined ? {} : { everyMs: every }),
  ...whenOf(row),
});
const levelOf = (row: z.infer<typeof fromSchema>) => ({ from: row.from, ...whenOf(row) });

/** Reads the lists of one file; a list that it leaves out is undefined, a line that cannot be read is a finding. */
function openLists(source: Source, file: File) {
  return <R, L>(key: Key, schema: z.ZodType<R>, make: (row: R) => L): readonly Item<L>[] | undefined =>
    file[key]?.flatMap((raw, index) => {
      const path = [key, index];
      const row = parsePart(source, path, raw, schema);
      return row === undefined ? [] : [{ path, value: make(row) }];
    });
}

const valuesOf = <L>(lines: readonly Item<L>[] | undefined, otherwise: readonly L[]): readonly L[] =>
  lines?.map(({ value }) => value) ?? otherwise;

/** Reads `policy.yaml`, which a county may leave out. */
export function bindPolicy(source: Source | undefined, known: Known): Policy | undefined {
  if (source?.value === undefined) return undefined;
  const file = parsePart(source, [], source.value, policySchema);
  if (file === undefined) return undefined;
  const read = openLists(source, file);
  const people = {
    point: read('point', tellSchema, lineOf),
    gateway: read('gateway', tellSchema, lineOf),
    area: read('area', tellSchema, lineOf),
  };
  const orders = read('channels', orderSchema, orderOf);
  const calls = read('calls', callSchema, callOf);
  const reports = read('reports', reportSchema, reportOf);
  const acts = {
    evacuation: read('evacuation', fromSchema, levelOf),
    broadcast: read('broadcast', fromSchema, levelOf),
    latch: read('latch', fromSchema, levelOf),
  };
  for (const lines of [...Object.values(people), orders, calls, reports, ...Object.values(acts)])
    lintGrids(source, lines ?? [], known);
  for (const [key, lines] of Object.entries(people)) {
    if (lines === undefined) continue;
    lintRepeats(source, lines, known, (one, other) => hashOf(one.group) === hashOf(other.group));
    // A line that cannot be read may be the one that names people.
    const whole = lines.length === file[key as keyof typeof people]?.length;
    if (whole) lintRed(source, key, lines, key === 'gateway' ? ['equipment'] : ALERT_HAZARDS);
  }
  for (const lines of Object.values(acts)) lintRepeats(source, lines ?? [], known, () => true);
  lintShadows(source, orders ?? [], known);
  lintShadows(source, calls ?? [], known);
  lintOrders(source, orders ?? [], known);
  lintCalls(source, calls ?? []);
  lintReports(source, reports ?? []);
  const { digest } = file;
  const askAgainMs = file.askAgain ?? undefined;
  const takeOverWithinMs = file.takeOver ?? undefined;
  const content: Omit<Policy, 'version'> = {
    point: valuesOf(people.point, DEFAULT_POLICY.point),
    gateway: valuesOf(people.gateway, DEFAULT_POLICY.gateway),
    area: valuesOf(people.area, DEFAULT_POLICY.area),
    channels: valuesOf(orders, DEFAULT_POLICY.channels),
    calls: valuesOf(calls, DEFAULT_POLICY.calls),
    reports: valuesOf(reports, DEFAULT_POLICY.reports),
    evacuation: valuesOf(acts.evacuation, DEFAULT_POLICY.evacuation),
    broadcast: valuesOf(acts.broadcast, DEFAULT_POLICY.broadcast),
    latch: valuesOf(acts.latch, DEFAULT_POLICY.latch),
    ...(askAgainMs === undefined ? {} : { askAgainMs }),
    ...(takeOverWithinMs === undefined ? {} : { takeOverWithinMs }),
    shelveAtMostMs: file.shelveAtMost ?? DEFAULT_POLICY.shelveAtMostMs,
    digest:
      digest === undefined
        ? DEFAULT_POLICY.digest
        : { messages: digest.messages, windowMs: digest.within, everyMs: digest.every },
  };
  return { version: hashOf(content), ...content };
}
