/** Makes a CAP message of an alert or an area warning, as one notice of it says it: one message a notice. */
import type { Alert } from '#model/alert.ts';
import { LEVEL_TEXT, type Level } from '#model/level.ts';
import { ancestry, type Grid, type GridCode, type Registry } from '#model/registry.ts';
import { type Lang, say, type Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import type { Warning } from '#model/warning.ts';
import { CAP_SEVERITY, COLOUR_WORD, GEO_HAZARD_LEVEL } from './colours.ts';
import type { CapArea, CapInfo, CapMessage, CapPair, CapPolygon, CapReference } from './message.ts';
import { HAZARD_WORDS, LIFTED, MARK, NOTE, RESPONSE, STATUS, URGENCY, WARNING_WORD } from './texts.ts';
import { capTime } from './times.ts';

export type CapFacts = {
  readonly alert: Alert;
  /** Of an area alert: what was decreed. */
  readonly warning: Warning | null;
  readonly reason: Text;
  readonly msgType: 'Alert' | 'Update' | 'Cancel';
  readonly sender: string;
  readonly identifier: string;
  readonly sentMs: EpochMs;
  readonly expiresMs: EpochMs;
  readonly references: readonly CapReference[];
};

const LANGUAGES = [
  ['zh', 'zh-CN'],
  ['en', 'en-US'],
] as const satisfies readonly (readonly [Lang, string])[];

const NATIONAL = /^(\d{6}|\d{9}|\d{12})$/;

/** The code in its own length and, for who knows only the full form, filled to twelve; a local code under our own name. */
function codesOf(grid: Grid, registry: Registry): readonly CapPair[] {
  const national = ancestry(registry, grid.code).find(({ code }) => NATIONAL.test(code))?.code;
  const own = NATIONAL.test(grid.code);
  const found: CapPair[] = own ? [] : [{ valueName: 'fengsui:grid', value: grid.code }];
  // A local code says nothing elsewhere: without a polygon the division around it is all that others can place.
  if (national === undefined || (!own && grid.boundary.length > 0)) return found;
  found.push({ valueName: `XZQH${national.length}`, value: national });
  if (national.length < 12) found.push({ valueName: 'XZQH12', value: national.padEnd(12, '0') });
  return found;
}

/** CAP's order is latitude first; a ring that is not closed is closed, one of too few corners left out. */
function polygonsOf(grid: Grid): readonly CapPolygon[] {
  return grid.boundary.flatMap((ring) => {
    const pairs = ring.map(([lon, lat]) => [Number(lat.toFixed(7)), Number(lon.toFixed(7))] as const);
    const [first, last] = [pairs[0], pairs.at(-1)];
    if (first === undefined || last === undefined) return [];
    const closed = first[0] === last[0] && first[1] === last[1] ? pairs : [...pairs, first];
    return closed.length < 4 ? [] : [closed];
  });
}

const fullName = (registry: Registry, code: GridCode): Text => {
  const chain = ancestry(registry, code).toReversed();
  if (chain.length === 0) return registry.county.name;
  return { zh: chain.map(({ name }) => name.zh).join(''), en: chain.map(({ name }) => name.en).join(', ') };
};

function areaOf(code: GridCode, within: Text | null, lang: Lang, registry: Registry): CapArea {
  const grid = registry.grids.get(code);
  const name = fullName(registry, code);
  const joined =
    within === null ? say(name, lang) : `${say(name, lang)}${lang === 'zh' ? '' : ': '}${say(within, lang)}`;
  return {
    areaDesc: joined || code,
    polygons: grid === undefined ? [] : polygonsOf(grid),
    circles: [],
    geocodes: grid === undefined ? [] : codesOf(grid, registry),
  };
}

/** Grids by level, worst first; a point's alert has one grid and its own level. */
function groupsOf(
  alert: Alert,
  over: boolean,
): readonly { readonly level: Level; readonly grids: readonly GridCode[] }[] {
  if (alert.areas === undefined) return [{ level: alert.level, grids: [alert.gridCode] }];
  if (over) return [{ level: alert.level, grids: alert.areas.map(({ gridCode }) => gridCode) }];
  const groups = (['red', 'orange', 'yellow', 'blue'] as const).map((level) => ({
    level,
    grids: (alert.areas ?? []).filter((area) => area.level === level).map(({ gridCode }) => gridCode),
  }));
  const standing = groups.filter(({ grids }) => grids.length > 0);
  return standing.length > 0 ? standing : [{ level: alert.level, grids: alert.areas.map(({ gridCode }) => gridCode) }];
}

function pointName(alert: Alert, registry: Registry): Text | null {
  if (alert.subject.kind === 'point') return registry.points.get(alert.subject.id)?.name ?? null;
  return alert.subject.kind === 'edge' ? (registry.edges.get(alert.subject.id)?.name ?? null) : null;
}

function headlineOf(facts: CapFacts, level: Level, lang: Lang, registry: Registry): string {
  const { alert, warning, msgType } = facts;
  const place = pointName(alert, registry) ?? registry.county.name;
  const { event } = HAZARD_WORDS[alert.hazard];
  const over = msgType === 'Cancel';
  const mark = say(MARK[alert.origin], lang);
  if (warning !== null) return `${say(warning.headline, lang)}${over ? ` ${say(LIFTED, lang)}` : ''}${mark}`;
  return lang === 'zh'
    ? `${place.zh}${event.zh}${over ? '' : LEVEL_TEXT[level].zh}${WARNING_WORD.zh}${over ? LIFTED.zh : ''}${mark}`
    : `${place.en}: ${over ? '' : `${LEVEL_TEXT[level].en} `}${event.en} ${WARNING_WORD.en}${over ? ` ${LIFTED.en}` : ''}${mark}`;
}

type Group = ReturnType<typeof groupsOf>[number];

function infoOf(
  facts: CapFacts,
  { level, grids }: Group,
  [lang, language]: (typeof LANGUAGES)[number],
  registry: Registry,
): CapInfo {
  const { alert, warning, msgType, sentMs, expiresMs, reason } = facts;
  const { zone } = registry.county;
  const words = HAZARD_WORDS[alert.hazard];
  const over = msgType === 'Cancel';
  const mark = say(MARK[alert.origin], lang);
  const instruction = warning === null ? words.instruction : warning.instruction;
  const parameters: CapPair[] = [
    { valueName: 'color', value: COLOUR_WORD[level] },
    { valueName: 'fengsui:alert', value: alert.id },
  ];
  if (alert.hazard === 'landslide')
    parameters.push({ valueName: 'DZ:level', value: GEO_HAZARD_LEVEL[over ? 'none' : level] });
  return {
    language,
    categories: [words.category],
    event: say(words.event, lang),
    responseTypes: over ? ['AllClear'] : [RESPONSE[level]],
    urgency: over ? 'Past' : URGENCY[level],
    severity: over ? 'Unknown' : CAP_SEVERITY[level],
    certainty: over ? 'Unlikely' : warning === null ? 'Observed' : 'Likely',
    eventCodes: [{ valueName: 'fengsui:hazard', value: alert.hazard }],
    effective: capTime(sentMs, zone),
    onset: warning?.onsetMs == null ? null : capTime(warning.onsetMs, zone),
    expires: capTime(Math.max(expiresMs, sentMs), zone),
    senderName: say(registry.county.name, lang),
    headline: headlineOf(facts, level, lang, registry),
    description: `${say(reason, lang)}${mark}`,
    instruction: over ? null : `${say(instruction, lang)}${mark}`,
    contact: null,
    parameters,
    areas: grids.map((code) => areaOf(code, pointName(alert, registry), lang, registry)),
  };
}

export function composeCap(facts: CapFacts, registry: Registry): CapMessage {
  const { alert } = facts;
  const groups = groupsOf(alert, facts.msgType === 'Cancel');
  const sources = [...new Set(alert.conditions.map(({ rule }) => rule))];
  return {
    identifier: facts.identifier,
    sender: facts.sender,
    sent: capTime(facts.sentMs, registry.county.zone),
    status: STATUS[alert.origin],
    msgType: facts.msgType,
    source: sources.length === 0 ? null : sources.map((rule) => `rule:${rule}`).join(' '),
    scope: 'Public',
    restriction: null,
    addresses: null,
    codes: [],
    note: NOTE[alert.origin],
    references: facts.references,
    incidents: alert.id,
    infos: LANGUAGES.flatMap((language) => groups.map((group) => infoOf(facts, group, language, registry))),
  };
}
