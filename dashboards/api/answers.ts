/**
 * What each route answers, as one table of schemas for `/openapi.json`. They are not run on the way out: the tests hold the
 * real answers against them. Big objects name their main fields; more may stand beside them.
 */
import { z } from 'zod';
import { HOUSEHOLD_STATES } from '#model/evacuation.ts';
import { ORIGINS } from '#model/reading.ts';
import { HAZARDS } from '#model/registry.ts';
import { TREND_PARTS } from '#model/trend.ts';
import type { RouteId } from './permissions.ts';

const text = z.looseObject({ zh: z.string(), en: z.string() }).meta({ id: 'Text' });
const at = z.iso.datetime().describe('ISO 8601, UTC');
const ms = z.number().int().describe('Milliseconds, or epoch milliseconds');
const count = z.number().int().min(0);
const level = z.enum(['blue', 'yellow', 'orange', 'red']);
const levelOrNone = z.enum(['none', 'blue', 'yellow', 'orange', 'red']);
const origin = z.enum(ORIGINS).describe('Never mixed: real, drill, simulated, replayed');
const hazard = z.enum([...HAZARDS, 'other', 'unanswered']);
const subject = z.looseObject({ kind: z.enum(['point', 'edge', 'area']), id: z.string() });
const listOf = (item: z.ZodType) => z.looseObject({ items: z.array(item), next: z.string().nullable() });

const grid = z
  .looseObject({ code: z.string(), tier: z.number(), kind: z.string(), name: text, parent: z.string().nullable() })
  .meta({ id: 'Grid' });
const person = z
  .looseObject({
    ...{ id: z.string(), name: z.string(), phone: z.string(), masked: z.boolean() },
    posts: z.array(z.looseObject({ gridCode: z.string(), post: z.string() })),
  })
  .meta({ id: 'Person' });
const reading = z
  .looseObject({
    ...{ sensorId: z.string(), pointId: z.string(), quantity: z.string(), unit: z.string() },
    ...{ measuredAt: at, measuredAtMs: ms, quality: z.enum(['good', 'suspect', 'bad']), flags: z.array(z.string()) },
    value: z.number().optional().describe('Absent where there is none: never 0, never null'),
  })
  .meta({ id: 'Reading' });
const point = z
  .looseObject({
    ...{ id: z.string(), name: text, kind: z.string(), riskGrade: z.string(), lon: z.number(), lat: z.number() },
    ...{ gridCode: z.string(), households: count, householdPeople: count },
    sensors: z.array(z.looseObject({ id: z.string(), quantity: z.string(), latest: reading.nullable() })),
  })
  .meta({ id: 'Point' });
const alert = z
  .looseObject({
    ...{ id: z.string(), level, lifecycle: z.string(), condition: z.string(), hazard, origin, subject },
    ...{ subjectName: text, gridCode: z.string(), gridName: text, raisedAt: at, closedAt: at.nullable() },
    ...{ shelvedUntil: at.nullable(), latched: z.boolean(), suppressedBy: z.string().nullable() },
    shelving: z.looseObject({ by: z.string(), at, note: z.string(), untilCleared: z.boolean() }).nullable(),
    ...{ chattering: z.boolean(), peak: level, policy: z.string().nullable(), round: count, version: count },
    acknowledged: z.looseObject({ by: z.string(), name: z.string(), at }).nullable(),
    recipients: z.array(
      z.looseObject({ personId: z.string(), name: z.string(), tier: z.number(), reason: z.string() }),
    ),
    conditions: z.array(z.looseObject({ key: z.string(), rule: z.string(), level: levelOrNone, state: z.string() })),
  })
  .meta({ id: 'Alert' });
const event = z
  .looseObject({
    ...{ seq: count, alertId: z.string(), at, by: z.string(), byName: z.string(), kind: z.string() },
    ...{ text: z.string(), facts: z.looseObject({}), hash: z.string() },
  })
  .meta({ id: 'AlertEvent' });
const delivery = z
  .looseObject({
    ...{ key: z.string(), alertId: z.string(), personId: z.string(), channel: z.string(), state: z.string() },
    ...{ attempts: count, updatedAt: at, detail: z.string() },
  })
  .meta({ id: 'Delivery' });
const call = z
  .looseObject({
    ...{ key: z.string(), alertId: z.string(), round: count, personId: z.string(), name: z.string() },
    ...{ tier: z.number(), gridCode: z.string(), gridName: text, post: z.string(), reason: z.string() },
    state: z.enum(['told', 'asking', 'answered', 'cannot', 'silent', 'reached', 'stopped']),
    ...{ step: count, standsInFor: z.string().nullable(), tries: count, triesAtMost: count },
    ...{ channels: z.array(z.string()), askedAt: at, nextDueAt: at.nullable(), endedAt: at.nullable() },
    by: z.looseObject({ id: z.string(), how: z.string(), note: z.string() }).nullable(),
  })
  .meta({ id: 'Call' });

const evacuationFields = {
  ...{ id: z.string(), pointId: z.string(), pointName: text, gridCode: z.string(), alertId: z.string().nullable() },
  ...{ origin, state: z.enum(['open', 'returning', 'closed']), openedAt: at, closedAt: at.nullable(), version: count },
  count: z.looseObject({ households: count, people: count, byState: z.looseObject({}), unresolved: count }),
};
const household = z
  .looseObject({
    ...{ householdId: z.string(), headName: z.string(), phone: z.string(), masked: z.boolean(), people: count },
    needsHelp: z.array(z.string()).nullable().describe('Null where it is not shown'),
    ...{ gridCode: z.string(), callerId: z.string(), routeId: z.string().nullable(), shelterId: z.string().nullable() },
    ...{ state: z.enum(HOUSEHOLD_STATES), arrived: count.nullable(), missing: count, at: at.nullable() },
  })
  .meta({ id: 'EvacuationHousehold' });
const shelterLoad = z.looseObject({ shelterId: z.string(), name: text });
const evacuation = z
  .looseObject({
    ...{ ...evacuationFields, returnOrder: z.array(z.string()), shelters: z.array(shelterLoad) },
    ...{ unresolved: z.array(z.string()), households: z.array(household) },
  })
  .meta({ id: 'Evacuation' });
const counts = z.looseObject({
  origin,
  grids: z.array(z.looseObject({ gridCode: z.string(), gridName: text, unresolved: count, missing: count })),
  shelters: z.array(shelterLoad),
});

const warningFields = {
  ...{ id: z.string(), source: z.string(), origin, hazard, headline: text, description: text, instruction: text },
  ...{ issuedBy: z.string(), issuedAt: at, onset: at.nullable(), expires: at, alertId: z.string() },
  areas: z.array(z.looseObject({ grid: z.string(), gridName: text, level: levelOrNone, since: at })),
  state: z.enum(['inForce', 'cancelled', 'expired']),
};
const receipts = z.looseObject({
  ...{ tier: z.number(), grids: count, gridsAnswered: count, asked: count, answered: count, silent: count },
});
const warning = z
  .looseObject({ ...warningFields, receipts: z.array(receipts).describe('Tier by tier') })
  .meta({ id: 'Warning' });
const report = z
  .looseObject({
    ...{ id: z.string(), alertId: z.string(), rule: z.string(), name: text, kind: z.string(), gridCode: z.string() },
    ...{ to: text, n: count, state: z.enum(['due', 'overdue', 'done', 'waived']), startedAt: at, dueAt: at },
    remainingMs: z.number().int().nullable().describe('Negative when it is late; null when it is dealt with'),
    ...{ doneAt: at.nullable(), by: z.string().nullable(), note: z.string(), contents: z.string().nullable() },
  })
  .meta({ id: 'Report' });
const drill = z
  .looseObject({
    ...{ id: z.string(), name: text, grid: z.string(), gridName: text, broadcast: z.boolean() },
    ...{
      state: z.enum(['running', 'ended']),
      startedAt: at,
      startedBy: z.string(),
      endedAt: at.nullable(),
      endsAt: at,
    },
    ...{ endsAfterMs: ms, stepsDone: count, alertIds: z.array(z.string()) },
    steps: z.array(z.looseObject({ afterMs: ms, point: z.string(), hazard, level: levelOrNone, reason: text })),
  })
  .meta({ id: 'Drill' });
const drillTime = z.looseObject({
  ...{ personId: z.string(), name: z.string(), tier: z.number(), alertId: z.string(), askedAtMs: ms },
  ...{ sentMs: ms.nullable(), answeredMs: ms.nullable(), outcome: z.string() },
});
const drillReport = z
  .looseObject({
    ...{ drillId: z.string(), name: text, grid: z.string(), startedAt: at, endedAt: at, endedBy: z.string() },
    ...{ times: z.array(drillTime), notReached: z.array(drillTime), text },
    tiers: z.array(z.looseObject({ tier: z.number(), asked: count, answered: count, medianAnswerMs: ms.nullable() })),
    evacuations: z.array(z.looseObject({ evacuationId: z.string(), households: count, outHouseholds: count })),
    channels: z.array(z.looseObject({ channel: z.string(), messages: count })),
  })
  .meta({ id: 'DrillReport' });

const onDuty = z.looseObject({ id: z.string(), name: z.string(), phone: z.string().nullable() });
const shift = z.looseObject({ from: at, to: at, a: onDuty, b: onDuty.nullable() });
const deskFields = {
  ...{ gridCode: z.string(), gridName: text, at, people: z.array(onDuty), shifts: z.array(shift) },
  ...{ next: shift.nullable(), empty: z.boolean() },
};
const handover = z
  .looseObject({
    ...deskFields,
    open: z.looseObject({
      ...{ alerts: z.array(z.looseObject({ id: z.string(), level, origin })), moreAlerts: z.boolean() },
      ...{ notReached: z.array(z.looseObject({ alertId: z.string(), personId: z.string(), name: z.string() })) },
      reports: z.array(z.looseObject({ id: z.string(), dueAt: at })),
      evacuations: z.array(z.looseObject({ id: z.string(), waiting: count })),
      channelsDown: z.array(z.looseObject({ channel: z.string(), state: z.string() })),
    }),
    records: z.array(z.looseObject({ shiftFrom: at, shiftTo: at, overdueSince: at.nullable() })),
  })
  .meta({ id: 'Handover' });
const explanation = z
  .looseObject({
    ...{ pointId: z.string(), level, hazard, pointName: text, policy: z.string(), gaps: z.array(text) },
    people: z.array(z.looseObject({ personId: z.string(), name: z.string(), reason: text })),
    sentences: z.array(text).describe('All of it in words, one a line'),
  })
  .meta({ id: 'PointExplanation' });
const channel = z
  .looseObject({
    ...{ id: z.string(), kind: z.string(), reach: z.enum(['screen', 'person', 'group', 'platform', 'devices']) },
    state: z.enum(['untested', 'up', 'failing', 'down']),
  })
  .meta({ id: 'Channel' });
const ledgerEntry = z.looseObject({
  ...{ seq: count, alertId: z.string(), atMs: ms, by: z.string(), kind: z.string(), text, facts: z.looseObject({}) },
  hash: z.string().describe('SHA-256 over the hash before and this entry'),
});
const evidence = z.looseObject({
  alertId: z.string(),
  files: z
    .array(z.looseObject({ name: z.string(), text: z.string() }))
    .describe('The manifest, with their hashes, last'),
});

const taken = z.looseObject({ taken: z.boolean() });

const finding = z
  .looseObject({
    ...{ kind: z.string(), severity: z.enum(['error', 'warning']), message: z.string(), mend: z.string().nullable() },
    ...{ file: z.string(), line: count, column: count, path: z.string() },
    ground: z
      .looseObject({ codes: z.array(z.string()), areaM2: z.number(), lon: z.number(), lat: z.number() })
      .nullable(),
  })
  .meta({ id: 'RegistryFinding' });
const importReport = z
  .looseObject({
    ...{ target: z.string().nullable(), written: z.boolean(), changes: z.boolean() },
    counts: z.looseObject({ new: count, changed: count, same: count, gone: count, refused: count }).nullable(),
    refused: z.array(
      z.looseObject({ file: z.string(), row: count, column: z.string(), message: z.string(), mend: z.string() }),
    ),
    ...{ unknown: z.array(z.string()), kept: z.array(z.string()), errors: z.array(finding) },
  })
  .meta({ id: 'ImportReport' });
const me = z.looseObject({
  ...{ id: z.string(), kind: z.enum(['person', 'token']), name: z.string(), roots: z.array(z.string()) },
  ...{
    posts: z.array(z.looseObject({ gridCode: z.string(), post: z.string() })),
    county: z.looseObject({ name: text }),
  },
});

const summary = z
  .looseObject({
    ...{ sensorId: z.string(), pointId: z.string(), quantity: z.string(), unit: z.string(), origin },
    ...{ from: at, fromMs: ms, to: at, toMs: ms },
    n: count.describe('Good values; what follows is of these, and absent where there is none'),
    ...{ min: z.number().optional(), max: z.number().optional(), last: z.number().optional() },
    sum: z.number().optional().describe('Of amounts such as rain'),
    mean: z.number().optional().describe('Of levels'),
    ...{ suspect: count, bad: count },
  })
  .meta({ id: 'Summary' });
const trendItem = z.looseObject({
  ...{ sensorId: z.string(), sensorName: text, quantity: z.string(), origin, part: z.enum(TREND_PARTS), title: text },
  lines: z
    .array(z.looseObject({ label: text, figure: text, basis: text, said: z.boolean() }))
    .describe('In words, each with what it rests on'),
  data: z.looseObject({ said: z.boolean() }).describe('The same as numbers, in the unit; `why` where it is not said'),
});
const trend = listOf(trendItem).extend({ pointId: z.string(), pointName: text, at, atMs: ms }).meta({ id: 'Trend' });

/** JSON answers with status 200 (201 where something is made). */
export const ANSWERS = {
  ...{ healthz: z.looseObject({ live: z.boolean() }), openapi: z.looseObject({ openapi: z.string() }) },
  readyz: z.looseObject({ ready: z.boolean(), parts: z.array(z.looseObject({ name: z.string(), ok: z.boolean() })) }),
  ...{ signIn: me, me, signOut: z.looseObject({ signedOut: z.boolean() }) },
  ...{ grids: listOf(grid), people: listOf(person), points: listOf(point), readings: listOf(reading) },
  point: point.extend({ evacuation: z.array(z.looseObject({ id: z.string(), masked: z.boolean(), people: count })) }),
  ...{ alerts: listOf(alert), alert, alertEvents: listOf(event), alertDeliveries: listOf(delivery) },
  ...{ acknowledge: alert, handle: alert, close: alert, falseAlarm: alert, note: alert },
  ...{ shelve: alert, unshelve: alert, reset: alert, quarantine: listOf(z.looseObject({})) },
  ...{ calls: listOf(call), alertCalls: listOf(call), reached: listOf(call) },
  myCalls: listOf(call.extend({ alert: z.looseObject({ level, hazard, subject, origin }) })),
  answer: z.looseObject({ alertId: z.string(), personId: z.string(), action: z.string() }),
  receipts: z.looseObject({ taken: count }),
  ...{ evacuations: listOf(z.looseObject(evacuationFields)), evacuationCounts: listOf(counts), evacuation },
  ...{ openEvacuation: evacuation, orderReturn: evacuation, closeEvacuation: evacuation },
  markHousehold: z.looseObject({ household, version: count, message: z.string() }),
  ...{ warnings: listOf(z.looseObject(warningFields)), warning, issueWarning: warning, updateWarning: warning },
  ...{ cancelWarning: warning, reports: listOf(report), report, doneReport: report, waiveReport: report },
  ...{ drills: listOf(drill), drill, startDrill: drill, endDrill: drill, drillReport },
  ...{ roster: listOf(z.looseObject(deskFields)), handover, giveHandover: handover, explainPoint: explanation },
  ...{ channels: listOf(channel), testChannel: channel.extend({ commandId: z.string() }) },
  ledger: listOf(ledgerEntry).extend({ head: z.looseObject({ seq: count, hash: z.string() }).nullable() }),
  ...{ evidence, takeCap: taken, takeEbd: taken },
  verifyLedger: z.looseObject({ ok: z.boolean() }).describe('With the head, or with the first entry that is wrong'),
  registryCheck: listOf(finding).extend({ total: count, checkedAt: at, looked: z.looseObject({}) }),
  registryImport: importReport,
  ...{ pointTrend: trend, pointSeason: trend, pointReturnPeriod: trend, pointSameDay: trend },
  ...{ pointAccelerations: trend, pointOutlook: trend, pointHistory: listOf(z.union([reading, summary])) },
} as const satisfies { readonly [Id in RouteId]?: z.ZodType };

/** Answers that are no JSON. */
export const MEDIA_ANSWERS: { readonly [Id in RouteId]?: readonly [string, ...string[]] } = {
  metrics: ['text/plain'],
  stream: ['text/event-stream'],
  printStyle: ['text/css'],
  ...{ printCard: ['text/html'], printMap: ['text/html'], printGrid: ['text/html'] },
  ...{ capFeed: ['application/atom+xml'], capDocument: ['application/cap+xml'] },
  registryExport: [
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    'text/csv',
    'application/geo+json',
  ],
};

/** Every refusal. */
export const PROBLEM = z
  .looseObject({ error: z.looseObject({ kind: z.string(), message: z.string(), path: z.string().optional() }) })
  .meta({ id: 'Problem' });
/** Of a command that alerts has not taken yet. */
export const QUEUED = z.looseObject({ queued: z.literal(true), commandId: z.string(), message: z.string() });

export const answerSchema = (id: RouteId): z.ZodType | undefined =>
  (ANSWERS as { readonly [key: string]: z.ZodType })[id];
