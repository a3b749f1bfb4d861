/** What a CAP message from elsewhere means here: hazard, words, the level of each grid that it touches, and until when. */
import type { Level, LevelOrNone } from '#model/level.ts';
import { worse } from '#model/level.ts';
import type { Origin } from '#model/reading.ts';
import type { AlertHazard, GridCode, Polygon, Registry } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import { DAY_MS, type EpochMs } from '#model/time.ts';
import { levelOfCap } from '../cap/colours.ts';
import type { CapInfo, CapMessage, CapStatus } from '../cap/message.ts';
import { parseCapTime } from '../cap/times.ts';
import type { NamedLevel } from './areas.ts';
import { ringsOf, type Toucher, touchedBy } from './touch.ts';

/** Only these two reach anybody; whatever is a test, a draft or between systems is written down. */
export const originOfStatus = (status: CapStatus): Origin | null =>
  status === 'Actual' ? 'live' : status === 'Exercise' ? 'drill' : null;

/** A message that says no end stands for a day. */
const STANDS_MS = DAY_MS;

const HAZARD_WORDS: readonly (readonly [RegExp, AlertHazard])[] = [
  [/地质|滑坡|泥石流|崩塌|地面塌陷|landslide|mudslide|debris flow|rockfall/i, 'landslide'],
  [/暴雨|强降雨|大雨|rainstorm|heavy rain|torrential|rainfall/i, 'rainstorm'],
  [/洪水|山洪|洪涝|内涝|溃坝|渍涝|flood/i, 'flood'],
  [/火灾|森林火险|山火|\bfires?\b|wildfire/i, 'fire'],
];

/** Our own code for it, if one of us wrote it; else the first word that is known. */
export function hazardOfCap(infos: readonly CapInfo[]): AlertHazard {
  const codes = infos.flatMap(({ eventCodes }) => eventCodes);
  const own = codes.find(({ valueName }) => valueName === 'fengsui:hazard')?.value;
  const known = (['landslide', 'rainstorm', 'flood', 'fire', 'intrusion', 'equipment'] as const).find(
    (one) => one === own,
  );
  if (known !== undefined) return known;
  const words = infos.map(({ event, headline }) => `${event} ${headline ?? ''}`).join(' ');
  const said = infos.map(({ event }) => event).join(' ');
  const found = (text: string) => HAZARD_WORDS.find(([pattern]) => pattern.test(text))?.[1];
  return (
    found(said) ?? found(words) ?? (infos.some(({ categories }) => categories.includes('Fire')) ? 'fire' : 'other')
  );
}

const isLifted = ({ responseTypes, urgency, certainty }: CapInfo): boolean =>
  responseTypes.includes('AllClear') || urgency === 'Past' || certainty === 'Unlikely';

const COLOUR = /^(color|colour|颜色|预警颜色|预警级别|awareness_level|severity_?colou?r)$/i;
/** A colour in the parameters, else in the headline (暴雨红色预警), else the severity; what says none at all is yellow: it asks. */
export function levelOfInfo(info: CapInfo): LevelOrNone {
  if (isLifted(info)) return 'none';
  const colour = info.parameters.find(({ valueName }) => COLOUR.test(valueName))?.value ?? null;
  const inHeadline = /([红橙黄蓝])色?预警/.exec(info.headline ?? '')?.[1] ?? null;
  return levelOfCap(info.severity, colour ?? inHeadline) ?? 'yellow';
}

export type Incoming = {
  readonly origin: Origin | null;
  readonly sentMs: EpochMs;
  readonly hazard: AlertHazard;
  readonly headline: Text;
  readonly description: Text;
  readonly instruction: Text;
  readonly onsetMs: EpochMs | null;
  readonly expiresAtMs: EpochMs;
  readonly levels: readonly NamedLevel[];
  readonly polygons: readonly Polygon[];
};

const inLanguage = (infos: readonly CapInfo[], prefix: string): CapInfo | undefined =>
  infos.find(({ language }) => language.toLowerCase().startsWith(prefix));

function textOf(infos: readonly CapInfo[], pick: (info: CapInfo) => string | null): Text {
  const first = infos[0];
  const zh = inLanguage(infos, 'zh') ?? first;
  const en = inLanguage(infos, 'en') ?? first;
  const said = (info: CapInfo | undefined) => (info === undefined ? '' : (pick(info) ?? ''));
  return { zh: said(zh) || said(en), en: said(en) || said(zh) };
}

export function readIncoming(message: CapMessage, registry: Registry, toucher: Toucher): Incoming {
  const { infos } = message;
  const sentMs = parseCapTime(message.sent) ?? 0;
  const endOf = (info: CapInfo): EpochMs => parseCapTime(info.expires ?? '') ?? sentMs + STANDS_MS;
  const expiresAtMs = infos.length === 0 ? sentMs + STANDS_MS : Math.max(...infos.map(endOf));
  const levels = new Map<GridCode, { level: LevelOrNone; untilMs: EpochMs }>();
  for (const info of infos)
    for (const area of info.areas)
      for (const code of touchedBy(area, registry, toucher)) {
        const level = levelOfInfo(info);
        const known = levels.get(code);
        const untilMs = Math.max(known?.untilMs ?? 0, endOf(info));
        levels.set(code, { level: worse(known?.level ?? 'none', level), untilMs });
      }
  const onsets = infos.flatMap(({ onset }) => parseCapTime(onset ?? '') ?? []);
  return {
    origin: originOfStatus(message.status),
    sentMs,
    hazard: hazardOfCap(infos),
    headline: textOf(infos, ({ headline, event }) => headline ?? event),
    description: textOf(infos, ({ description, headline, event }) => description ?? headline ?? event),
    instruction: textOf(infos, ({ instruction }) => instruction),
    onsetMs: onsets.length === 0 ? null : Math.min(...onsets),
    expiresAtMs,
    levels: [...levels].map(([gridCode, { level, untilMs }]) => ({
      gridCode,
      level,
      ...(untilMs === expiresAtMs ? {} : { untilMs }),
    })),
    polygons: infos.slice(0, 1).flatMap(({ areas }) => areas.flatMap(ringsOf)),
  };
}

export const anyLevel = (levels: readonly NamedLevel[]): readonly Level[] =>
  levels.flatMap(({ level }) => (level === 'none' ? [] : [level]));
