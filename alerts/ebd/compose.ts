/** Documents of the emergency broadcast (EBD, domain C4): play, cancel, and the question what became of it. */
import type { Alert } from '#model/alert.ts';
import { rankOf } from '#model/level.ts';
import { ancestry, type GridCode, type Registry } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import { type EpochMs, formatInZone } from '#model/time.ts';
import { policySounds } from '../broadcast/wants.ts';
import { EBM_SEVERITY, EBM_TEST } from '../cap/colours.ts';
import { element } from '../cap/xml.ts';

export type EbdHead = {
  readonly ebdId: string;
  readonly source: string;
  readonly destination: string;
  readonly atMs: EpochMs;
};
export type EbmFacts = EbdHead & {
  readonly ebmId: string;
  /** The message that is replaced or cancelled. */
  readonly related: string | null;
  readonly alert: Alert;
  readonly title: Text;
  readonly text: Text;
  readonly endsMs: EpochMs;
};

/** GB/T 35561 codes are not established here but for the one that is seen in use; 00000 says unknown. */
const EVENT_TYPES: { readonly [hazard: string]: string } = { rainstorm: '11B03' };
const UNKNOWN_EVENT = '00000';

/** `2022-06-03 14:05:09` in the county's zone. */
const ebdTime = (atMs: EpochMs, registry: Registry): string =>
  formatInZone(atMs, registry.county.zone).slice(0, 19).replace('T', ' ');

/** The divisions in which it sounds, 12 digits each: of a warning only where its level may sound. */
export function areaCodes(alert: Alert, registry: Registry, atMs: EpochMs): readonly string[] {
  const sounding = (alert.areas ?? []).filter(
    ({ level }) => level !== 'none' && policySounds(alert, level, registry, atMs),
  );
  const worst = [...sounding].sort((x, y) => rankOf(y.level) - rankOf(x.level));
  const grids: readonly GridCode[] =
    alert.areas === undefined ? [alert.gridCode] : worst.map(({ gridCode }) => gridCode);
  const codes = grids.flatMap(
    (grid) => ancestry(registry, grid).find(({ code }) => /^(\d{6}|\d{9}|\d{12})$/.test(code))?.code ?? [],
  );
  const found = codes.length > 0 ? codes : [registry.county.code];
  return [...new Set(found.map((code) => code.padEnd(12, '0')))];
}

export const ebmSeverity = ({ origin, level }: Pick<Alert, 'origin' | 'level'>): number =>
  origin === 'live' ? EBM_SEVERITY[level] : EBM_TEST;

const packet = (
  type: string,
  { ebdId, source, destination, atMs }: EbdHead,
  body: string,
  registry: Registry,
): string =>
  `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<EBD>\n${[
    element('EBDVersion', '1.0', '  '),
    element('EBDID', ebdId, '  '),
    element('EBDType', type, '  '),
    `  <SRC>\n${element('EBRID', source, '    ')}  </SRC>\n`,
    `  <DEST>\n${element('EBRID', destination, '    ')}  </DEST>\n`,
    element('EBDTime', ebdTime(atMs, registry), '  '),
    body,
  ].join('')}</EBD>\n`;

/** `1` play, `2` cancel. */
function ebmOf(facts: EbmFacts, msgType: 1 | 2, registry: Registry): string {
  const { alert, ebmId, related, title, text, atMs, endsMs, source } = facts;
  const info = [
    element('MsgType', String(msgType), '      '),
    element('SenderName', registry.county.name.zh, '      '),
    element('SenderCode', source, '      '),
    element('SendTime', ebdTime(atMs, registry), '      '),
    element('EventType', EVENT_TYPES[alert.hazard] ?? UNKNOWN_EVENT, '      '),
    element('Severity', String(ebmSeverity(alert)), '      '),
    element('StartTime', ebdTime(atMs, registry), '      '),
    element('EndTime', ebdTime(Math.max(endsMs, atMs), registry), '      '),
  ].join('');
  const content = [
    element('LanguageCode', 'zho', '      '),
    element('MsgTitle', title.zh, '      '),
    element('MsgDesc', text.zh, '      '),
    element('AreaCode', areaCodes(alert, registry, atMs).join(','), '      '),
  ].join('');
  return `  <EBM>\n${[
    element('EBMVersion', '1.0', '    '),
    element('EBMID', ebmId, '    '),
    related === null ? '' : `    <RelatedInfo>\n${element('EBMID', related, '      ')}    </RelatedInfo>\n`,
    `    <MsgBasicInfo>\n${info}    </MsgBasicInfo>\n`,
    `    <MsgContent>\n${content}    </MsgContent>\n`,
  ].join('')}  </EBM>\n`;
}

export const playEbm = (facts: EbmFacts, registry: Registry): string =>
  packet('EBM', facts, ebmOf(facts, 1, registry), registry);
export const cancelEbm = (facts: EbmFacts, registry: Registry): string =>
  packet('EBM', facts, ebmOf(facts, 2, registry), registry);
export const askState = (head: EbdHead, ebmId: string, registry: Registry): string =>
  packet(
    'EBMStateRequest',
    head,
    `  <EBMStateRequest>\n    <EBM>\n${element('EBMID', ebmId, '      ')}    </EBM>\n  </EBMStateRequest>\n`,
    registry,
  );
